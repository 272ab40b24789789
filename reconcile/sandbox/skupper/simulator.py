"""The simulation of Skupper 1.9 over any number of clusters."""

from collections.abc import Mapping
from typing import Self

from reconcile.openshift.client import Client
from reconcile.sandbox.skupper.clock import Clock
from reconcile.sandbox.skupper.reporting import RENEWAL
from reconcile.sandbox.skupper.timing import REAL, Timing
from reconcile.sandbox.skupper.wire import Reachable, Wire, everywhere
from reconcile.sandbox.skupper.worker import Worker


class Skupper:
    """Plays site-controllers, service-controllers and routers on the clusters of ``clients``.

    The clients need the rights of a cluster administrator and should have a ``field_manager`` of their own; they are
    not closed. For sites that exist already, all pods have just restarted.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        *,
        clock: Clock | None = None,
        timing: Timing = REAL,
        reachable: Reachable = everywhere,
        renewal: float = RENEWAL,
        policies: bool = True,
    ) -> None:
        """Prepare.

        ``timing`` is the pace, that of the real programs if it is left out; ``reachable`` says which cluster can open
        connections to which. ``renewal``: seconds between two writes of each site's leader lock, whatever the pace,
        since readers compare the lock with their own clock. Fewer are a lighter load. ``policies``: whether sites obey
        SkupperClusterPolicies, which deny everything as soon as a cluster serves them and no policy matches.
        """
        clock = clock or Clock()
        self.wire = Wire(clock=clock, timing=timing, reachable=reachable)
        """The network between the clusters."""
        self._workers = {
            name: Worker(client, self.wire, clock=clock, timing=timing, renewal=renewal, policies=policies)
            for name, client in sorted(clients.items())
        }

    def start(self) -> None:
        """Begin to watch and to work."""
        for worker in self._workers.values():
            worker.start()

    def stop(self) -> None:
        """End all threads; the objects on the clusters stay."""
        for worker in self._workers.values():
            worker.stop()

    def log(self, cluster: str, namespace: str) -> tuple[str, ...]:
        """Return what the pods of a namespace wrote to their logs, oldest first."""
        return self._workers[cluster].log(namespace)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
