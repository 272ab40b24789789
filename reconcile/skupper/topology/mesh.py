"""Strategy ``mesh``: every pair of interior sites that can link, links."""

from collections.abc import Sequence
from itertools import combinations

from reconcile.skupper.sites import Site
from reconcile.skupper.topology.reachability import can_link


def pairs(interior: Sequence[Site]) -> list[tuple[Site, Site]]:
    """All linkable pairs; adding a site adds its links and moves none."""
    ordered = sorted(interior, key=lambda site: site.key)
    return [pair for pair in combinations(ordered, 2) if can_link(*pair)]
