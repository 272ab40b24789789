"""Who links to whom: the declared links of a network, computed from its sites.

``links(network, sites)`` is the whole answer; the modules beside it hold one idea each: who can dial whom
(``reachability``), which interior sites link (``mesh``, ``redundant``), where edge sites dial (``uplinks``), and
whether the result is one network (``components``).
"""

from collections.abc import Iterable

from reconcile.skupper.definitions import Network, Strategy
from reconcile.skupper.sites import Site
from reconcile.skupper.topology import mesh, redundant, uplinks
from reconcile.skupper.topology.link import Link, LinkRole
from reconcile.skupper.topology.reachability import dialler_of

__all__ = ["Link", "LinkRole", "links"]


def links(network: Network, sites: Iterable[Site]) -> tuple[Link, ...]:
    """All declared links between the resolved sites of a network, sorted; no pair of sites is linked twice.

    Interior sites link by the network's strategy. An edge site carries no transit traffic and has one active
    uplink, so it gets ``redundancy`` uplinks under either strategy.
    """
    wanted = [site for site in sites if site.wanted]
    interior = [site for site in wanted if not site.edge]
    edges = [site for site in wanted if site.edge]
    if network.strategy is Strategy.REDUNDANT:
        role, pairs = LinkRole.REDUNDANT, redundant.pairs(interior, network.redundancy)
    else:
        role, pairs = LinkRole.MESH, mesh.pairs(interior)
    found = [_directed(pair, role) for pair in pairs]
    found += uplinks.links(edges, interior, network.redundancy)
    return tuple(sorted(found))


def _directed(pair: tuple[Site, Site], role: LinkRole) -> Link:
    dialler, issuer = dialler_of(*pair)
    return Link(dialler.key, issuer.key, role=role)
