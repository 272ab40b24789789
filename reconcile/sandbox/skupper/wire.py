"""The network between the routers of all clusters: who is connected to whom, and what each site knows of the others.

Every cluster's simulation publishes the state of its routers here; the wire computes which links are up, and which
sites each site sees. It makes no requests. Thread-safe.
"""

import threading
from collections.abc import Callable, Iterable, Mapping

from reconcile.sandbox.skupper import certificates
from reconcile.sandbox.skupper.clock import Clock
from reconcile.sandbox.skupper.link_records import LinkRecords
from reconcile.sandbox.skupper.sightings import MEMORY, Record, Sightings, View
from reconcile.sandbox.skupper.states import Address, Dial, Link, RouterState
from reconcile.sandbox.skupper.timing import Timing

_DAY = 86400
Reachable = Callable[[str, str], bool]
"""Whether the first cluster can open connections to the second."""


def everywhere(_source: str, _target: str) -> bool:
    """Let every cluster reach every other."""
    return True


class Wire:
    """All routers and the links between them."""

    def __init__(
        self,
        *,
        clock: Clock,
        timing: Timing,
        reachable: Reachable = everywhere,
        memory: float = MEMORY,
    ) -> None:
        self._clock = clock
        self._reachable = reachable
        self._lock = threading.RLock()
        self._published: dict[str, Mapping[str, RouterState]] = {}
        self._cuts: set[frozenset[str]] = set()
        self._links: tuple[Link, ...] = ()
        self._records = LinkRecords(timing)
        self._sightings = Sightings(memory)
        self._listeners: dict[str, Callable[[], None]] = {}

    def attach(self, cluster: str, changed: Callable[[], None]) -> None:
        """Call ``changed`` whenever what some site sees may have changed."""
        with self._lock:
            self._listeners[cluster] = changed

    def detach(self, cluster: str) -> None:
        """Forget a cluster and its routers."""
        with self._lock:
            self._listeners.pop(cluster, None)
        self.publish(cluster, {})

    def publish(self, cluster: str, states: Mapping[str, RouterState]) -> None:
        """Publish the running routers of a cluster, by namespace."""
        with self._lock:
            self._published[cluster] = dict(states)
        self.refresh()

    def cut(self, first: str, second: str) -> None:
        """Cut the network between two clusters, or within one."""
        with self._lock:
            self._cuts.add(frozenset({first, second}))
        self.refresh()

    def restore(self, first: str, second: str) -> None:
        """Restore the network between two clusters."""
        with self._lock:
            self._cuts.discard(frozenset({first, second}))
        self.refresh()

    @property
    def links(self) -> tuple[Link, ...]:
        """The connections that are up, whether or not a site reports them as a link yet."""
        with self._lock:
            return self._links

    def view(self, cluster: str, namespace: str) -> View | None:
        """Return what a site sees of the network, None if its router does not run."""
        with self._lock:
            return self._sightings.view((cluster, namespace))

    def due(self) -> float | None:
        """Return when a record will begin or be forgotten next, in epoch seconds."""
        with self._lock:
            moments = (self._records.due(), self._sightings.due())
            return min((moment for moment in moments if moment is not None), default=None)

    def refresh(self) -> None:
        """Recompute everything and notify the clusters if anything changed."""
        with self._lock:
            now = self._clock.now()
            published = self._published.values()
            states = {state.key: state for states in published for state in states.values()}
            found = [
                link for state in states.values() for link in self._links_of(state, states.values(), now)
            ]
            known = {_identity(link): link for link in self._links}
            self._links = tuple(known.get(_identity(link), link) for link in found)
            self._records.update(self._links, now)
            records = {key: Record(state, self._records.of(key)) for key, state in states.items()}
            changed = self._sightings.update(records, self._links, now)
            listeners = tuple(self._listeners.values()) if changed else ()
        for tell in listeners:
            tell()

    def _links_of(self, dialler: RouterState, states: Iterable[RouterState], now: float) -> list[Link]:
        found = []
        for dial in dialler.dials:
            answer = _find_address(dial, dialler, states)
            if answer is None or not self._connected(dialler.cluster, answer[0].cluster):
                continue
            issuer, address = answer
            if _accepts(dial, issuer, address, at=now):
                found.append(
                    Link(
                        dialler=dialler.key,
                        connector=dial.connector.name,
                        issuer=issuer.key,
                        role=address.role,
                        cost=dial.connector.cost or 1,
                        dialler_routers=dialler.routers,
                        issuer_routers=issuer.routers,
                        since=now,
                    )
                )
        return self._one_uplink(found) if dialler.edge else found

    def _one_uplink(self, found: list[Link]) -> list[Link]:
        """Keep the uplink that an edge router has, or else the first that works; the others stand by."""
        known = {_identity(link) for link in self._links}
        return sorted(found, key=lambda link: _identity(link) not in known)[:1]

    def _connected(self, source: str, target: str) -> bool:
        if frozenset({source, target}) in self._cuts:
            return False
        return source == target or self._reachable(source, target)


def _identity(link: Link) -> tuple[object, ...]:
    """Return what makes it the same connection: the ends, their pods, and the connector."""
    return link.dialler, link.connector, link.issuer, link.role, link.dialler_routers, link.issuer_routers


def _find_address(
    dial: Dial, dialler: RouterState, others: Iterable[RouterState]
) -> tuple[RouterState, Address] | None:
    """Return who answers at host and port of a connector, as the dialler's cluster resolves the host."""
    target = (dial.connector.host, dial.connector.port)
    for state in others:
        for address in state.addresses:
            known = not address.local or state.cluster == dialler.cluster
            if known and (address.host, address.port) == target:
                return state, address
    return None


def _accepts(dial: Dial, issuer: RouterState, address: Address, *, at: float) -> bool:
    """Return whether the two routers accept one another at a moment (epoch seconds): the role, and TLS both ways."""
    if address.role not in issuer.listeners or dial.connector.role != address.role:
        return False
    day = int(at // _DAY)
    server, client = issuer.server, dial.credential
    trusted = certificates.trusts(client.authority, server.certificate, day)
    if not trusted or dial.connector.host not in certificates.hosts_of(server.certificate):
        return False
    known = certificates.trusts(server.authority, client.certificate, day)
    return known and certificates.is_pair(client.certificate, client.key)
