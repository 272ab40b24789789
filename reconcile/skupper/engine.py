"""The engine interface: what this program needs from the code for one major version of Skupper, such as v1.

Topology, planner, apply and reports know no version. Everything that differs between versions is behind this interface:
what the data means, what to read of a cluster and with which account, what must never be kept of an object, and what
follows for sites, links and orphans. Each network has one engine, and one plan may contain networks of several engines.
An engine prunes only its own objects.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from reconcile.findings import Finding, NetworkSubject
from reconcile.kinds import Kind
from reconcile.skupper import topology
from reconcile.skupper.census import LiveSites
from reconcile.skupper.definitions import Definitions, Network, SiteDefinition
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.diagnosis.table import Diagnostics
from reconcile.skupper.list_requests import Reading
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import Site

Redact = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Removes confidential values from the JSON body of an object. Total: it must accept any body."""


class Planner(Protocol):
    """Plans the networks of one engine for one plan input."""

    def plan_network(self, network: ResolvedNetwork) -> Plan:
        """Plan the wanted sites and the declared links of one network that is not refused."""

    def plan_separation(self) -> Plan:
        """Plan what must go at once because it joins two networks or is cut off, and record what is ordered."""

    def plan_shared(self) -> Plan:
        """Plan what belongs to whole clusters; a delete among its changes is a removal."""

    def plan_prune(self, links: Sequence[LinkReport]) -> Plan:
        """Plan the removal of everything that is ours and not declared, and report what belongs nowhere.

        `links` are the declared links of the engine's networks with their states.
        """

    def live_sites(self) -> LiveSites:
        """Every site of this engine that is proven to be ours, on all clusters that could be read."""


class Engine(Protocol):
    """The code for one major version of Skupper. It has no state: everything it needs is an argument."""

    @property
    def name(self) -> str:
        """A short name: ``v1``."""

    @property
    def redactions(self) -> Mapping[Kind, Redact]:
        """What to remove from objects of a kind before anything else sees them.

        The data of Secrets is always removed and need not be named here.
        """

    def serves(self, network: Network) -> bool:
        """True if this engine supports the version of the network."""

    def resolve_site(self, network: Network, definition: SiteDefinition) -> Site:
        """Merge the engine's defaults, the network's config and the site's config; later ones win."""

    def check(self, networks: Sequence[ResolvedNetwork]) -> Iterable[Finding]:
        """Find data of its networks that this version of Skupper does not support. It does not look at clusters."""

    def reading(self, sites: Sequence[Site], ownership: Ownership, *, take_over: bool) -> Reading:
        """Say what to read of a cluster with these declared sites of this engine.

        `take_over` adds the objects that could be taken over.
        """

    @property
    def diagnostics(self) -> Diagnostics:
        """The checks of its sites and links, and what has to be read for them."""

    def planner(self, inputs: PlanInput) -> Planner:
        """Prepare one plan; the desired state of `inputs` has only the networks of this engine."""


class Engines:
    """The engines of this program, and which one serves which network."""

    def __init__(self, *engines: Engine) -> None:
        """The first engine that serves a network gets it."""
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
        """Resolve the sites and links of every network; done once per bundle.

        A network that no engine serves keeps its sites, so that they are not taken for orphans, and has no links.
        """
        networks = sorted(definitions.networks, key=lambda network: (network.identifier, network.path))
        named = (site.cluster for network in networks for site in network.sites)
        return DesiredState(
            networks=tuple(map(self._resolve, networks)),
            clusters={cluster.name: cluster for cluster in (*definitions.clusters, *named)},
        )

    def check(self, desired: DesiredState) -> Iterator[Finding]:
        """Find data that the engines do not support, and networks that no engine serves."""
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
                f"network {network.identifier} has version {network.version}, which no supported version of "
                f"Skupper ({lines}) matches: its sites are not changed. Correct siteController.version"
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
    """A site whose config no engine can interpret."""
    name = f"{definition.cluster.name}-{definition.namespace}"
    config = {"name": name, **network.config, **definition.config}
    edge = bool(definition.cluster.private)
    return Site(network.identifier, definition, config, edge=edge, accepts_links=False)
