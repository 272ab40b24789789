"""The well-connected core of a graph that grows: a cheap answer for most pairs of nodes.

Take k hubs that have k disjoint paths to one another. A node belongs to the core if k paths, disjoint but for the node
itself, lead from it to k different hubs. Any two nodes of the core then have k disjoint paths: fewer than k nodes
leave some hub on one side, all hubs that are left stay together, and cut at most one path of each node for each node
taken away. So one check a node replaces one a pair.
"""

from collections.abc import Mapping, Sequence

from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology.disjoint import paths

_HUBS = SiteKey("", "")
"""A node that stands for all hubs: no site has an empty name."""


class Core:
    """The core of a graph whose links are only ever added to."""

    def __init__(self, graph: Mapping[SiteKey, set[SiteKey]], count: int, hubs: Sequence[SiteKey]) -> None:
        """`count` is k; `hubs` are k nodes, best those that will have many links."""
        self._graph = graph
        self._count = count
        self._hubs = tuple(hubs)
        self._members: set[SiteKey] = set()

    def holds(self, one: SiteKey, other: SiteKey) -> bool:
        """True if both nodes are in the core, and so have enough disjoint paths."""
        return one in self._members and other in self._members

    def grow(self) -> None:
        """Add the nodes that new links have connected well enough."""
        if not self._members:
            if len(self._hubs) < self._count or not self._hubs_hold_together():
                return
            self._members.update(self._hubs)
        widened = {node: set(neighbours) for node, neighbours in self._graph.items()}
        widened[_HUBS] = set(self._hubs)
        for hub in self._hubs:
            widened[hub].add(_HUBS)
        self._members.update(
            node
            for node in self._graph
            if node not in self._members and paths(widened, node, _HUBS, self._count) == self._count
        )

    def _hubs_hold_together(self) -> bool:
        return all(
            paths(self._graph, one, other, self._count) == self._count
            for place, one in enumerate(self._hubs)
            for other in self._hubs[place + 1 :]
        )
