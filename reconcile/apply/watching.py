"""Keeps the cache of one cluster current with a bounded number of threads and connections.

With cluster-wide rights there is one watch per LIST. Without them each LIST is sent once per namespace: few of them are
watched, and if there are many, they are polled by LIST.
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial

from reconcile.apply.cache import ClusterCache
from reconcile.apply.observing import Accounts, Observed
from reconcile.apply.relisting import Relister
from reconcile.apply.scopes import Scope
from reconcile.apply.sinks import Sink
from reconcile.apply.streaming import Stream
from reconcile.openshift import errors
from reconcile.skupper.list_requests import ListRequest

MOST_STREAMS = 24
"""Concurrent watches of one cluster: more than there are LISTs, so cluster-wide ones are always watched."""


class Watches:
    """All that watches one cluster."""

    def __init__(
        self,
        accounts: Accounts,
        cache: ClusterCache,
        changed: Callable[[], None],
        *,
        refused: Callable[[errors.ClusterError], None],
        lost: Callable[[str], None],
        longest: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`changed` is called after each change of the cache, `refused` if the account may not watch, and `lost`, at
        most once, with the reason when the cluster is given up; `longest` bounds every watch, in seconds.
        """
        self._accounts = accounts
        self._longest = longest
        self._sink = Sink(cache, changed, refused, lost, clock)
        self._relister = Relister((), accounts, self._sink)
        self._relisted: frozenset[tuple[ListRequest, str | None]] = frozenset()

    def start(self, observed: Sequence[Observed], awaited: Collection[str] = ()) -> None:
        """Start to watch the scope of each answered LIST; `awaited` as for `attend`. Returns at once."""
        scopes = [
            Scope(entry.request, namespace, version)
            for entry in observed
            for namespace, version in entry.resource_versions.items()
        ]
        streamed = scopes
        if len(scopes) > MOST_STREAMS:
            streamed = [scope for scope in scopes if scope.namespace is None][:MOST_STREAMS]
        relisted = [scope for scope in scopes if scope not in streamed]
        self._relisted = frozenset((scope.request, scope.namespace) for scope in relisted)
        self._relister = Relister(relisted, self._accounts, self._sink)
        self._relister.attend(awaited)
        for scope in streamed:
            client = self._accounts.of(admin=scope.request.admin)
            stream = Stream(scope, client, self._sink, longest=self._longest)
            self._run(f"watch-{scope.request.kind.plural}", stream.follow)
        for number in range(self._relister.threads):
            self._run(f"relist-{number}", self._relister.work)

    def attend(self, namespaces: Collection[str]) -> None:
        """Set the namespaces in which changes are expected now and must be noticed within seconds."""
        self._relister.attend(namespaces)

    def lists(self, request: ListRequest, namespace: str | None) -> bool:
        """Whether this is listed in turn instead of watched, and therefore current without a watch."""
        return (request, namespace) in self._relisted

    def stop(self) -> None:
        self._sink.stop.set()

    def _run(self, name: str, job: Callable[[], None]) -> None:
        guarded = partial(self._sink.guard, self._accounts.client.cluster, job)
        threading.Thread(target=guarded, name=name, daemon=True).start()
