"""All clusters of a run: opened and read in parallel, watched where there is something to wait for.

A cluster that cannot be opened or read, or not in time, is reported once and stays unknown; so do two clusters that
turn out to be one API server. Clusters without declared sites are searched
for leftover resources by a single LIST, and read completely only if it finds any.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from reconcile.apply import observing
from reconcile.apply.cache import NO_REDACTIONS, ClusterCache, machine_time
from reconcile.apply.events import ClusterFailed
from reconcile.apply.executing import Clusters
from reconcile.apply.observing import Accounts, Observed
from reconcile.apply.scopes import Scope
from reconcile.apply.watching import Watches
from reconcile.kinds import Kind
from reconcile.openshift.access import Timeouts
from reconcile.openshift.errors import ClusterError, Unreachable
from reconcile.skupper.engine import Redact
from reconcile.skupper.list_requests import ListRequest, Reading
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.same_server import same_server
from reconcile.unexpected import describe

T = TypeVar("T")

READ_WITHIN = Timeouts().cluster

OPENED_WITHIN = 3.0
"""How many times as long a cluster may take to be opened: the secrets of all are read one after the other."""


class CannotOpenError(Exception):
    """A cluster cannot be opened, for example because its secret is missing. The text is ready to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One cluster of a run."""

    name: str
    open: Callable[[], Accounts] = field(repr=False)
    """Opens its accounts; raises ``CannotOpenError``."""
    readings: tuple[Reading, ...]
    """What each engine reads there."""
    refused: bool = False
    """True: its data has an error, which was reported, so nothing on it is changed."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces of the declared sites; empty for a cluster that no network names."""
        return tuple(sorted({name for reading in self.readings for name in reading.namespaces}))

    @property
    def declared(self) -> bool:
        return bool(self.namespaces)

    @property
    def heartbeats(self) -> tuple[ListRequest, ...]:
        """The LISTs that are only repeated, never watched."""
        return tuple(_each_once(request for reading in self.readings for request in reading.heartbeats))


class Fleet:
    """The clusters of one run and what is known about them."""

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        threads: int,
        redactions: Mapping[Kind, Redact] = NO_REDACTIONS,
        read_within: float = READ_WITHIN,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = machine_time,
    ) -> None:
        """`threads` is how many namespaces of one cluster are processed in parallel, `read_within` how many seconds
        each cluster may take to be read once it is opened, `now` the clock with which those of clusters are compared.
        """
        self._now = now
        self._redactions = redactions
        self._read_within = read_within
        self._clock = clock
        self._began: dict[str, float] = {}
        self._targets = {target.name: target for target in targets}
        # Threads are not shared between clusters, so a cluster that hangs does not block the others.
        self._readers = ThreadPoolExecutor(max(1, len(self._targets)), thread_name_prefix="read")
        self._writers = {
            name: ThreadPoolExecutor(threads, thread_name_prefix=f"write-{name}") for name in self._targets
        }
        self._lock = threading.Lock()
        self._accounts: dict[str, Accounts] = {}
        self._caches: dict[str, ClusterCache] = {}
        self._observed: dict[str, list[Observed]] = {}
        self._failed: dict[str, ClusterFailed] = {}
        self._watches: dict[str, Watches] = {}
        self._refreshing: set[str] = set()
        self._identified: set[str] = set()
        self._identifying: set[str] = set()
        self._closed = False
        self.clusters = Clusters(self._accounts, self._caches)

    def read(self, done: Callable[[str], None]) -> None:
        """Start reading all clusters; `done` is called, on any thread, when one has answered or failed."""
        for target in self._targets.values():
            self._began[target.name] = self._clock()
            self._readers.submit(self._read, target, done)

    def give_up_late(self) -> None:
        """Fail the clusters that should have been read by now, whatever their threads are doing.

        Every request has a time limit of its own, but a cluster may need many, and a thread may hang outside of any.
        """
        now = self._clock()
        to_open = OPENED_WITHIN * self._read_within
        with self._lock:
            taken = {name: now - self._began[name] for name in self._pending()}
            opened = {name: self._accounts[name] for name in taken if name in self._accounts}
        for name, seconds in taken.items():
            if name not in opened and seconds > to_open:
                reason, hint = (
                    f"its token was not read within {to_open:g} s",
                    "check the secret store, and retry",
                )
            elif name in opened and seconds > self._read_within:
                reason = f"it was not read completely within {self._read_within:g} s"
                hint = "retry, or raise --request-timeout"
            else:
                continue
            error = Unreachable(reason, cluster=name, verb="read", hint=hint)
            self._fail(self._targets[name], str(error), again=False)
            if name in opened:
                opened[name].abandon()

    def refresh(self, work_keys: Collection[tuple[str, str]], done: Callable[[str], None]) -> None:
        """Start to list all readable clusters again: their heartbeats, and all that shows one of these work keys.

        `done` as for `read`. A cluster that does not answer keeps what was listed before.
        """
        namespaces = _by_cluster(work_keys)
        with self._lock:
            due = self._observed.keys() - self._failed.keys() - self._refreshing
            self._refreshing |= due
        for name in sorted(due):
            self._readers.submit(self._refresh, name, namespaces.get(name, frozenset()), done)

    @property
    def refreshing(self) -> bool:
        """True while clusters are being listed again."""
        with self._lock:
            return bool(self._refreshing - self._failed.keys())

    def submit(self, cluster: str, job: Callable[[], None]) -> None:
        """Run a job that writes to this cluster on one of its threads."""
        self._writers[cluster].submit(job)

    @property
    def pending(self) -> frozenset[str]:
        """Clusters that have neither answered nor failed yet."""
        with self._lock:
            return self._pending()

    @property
    def failures(self) -> tuple[ClusterFailed, ...]:
        with self._lock:
            return tuple(self._failed[name] for name in sorted(self._failed))

    def known(self) -> tuple[dict[str, ClusterSnapshot], frozenset[str]]:
        """The snapshots of all clusters, and the clusters still to answer; each cluster is in exactly one of the two.

        Both are of the same moment: the removal budget holds only if it is known whether everything was counted. A
        cluster with the API server of another one fails here, so that no plan sees it as readable.
        """
        with self._lock:
            answered, caches = frozenset(self._observed.keys() - self._identifying), dict(self._caches)
            pending = self._pending()
        snapshots = {name: cache.snapshot() for name, cache in caches.items()}
        for name, reason in same_server(snapshots).items():
            if not self._targets[name].refused:
                self._fail(self._targets[name], f"cluster {name} {reason}", again=False)
        with self._lock:
            failed = {
                name: ClusterSnapshot(problem=failure.message) for name, failure in self._failed.items()
            }
        read = {name: snapshot for name, snapshot in snapshots.items() if name in answered}
        return {**read, **failed}, pending - failed.keys()

    def watch(
        self,
        work_keys: Iterable[tuple[str, str]],
        changed: Callable[[], None],
        refused: Callable[[ClusterError], None],
        *,
        longest: float,
    ) -> None:
        """Watch the clusters of these work keys, and list their namespaces most often where watches are too many.

        Each cluster is watched from the resourceVersion of its LISTs until the fleet is closed; a watch lasts at most
        `longest` seconds.
        """
        awaited = _by_cluster(work_keys)
        for name, watches in self._watches.items():
            watches.attend(awaited.get(name, frozenset()))
        for name, namespaces in awaited.items():
            self._begin_to_watch(name, namespaces, changed, refused, longest)

    def _begin_to_watch(
        self,
        name: str,
        namespaces: Collection[str],
        changed: Callable[[], None],
        refused: Callable[[ClusterError], None],
        longest: float,
    ) -> None:
        with self._lock:
            observed = self._observed.get(name)
            if observed is None or name in self._watches or self._closed:
                return
            lost = partial(self._lose, self._targets[name], changed)
            self._watches[name] = watches = Watches(
                self._accounts[name],
                self._caches[name],
                changed,
                refused=refused,
                lost=lost,
                longest=longest,
            )
            heartbeats = self._targets[name].heartbeats
            watches.start([entry for entry in observed if entry.request not in heartbeats], namespaces)

    def requests(self) -> Mapping[str, tuple[int, int]]:
        """Cluster -> (requests in all, writes among them) so far."""
        with self._lock:
            accounts = dict(self._accounts)
        counts = {}
        for name, entry in sorted(accounts.items()):
            clients = [client for client in (entry.client, entry.admin) if client]
            counts[name] = (
                sum(client.counts.total for client in clients),
                sum(client.counts.writes for client in clients),
            )
        return counts

    def close(self) -> None:
        """End all watches, threads and connections, including those being opened."""
        with self._lock:
            self._closed = True
            watches, accounts = tuple(self._watches.values()), tuple(self._accounts.values())
        for watched in watches:
            watched.stop()
        for opened in accounts:
            opened.close()
        for threads in (self._readers, *self._writers.values()):
            threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, target: Target, done: Callable[[str], None]) -> None:
        try:
            accounts = target.open()
            cache = self._admit(target, accounts)
            observed = self._observe(target, accounts, cache)
            if not observing.shows_itself(observed):
                self._identify(target.name)
        except (CannotOpenError, ClusterError) as error:
            self._identify(target.name)
            self._fail(target, str(error), again=False)
        except Exception as error:  # noqa: BLE001 one cluster must not end the run of the others
            self._fail(target, f"{target.name}: cannot be read: {describe(error)}", again=False)
        else:
            with self._lock:
                if target.name not in self._failed:
                    self._observed[target.name] = observed
        self._identify_others(done)
        done(target.name)

    def _identify_others(self, done: Callable[[str], None]) -> None:
        """Start to identify clusters that showed objects of ours, once there is one that did not or that failed.

        Two that show their objects are known to be one, or not to be, without that request.
        """
        with self._lock:
            if self._closed or not self._identified:
                return
            due = self._observed.keys() - self._identified - self._identifying
            self._identifying |= due
            self._began |= dict.fromkeys(due, self._clock())
        for name in sorted(due):
            self._readers.submit(self._identify_late, name, done)

    def _identify_late(self, name: str, done: Callable[[str], None]) -> None:
        try:
            self._identify(name)
        finally:
            with self._lock:
                self._identifying.discard(name)
            done(name)

    def _identify(self, name: str) -> None:
        with self._lock:
            accounts, cache = self._accounts.get(name), self._caches.get(name)
            self._identified.add(name)
        if accounts and cache:
            observing.identify(accounts.client, cache)

    def _admit(self, target: Target, accounts: Accounts) -> ClusterCache:
        """Register the accounts of a cluster, or close them if the run has ended meanwhile."""
        with self._lock:
            if not self._closed:
                self._accounts[target.name] = accounts
                self._began[target.name] = self._clock()
                cache = self._caches[target.name] = ClusterCache(self._redactions, self._now)
                return cache
        accounts.close()
        raise CannotOpenError(f"{target.name} was not read: the run has ended")

    def _observe(self, target: Target, accounts: Accounts, cache: ClusterCache) -> list[Observed]:
        """Read all that the engines with sites there want, and of the others only what shows whether more is needed."""
        absent = [reading for reading in target.readings if not reading.namespaces]
        presence = _each_once(reading.presence_list for reading in absent)
        found = observing.observe(accounts, presence, target.namespaces, cache) if presence else []
        shown = {entry.request for entry in found if entry.shown}
        present = [
            reading for reading in target.readings if reading.namespaces or reading.presence_list in shown
        ]
        if not present:
            return found
        lists = _each_once(request for reading in present for request in reading.lists)
        observed = observing.observe(accounts, lists, target.namespaces, cache)
        observing.note_heartbeats(
            (entry.listed_at for entry in observed if entry.request in target.heartbeats), cache
        )
        snapshot = cache.snapshot()
        probes = _each_once(probe for reading in present for probe in reading.probes_for(snapshot))
        observing.send_probes(accounts, probes, target.namespaces, cache)
        return [*observed, *(entry for entry in found if entry.request not in lists)]

    def _refresh(self, name: str, namespaces: Collection[str], done: Callable[[str], None]) -> None:
        try:
            with self._lock:
                accounts, cache = self._accounts[name], self._caches[name]
                scopes = self._due(name, namespaces)
            observing.list_again(accounts, scopes, self._targets[name].heartbeats, cache)
        except ClusterError:
            # What was listed before counts; whoever else speaks to the cluster reports it.
            pass
        finally:
            with self._lock:
                self._refreshing.discard(name)
            done(name)

    def _due(self, name: str, namespaces: Collection[str]) -> list[Scope]:
        """What `refresh` lists: what shows these namespaces, unless it is listed all the time, and the heartbeats."""
        heartbeats, watches = self._targets[name].heartbeats, self._watches.get(name)
        return [
            Scope(entry.request, namespace, version)
            for entry in self._observed[name]
            for namespace, version in entry.resource_versions.items()
            if entry.request in heartbeats
            or (
                (namespaces if namespace is None else namespace in namespaces)
                and not (watches and watches.lists(entry.request, namespace))
            )
        ]

    def _lose(self, target: Target, changed: Callable[[], None], message: str) -> None:
        self._fail(target, message)
        changed()

    def _pending(self) -> frozenset[str]:
        unread = self._targets.keys() - self._observed.keys() - self._failed.keys()
        return frozenset(unread | (self._identifying - self._failed.keys()))

    def _fail(self, target: Target, message: str, *, again: bool = True) -> None:
        """Count a cluster as failed; unless `again`, only if it has not failed before."""
        with self._lock:
            if target.name in self._failed and not again:
                return
            self._failed[target.name] = ClusterFailed(target.name, message, declared=target.declared)


def _by_cluster(work_keys: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Cluster -> its namespaces in these work keys."""
    namespaces: dict[str, set[str]] = {}
    for cluster, namespace in work_keys:
        namespaces.setdefault(cluster, set()).add(namespace)
    return namespaces


def _each_once(items: Iterable[T]) -> list[T]:
    """The items in their order, without those that came before."""
    return list(dict.fromkeys(items))
