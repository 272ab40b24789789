"""What this program asks of an engine: the part that knows one line of Skupper, such as v1.

Topology, planner, apply and reports know no line. Everything that differs from line to line is behind this seam: what
the data means, what to read of a cluster and with which account, what must never be kept of an object, and what follows
for sites, links and leftovers. Engines are chosen per network, and one plan may hold networks of several lines. Each
engine plans the removal of its own objects alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from reconcile.findings import Finding, NetworkSubject
from reconcile.kinds import Kind
from reconcile.skupper import topology
from reconcile.skupper.definitions import Definitions, Network, SiteDefinition
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.list_requests import Reading
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import Site

Redact = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes what is confidential out of the JSON body of an object. Total: it must accept any body."""


class Planner(Protocol):
    """Plans the networks of one engine from one input."""

    def plan_network(self, network: ResolvedNetwork) -> Plan:
        """Plan the wanted sites and the declared links of one network that is not refused."""

    def plan_shared(self) -> Plan:
        """Plan what belongs to whole clusters; a delete among its changes is a removal."""

    def plan_prune(self, links: Sequence[LinkReport]) -> Plan:
        """Plan the removal of everything of ours that is not declared, and report what fits nowhere.

        `links` are the declared links of the engine's networks with their states.
        """


class Engine(Protocol):
    """One line of Skupper. It holds no state: everything that it needs to know is an argument."""

    @property
    def name(self) -> str:
        """A short word for it: ``v1``."""

    @property
    def redactions(self) -> Mapping[Kind, Redact]:
        """What to remove from objects of a kind before anything else sees them.

        The data of a Secret is removed without being named here.
        """

    def serves(self, network: Network) -> bool:
        """True if the version of this network belongs to this line."""

    def resolve_site(self, network: Network, definition: SiteDefinition) -> Site:
        """Lay the site's config over its network's over this line's defaults."""

    def check(self, networks: Sequence[ResolvedNetwork]) -> Iterable[Finding]:
        """Find what this line cannot accept in the data of its networks. It looks at no cluster."""

    def reading(
        self, sites: Sequence[Site], ownership: Ownership, *, heartbeat: bool, take_over: bool
    ) -> Reading:
        """Say what to read of a cluster that has these declared sites of this line.

        With `heartbeat`, also what tells how old a status is; with `take_over`, also what is to be taken over.
        """

    def planner(self, inputs: PlanInput) -> Planner:
        """Prepare one plan; the desired state of `inputs` holds the networks of this engine alone."""


class Engines:
    """The engines of this program, and which one serves which network."""

    def __init__(self, *engines: Engine) -> None:
        """The first one that serves a network has it."""
        self._engines = engines

    def __iter__(self) -> Iterator[Engine]:
        return iter(self._engines)

    @property
    def redactions(self) -> dict[Kind, Redact]:
        """The redactions of all engines; where several have one for a kind, an object goes through all of them."""
        found: dict[Kind, list[Redact]] = {}
        for engine in self._engines:
            for kind, redact in engine.redactions.items():
                found.setdefault(kind, []).append(redact)
        return {kind: partial(_through_all, redacts) for kind, redacts in found.items()}

    def resolve(self, definitions: Definitions) -> DesiredState:
        """Resolve the sites and choose the links of every network; done once a bundle.

        A network that no engine serves keeps its sites, so that nobody takes them for leftovers, and has no links.
        """
        networks = sorted(definitions.networks, key=lambda network: (network.identifier, network.path))
        named = (site.cluster for network in networks for site in network.sites)
        return DesiredState(
            networks=tuple(map(self._resolve, networks)),
            clusters={cluster.name: cluster for cluster in (*definitions.clusters, *named)},
        )

    def check(self, desired: DesiredState) -> Iterator[Finding]:
        """Find what the engines cannot accept in the data, and networks that none of them serves."""
        for engine in self._engines:
            yield from engine.check(desired.of(engine.name))
        for resolved in desired.networks:
            if not resolved.engine:
                yield self._unserved(resolved.network)

    def _resolve(self, network: Network) -> ResolvedNetwork:
        engine = next((engine for engine in self._engines if engine.serves(network)), None)
        resolve_site = engine.resolve_site if engine else _as_written
        sites = tuple(sorted((resolve_site(network, each) for each in network.sites), key=lambda s: s.key))
        links = topology.links(network, sites) if engine else ()
        return ResolvedNetwork(network, sites, links, engine=engine.name if engine else "")

    def _unserved(self, network: Network) -> Finding:
        lines = ", ".join(engine.name for engine in self._engines)
        return Finding(
            rule="unsupported-version",
            message=(
                f"network {network.identifier} has version {network.version}, which none of the supported lines of "
                f"Skupper ({lines}) serves: nothing is changed at its sites. Correct siteController.version"
            ),
            datafile=network.path,
            pointer=("siteController", "version"),
            subject=NetworkSubject(network.identifier),
        )


def _through_all(redacts: Sequence[Redact], body: Mapping[str, Any]) -> Mapping[str, Any]:
    for redact in redacts:
        body = redact(body)
    return body


def _as_written(network: Network, definition: SiteDefinition) -> Site:
    """A site whose config nobody can interpret."""
    name = f"{definition.cluster.name}-{definition.namespace}"
    config = {"name": name, **network.config, **definition.config}
    edge = bool(definition.cluster.private)
    return Site(network.identifier, definition, config, edge=edge, accepts_links=False)
