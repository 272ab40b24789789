"""Whether a network has the redundancy that its data asks for.

The topology gives as many uplinks and disjoint paths as the clusters allow; fewer than asked is worth a warning. Nobody
is warned about the default, which is no more than a wish.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from reconcile.findings import Finding, NetworkSubject, Severity
from reconcile.skupper.definitions import Network, Strategy
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.topology.disjoint import paths

_MOST_NAMED = 4


def check(resolved: ResolvedNetwork) -> Iterator[Finding]:
    """Warn about edge sites with too few uplinks, and about too few disjoint paths between interior sites."""
    network = resolved.network
    if not network.asks_for_redundancy:
        return
    yield from _uplinks(network, [site for site in resolved.wanted if site.edge], resolved.links)
    if network.strategy is Strategy.REDUNDANT:
        yield from _paths(network, [site for site in resolved.wanted if not site.edge], resolved.links)


def _uplinks(network: Network, edges: Sequence[Site], links: Sequence[Link]) -> Iterator[Finding]:
    counts = Counter(link.dialler for link in links)
    # An edge site without any uplink is a part of its own, which is an error already.
    short = [site.key for site in edges if 0 < counts[site.key] < network.redundancy]
    if short:
        named = ", ".join(f"{key} ({counts[key]})" for key in short[:_MOST_NAMED])
        more = f" and {len(short) - _MOST_NAMED} more" if len(short) > _MOST_NAMED else ""
        yield _finding(
            network,
            f"edge sites with fewer uplinks, since they reach interior sites on fewer clusters: {named}{more}. "
            "Add interior sites on other clusters that they reach",
        )


def _paths(network: Network, interior: Sequence[Site], links: Sequence[Link]) -> Iterator[Finding]:
    graph: dict[SiteKey, set[SiteKey]] = {site.key: set() for site in interior}
    for link in links:
        if link.dialler in graph and link.issuer in graph:
            graph[link.dialler].add(link.issuer)
            graph[link.issuer].add(link.dialler)
    found = _fewest(graph, network.redundancy)
    # Sites without any path between them are an error already.
    if found and 0 < found[0] < network.redundancy:
        count, one, other = found
        yield _finding(
            network,
            f"interior sites with fewer disjoint paths: {one} and {other} have {count}. "
            "Add sites on clusters that the others reach, or a peering",
        )


def _fewest(graph: dict[SiteKey, set[SiteKey]], limit: int) -> tuple[int, SiteKey, SiteKey] | None:
    """The smallest number of disjoint paths between two nodes, up to `limit`, and a pair that has no more.

    It is enough to look from `limit` nodes: fewer nodes than that which part a graph leave one of them on some side.
    """
    nodes = sorted(graph)
    pairs = ((one, other) for one in nodes[:limit] for other in nodes if one != other)
    return min(((paths(graph, one, other, limit), one, other) for one, other in pairs), default=None)


def _finding(network: Network, what: str) -> Finding:
    return Finding(
        rule="redundancy",
        severity=Severity.WARNING,
        message=(
            f"network {network.identifier} asks for a redundancy of {network.redundancy}, but has {what}, "
            "or lower topology.redundancy"
        ),
        datafile=network.path,
        pointer=("topology", "redundancy"),
        subject=NetworkSubject(network.identifier),
    )
