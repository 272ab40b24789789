"""A site: one namespace of one cluster in one network, with its configuration resolved.

``SiteDefinition`` is what the data says; ``Site`` is the result of merging our defaults, the network's config and the
namespace's overrides. Topology and planner work on sites only.
"""

from dataclasses import dataclass
from typing import NamedTuple

from reconcile.skupper.definitions import Cluster, Config, Network, SiteDefinition

_LONGEST_NUMBER = 9


class SiteKey(NamedTuple):
    """Which site: unique over all networks, since a namespace is in at most one."""

    cluster: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}"


@dataclass(frozen=True, slots=True)
class Site:
    """One site with its effective configuration."""

    network: str
    definition: SiteDefinition
    config: Config
    """Effective values: the namespace's over the network's over our defaults; camelCase keys."""
    edge: bool
    """True: only dials out, accepts no links."""
    ingress: str
    """How its router is reached from outside; ``none`` for edge sites."""

    @property
    def key(self) -> SiteKey:
        return SiteKey(self.definition.cluster.name, self.definition.namespace)

    @property
    def cluster(self) -> Cluster:
        return self.definition.cluster

    @property
    def namespace(self) -> str:
        return self.definition.namespace

    @property
    def name(self) -> str:
        """The Skupper site name; the prefix of its router ids."""
        return str(self.config["name"])

    @property
    def wanted(self) -> bool:
        """True if the site should exist."""
        return not self.definition.delete

    @property
    def routers(self) -> int:
        """How many routers the site runs; 0 if its config does not say that in a valid way."""
        routers = self.config.get("routers", 1)
        if isinstance(routers, bool) or not isinstance(routers, int | str):
            return 0
        text = str(routers)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0

    @property
    def accepts_links(self) -> bool:
        return self.wanted and not self.edge and self.ingress != "none"


def resolve_site(network: Network, definition: SiteDefinition) -> Site:
    """Merge our defaults, the network's config and the namespace's config; later ones win.

    A site on a private cluster is an edge site unless the data says otherwise, and an edge site has no ingress:
    a network-wide ``ingress`` is meant for those sites that accept links.
    """
    declared = {**network.config, **definition.config}
    edge = _is_edge(network, definition)
    ingress = _ingress(declared, edge=edge)
    config = {
        "name": f"{definition.cluster.name}-{definition.namespace}",
        **declared,
        "routerMode": "edge" if edge else "interior",
        "ingress": ingress,
    }
    for alias in ("edge", "clusterLocal"):
        config.pop(alias, None)
    return Site(network=network.identifier, definition=definition, config=config, edge=edge, ingress=ingress)


def resolve_sites(network: Network) -> tuple[Site, ...]:
    """Resolve all sites of a network, sorted by cluster and namespace."""
    return tuple(sorted((resolve_site(network, site) for site in network.sites), key=lambda site: site.key))


def _is_edge(network: Network, definition: SiteDefinition) -> bool:
    # The closer level wins as a whole, so that `edge: false` of a namespace beats `routerMode: edge` of its network.
    for config in (definition.config, network.config):
        if "routerMode" in config:
            return config["routerMode"] == "edge"
        if "edge" in config:
            return bool(config["edge"])
    return bool(definition.cluster.private)


def _ingress(declared: Config, *, edge: bool) -> str:
    if edge:
        return "none"
    if "ingress" in declared:
        return str(declared["ingress"])
    return "none" if declared.get("clusterLocal") else "route"
