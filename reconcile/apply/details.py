"""Reads what a diagnosis needs of a few namespaces besides what every run reads: pods, Events, quotas, own rights.

Each read may fail by itself: a missing right makes one fact unknown and nothing else. All together have a time limit.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeVar

from reconcile.apply.cache import ClusterCache
from reconcile.apply.executing import Clusters
from reconcile.kinds import RULES_REVIEW, Kind
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.diagnosis.facts import Details, Rights, Unread
from reconcile.skupper.live import LiveObject
from reconcile.skupper.sites import SiteKey

T = TypeVar("T")

WITHIN = 30.0
"""Seconds in which everything must have been read; the rest is unknown."""
PER_REQUEST = 0.5
"""Seconds that each request adds to it where a cluster has more to answer than one for every thread."""


def read(
    clusters: Clusters,
    kinds: Mapping[SiteKey, Iterable[Kind]],
    *,
    threads: int,
    within: float = WITHIN,
) -> dict[SiteKey, Details]:
    """Read these kinds of each namespace, and the rights of the account there.

    A namespace of a cluster that was not opened has no entry. `threads` is how many requests one cluster gets at
    the same time.
    """
    wanted = {key: tuple(of) for key, of in kinds.items() if key.cluster in clusters.accounts}
    pools = {name: ThreadPoolExecutor(threads) for name in sorted({key.cluster for key in wanted})}
    within += PER_REQUEST * _most_requests(wanted) // threads
    listed: dict[SiteKey, dict[Kind, Future[tuple[LiveObject, ...] | Unread]]] = {}
    rights: dict[SiteKey, Future[Rights | Unread]] = {}
    for key, of in wanted.items():
        accounts, cache = clusters.accounts[key.cluster], clusters.caches[key.cluster]
        pool = pools[key.cluster]
        rights[key] = pool.submit(partial(_rights, accounts.client, key.namespace))
        listed[key] = {
            kind: pool.submit(partial(_list, accounts.client, cache, kind, key.namespace)) for kind in of
        }
    futures: list[Future[Any]] = [*rights.values()]
    futures += [future for of in listed.values() for future in of.values()]
    wait(futures, timeout=within)
    for pool in pools.values():
        pool.shutdown(wait=False, cancel_futures=True)
    return {key: _details(rights[key], listed[key], within) for key in wanted}


def _most_requests(wanted: Mapping[SiteKey, Sequence[Kind]]) -> int:
    """How many requests the cluster with the most namespaces gets."""
    requests: Counter[str] = Counter()
    for key, kinds in wanted.items():
        requests[key.cluster] += len(kinds) + 1
    return max(requests.values(), default=0)


def _details(
    rights: Future[Rights | Unread],
    listed: Mapping[Kind, Future[tuple[LiveObject, ...] | Unread]],
    within: float,
) -> Details:
    found = {kind: _now(future, within) for kind, future in listed.items()}
    return Details(
        objects={kind: shown for kind, shown in found.items() if not isinstance(shown, Unread)},
        unread={kind: why for kind, why in found.items() if isinstance(why, Unread)},
        rights=_now(rights, within),
    )


def _now(future: Future[T | Unread], within: float) -> T | Unread:
    if future.cancelled() or not future.done():
        return Unread(f"no answer within {within:g} s")
    return future.result()


def _list(client: Client, cache: ClusterCache, kind: Kind, namespace: str) -> tuple[LiveObject, ...] | Unread:
    def listing() -> tuple[LiveObject, ...]:
        items = client.list(kind, namespace=namespace).items
        return tuple(cache.read(kind, item) for item in items)

    return _tried(listing, absent=())


def _rights(client: Client, namespace: str) -> Rights | Unread:
    def review() -> Rights:
        status = client.rules_in(namespace).get("status")
        if not isinstance(status, dict) or not isinstance(status.get("resourceRules"), list):
            return Rights(incomplete=True)
        rules = tuple(rule for rule in status["resourceRules"] if isinstance(rule, dict))
        return Rights(rules, incomplete=bool(status.get("incomplete")))

    found = _tried(review, absent=None)
    return Unread(f"the cluster does not serve {RULES_REVIEW.plural}") if found is None else found


def _tried(ask: Callable[[], T], *, absent: T) -> T | Unread:
    """The answer, or why there is none; `absent` where the cluster does not serve the kind."""
    try:
        return ask()
    except errors.NotServed:
        return absent
    except errors.ClusterError as error:
        return Unread(str(error), forbidden=isinstance(error, errors.Forbidden))
