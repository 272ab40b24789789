"""Keeping the picture of one cluster current, by a number of threads and connections that does not grow with it.

Where the account may look cluster-wide there is a watch for each LIST, and that is all. Where it may not, each LIST is
one for each namespace: as long as they are few they are watched, beyond that they are listed again and again.
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

MOST_STREAMS = 24
"""Watches of one cluster at the same time: more than there are LISTs, so cluster-wide ones are always watched."""


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
        """`changed` is called after each change of the picture, `refused` if the account may not watch, and `lost`, at
        most once, with the reason when the cluster is given up; `longest` bounds every watch, in seconds.
        """
        self._accounts = accounts
        self._longest = longest
        self._sink = Sink(cache, changed, refused, lost, clock)
        self._relister = Relister((), accounts, self._sink)

    def start(self, observed: Sequence[Observed], awaited: Collection[str] = ()) -> None:
        """Watch what each LIST that was answered has shown, as `attend` has it; cheap, returns at once."""
        scopes = [
            Scope(entry.request, namespace, version)
            for entry in observed
            for namespace, version in entry.resource_versions.items()
        ]
        streamed = scopes
        if len(scopes) > MOST_STREAMS:
            streamed = [scope for scope in scopes if scope.namespace is None][:MOST_STREAMS]
        self._relister = Relister(
            (scope for scope in scopes if scope not in streamed), self._accounts, self._sink
        )
        self._relister.attend(awaited)
        for scope in streamed:
            client = self._accounts.of(admin=scope.request.admin)
            stream = Stream(scope, client, self._sink, longest=self._longest)
            self._run(f"watch-{scope.request.kind.plural}", stream.follow)
        for number in range(self._relister.threads):
            self._run(f"relist-{number}", self._relister.work)

    def attend(self, namespaces: Collection[str]) -> None:
        """Say in which namespaces something is awaited now: changes there are to be noticed within seconds."""
        self._relister.attend(namespaces)

    def stop(self) -> None:
        self._sink.stop.set()

    def _run(self, name: str, job: Callable[[], None]) -> None:
        guarded = partial(self._sink.guard, self._accounts.client.cluster, job)
        threading.Thread(target=guarded, name=name, daemon=True).start()
