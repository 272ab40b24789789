"""Is a network one network? And if not, what would join its parts.

Traffic crosses interior sites only: an edge site has one active uplink and forwards nothing, so it belongs to a
part but never joins two.
"""

from collections.abc import Iterable, Sequence

from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology.link import Link


def components(sites: Sequence[Site], links: Iterable[Link]) -> list[tuple[SiteKey, ...]]:
    """The connected parts over interior sites, each with the edge sites that dial into it.

    An edge site without an uplink is a part of its own. One whose uplinks end in several parts is listed with the
    first of them. Largest part first, then by name.
    """
    interior = {site.key for site in sites if site.wanted and not site.edge}
    edges = {site.key for site in sites if site.wanted and site.edge}
    part_of: dict[SiteKey, set[SiteKey]] = {key: {key} for key in interior | edges}
    for link in sorted(links, key=lambda link: (link.dialler in edges, link)):
        into, joined = part_of[link.issuer], part_of[link.dialler]
        if into is joined or (link.dialler in edges and len(joined) > 1):
            continue
        into |= joined
        part_of.update(dict.fromkeys(joined, into))
    unique = {id(part): tuple(sorted(part)) for part in part_of.values()}
    return sorted(unique.values(), key=lambda part: (-len(part), part))
