"""Where edge sites dial.

An edge router has one active uplink and keeps the others on standby, so each edge site gets `redundancy` uplinks,
on different clusters, and all issuers carry an even share, or one more where that cannot work out.

Who gets whom is a matching: every edge site ranks the issuers by a hash of both names and asks them in that order; an
issuer that is full keeps those edge sites that rank it best. The outcome depends on neither order nor history, so a
site that joins or leaves moves few uplinks of others: an edge site at most one for each interior site, an interior
site at most its own even share and one for each other interior site (checked for every fleet of up to 18 edge and 8
interior sites).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256

from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology.link import Link, LinkRole
from reconcile.skupper.topology.reachability import can_dial


def links(edges: Sequence[Site], interior: Sequence[Site], redundancy: int) -> list[Link]:
    """The uplinks of all edge sites; an edge site that reaches nobody has none."""
    wishes = {
        edge.key: _ranked(edge, [site for site in interior if can_dial(edge, site)])
        for edge in sorted(edges, key=lambda site: site.key)
    }
    wanted = {
        edge: min(redundancy, len({issuer.cluster for issuer in issuers})) for edge, issuers in wishes.items()
    }
    issuers = {issuer for ranked in wishes.values() for issuer in ranked}
    share = -(-sum(wanted.values()) // max(len(issuers), 1))
    chosen = _match(wishes, wanted, share)
    _fill(chosen, wishes, wanted)
    return [
        Link(edge, issuer, role=LinkRole.UPLINK)
        for edge, uplinks in chosen.items()
        for issuer in sorted(uplinks)
    ]


def _fill(
    chosen: dict[SiteKey, set[SiteKey]],
    wishes: Mapping[SiteKey, Sequence[SiteKey]],
    wanted: Mapping[SiteKey, int],
) -> None:
    """Give edge sites that were turned away everywhere the least busy issuers, beyond the even share."""
    load = Counter(issuer for uplinks in chosen.values() for issuer in uplinks)
    for edge in sorted(wishes):
        while len(chosen[edge]) < wanted[edge]:
            taken = {uplink.cluster for uplink in chosen[edge]}
            open_to = [issuer for issuer in wishes[edge] if issuer.cluster not in taken]
            issuer = min(open_to, key=lambda issuer: (load[issuer], _rank(edge, issuer)))
            chosen[edge].add(issuer)
            load[issuer] += 1


def _match(
    wishes: Mapping[SiteKey, Sequence[SiteKey]], wanted: Mapping[SiteKey, int], share: int
) -> dict[SiteKey, set[SiteKey]]:
    """Deferred acceptance: edge sites ask down their list, a full issuer turns the worst-ranked one away."""
    chosen: dict[SiteKey, set[SiteKey]] = {edge: set() for edge in wishes}
    carried: dict[SiteKey, set[SiteKey]] = {}
    turned_away: set[tuple[SiteKey, SiteKey]] = set()
    asking = list(wishes)
    while asking:
        edge = asking.pop()
        for issuer in wishes[edge]:
            if len(chosen[edge]) == wanted[edge]:
                break
            taken_clusters = {uplink.cluster for uplink in chosen[edge]}
            if (edge, issuer) in turned_away or issuer.cluster in taken_clusters:
                continue
            guests = carried.setdefault(issuer, set())
            guests.add(edge)
            chosen[edge].add(issuer)
            if len(guests) > share:
                worst = max(guests, key=lambda guest: _rank(guest, issuer))
                guests.discard(worst)
                chosen[worst].discard(issuer)
                turned_away.add((worst, issuer))
                asking.append(worst)
    return chosen


def _ranked(edge: Site, issuers: Sequence[Site]) -> list[SiteKey]:
    return sorted((issuer.key for issuer in issuers), key=lambda issuer: _rank(edge.key, issuer))


def _rank(edge: SiteKey, issuer: SiteKey) -> tuple[str, SiteKey]:
    return sha256(f"{edge} {issuer}".encode()).hexdigest(), edge
