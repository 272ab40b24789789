"""Strategy ``redundant``: few links, and still `redundancy` disjoint paths wherever ``mesh`` has them.

The sites stand in a ring, in the order of a hash of their names. Links are offered shortest chord first and taken
only where their two ends do not have enough disjoint paths yet; then each taken link is offered for removal once.

- *Enough paths*: suppose fewer than k sites parted two sites of the result but not of the mesh. Some link of the
  mesh would cross the gap; it was refused, so its ends had k disjoint paths, which cannot all cross that gap.
- *Few links*: no link can be taken away again. Where everyone reaches everyone, two paths cost one link a site,
  which is the least possible.
- *Few moves*: a site that joins such a ring of two paths moves one link, that between its new neighbours.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import groupby

from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import mesh
from reconcile.skupper.topology.core import Core
from reconcile.skupper.topology.disjoint import paths

_Graph = dict[SiteKey, set[SiteKey]]


def pairs(interior: Sequence[Site], redundancy: int) -> list[tuple[Site, Site]]:
    """The pairs to link, out of those that ``mesh`` would link.

    `redundancy` is the number of disjoint paths wanted between every two sites, 1 or more.
    """
    ring = {key: place for place, key in enumerate(sorted((site.key for site in interior), key=_hashed))}
    candidates = sorted(mesh.pairs(interior), key=lambda pair: _chord(ring, pair))
    graph: _Graph = {key: set() for key in ring}
    core = Core(graph, redundancy, _best_linked(ring, candidates, redundancy))
    taken: list[tuple[Site, Site]] = []
    for _, chords in groupby(candidates, key=lambda pair: _chord(ring, pair)[0]):
        added = False
        for pair in chords:
            one, other = pair[0].key, pair[1].key
            if not core.holds(one, other) and paths(graph, one, other, redundancy) < redundancy:
                _link(graph, one, other)
                taken.append(pair)
                added = True
        if added:
            core.grow()
    return _thinned(graph, taken, redundancy)


def _best_linked(
    ring: dict[SiteKey, int], candidates: Sequence[tuple[Site, Site]], count: int
) -> list[SiteKey]:
    degree = Counter(site.key for pair in candidates for site in pair)
    return sorted(ring, key=lambda key: (-degree[key], ring[key]))[:count]


def _thinned(graph: _Graph, taken: Sequence[tuple[Site, Site]], redundancy: int) -> list[tuple[Site, Site]]:
    """Drop each link, longest chord first, whose ends keep enough disjoint paths without it."""
    kept = []
    for pair in reversed(taken):
        one, other = pair[0].key, pair[1].key
        graph[one].discard(other)
        graph[other].discard(one)
        if paths(graph, one, other, redundancy) < redundancy:
            _link(graph, one, other)
            kept.append(pair)
    return kept


def _link(graph: _Graph, one: SiteKey, other: SiteKey) -> None:
    graph[one].add(other)
    graph[other].add(one)


def _chord(ring: dict[SiteKey, int], pair: tuple[Site, Site]) -> tuple[int, int, int]:
    """Order of the candidates: chord length around the ring, then where the chord starts."""
    first, second = sorted((ring[pair[0].key], ring[pair[1].key]))
    around = len(ring) - (second - first)
    return min(second - first, around), first, second


def _hashed(key: SiteKey) -> tuple[str, SiteKey]:
    return sha256(str(key).encode()).hexdigest(), key
