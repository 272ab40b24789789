"""Resolves a v1 site: v1's defaults, the network's config and the namespace's config; later ones win."""

from reconcile.skupper.definitions import Config, Network, SiteDefinition
from reconcile.skupper.sites import Site

_LONGEST_NUMBER = 9


def resolve_site(network: Network, definition: SiteDefinition) -> Site:
    """Merge v1's defaults, the network's config and the namespace's config; later ones win.

    A site on a private cluster is an edge site unless the data says otherwise, and an edge site has no ingress:
    a network-wide ``ingress`` is meant for those sites that accept links.
    """
    declared = {**network.config, **definition.config}
    edge = _is_edge(network, definition)
    config = {
        "name": default_name(definition.cluster.name, definition.namespace),
        **declared,
        "routerMode": "edge" if edge else "interior",
        "ingress": _ingress(declared, edge=edge),
    }
    for alias in ("edge", "clusterLocal"):
        config.pop(alias, None)
    return Site(
        network=network.identifier,
        definition=definition,
        config=config,
        edge=edge,
        accepts_links=not definition.delete and not edge and config["ingress"] != "none",
        routers=_routers(config),
    )


def default_name(cluster: str, namespace: str) -> str:
    """The name of a site whose data gives it none."""
    return f"{cluster}-{namespace}"


def ingress(site: Site) -> str:
    """How the router of a resolved site is reached from outside; ``none`` for edge sites."""
    return str(site.config["ingress"])


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


def _routers(config: Config) -> int:
    """How many routers the config asks for; 0 if it does not say that in a valid way."""
    routers = config.get("routers", 1)
    if isinstance(routers, bool) or not isinstance(routers, int | str):
        return 0
    text = str(routers)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0
