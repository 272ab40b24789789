"""How many disjoint paths join two nodes of a small graph, counted up to a limit.

Paths are disjoint if they share no node but their ends: losing fewer than that many sites or links cannot part
the two (Menger). Counted by augmenting paths on the node-split graph, one breadth-first search a path, which
stops at the limit; the graphs here hold a few hundred links, so this costs microseconds where a general flow
library costs milliseconds.
"""

from collections import deque
from collections.abc import Hashable, Mapping, Set
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
_Port = tuple[Node, bool]
"""One half of a split node: ``(node, False)`` is where paths enter, ``(node, True)`` where they leave."""


def paths(graph: Mapping[Node, Set[Node]], source: Node, target: Node, limit: int) -> int:
    """Number of node-disjoint paths between two different nodes, at most `limit`.

    `graph` maps each node to its neighbours, in both directions. A direct link counts as one path.
    """
    flow: dict[_Port[Node], set[_Port[Node]]] = {}
    found = 0
    while found < limit and _augment(graph, flow, source, target):
        found += 1
    return found


def _augment(
    graph: Mapping[Node, Set[Node]],
    flow: dict[_Port[Node], set[_Port[Node]]],
    source: Node,
    target: Node,
) -> bool:
    """Push one more path through the residual graph; False if there is none."""
    start, goal = (source, True), (target, False)
    came_from: dict[_Port[Node], _Port[Node]] = {start: start}
    queue = deque([start])
    while queue:
        port = queue.popleft()
        if port == goal:
            _record(flow, came_from, start, goal)
            return True
        for step in _residual(graph, flow, port):
            if step not in came_from:
                came_from[step] = port
                queue.append(step)
    return False


def _residual(
    graph: Mapping[Node, Set[Node]], flow: dict[_Port[Node], set[_Port[Node]]], port: _Port[Node]
) -> list[_Port[Node]]:
    node, leaving = port
    used = flow.get(port, set())
    forward: list[_Port[Node]] = [(other, False) for other in graph[node]] if leaving else [(node, True)]
    back: list[_Port[Node]] = [(node, False)] if leaving else [(other, True) for other in graph[node]]
    steps = [step for step in forward if step not in used]
    return steps + [step for step in back if port in flow.get(step, set())]


def _record(
    flow: dict[_Port[Node], set[_Port[Node]]],
    came_from: Mapping[_Port[Node], _Port[Node]],
    start: _Port[Node],
    goal: _Port[Node],
) -> None:
    port = goal
    while port != start:
        before = came_from[port]
        if before in flow.get(port, set()):
            flow[port].discard(before)
        else:
            flow.setdefault(before, set()).add(port)
        port = before
