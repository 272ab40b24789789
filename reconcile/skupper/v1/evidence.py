"""Is a link up? What each of its two ends says in its own ``skupper-network-status``.

Both must be asked: one end alone keeps telling of a peer that is gone. What an end cannot know (it has no status
yet, no router any more, or it never lists such links) is told apart from what it denies.

Source: ``pkg/flow/flow_mem_driver.go``, ``cmd/config-sync/collector.go``.
"""

from datetime import datetime

from reconcile.skupper.plan import Evidence, Sight
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.status import SeenSite


def of_dialler(dialler: LiveSite, issuer: LiveSite, now: datetime) -> Evidence:
    """What the dialler says of its link to the issuer's current site id."""
    return _evidence(dialler, issuer, "outgoing", now)


def of_issuer(dialler: LiveSite, issuer: LiveSite, now: datetime, *, dialler_is_edge: bool) -> Evidence:
    """What the issuer says of the dialler; an interior router does not list edge sites that dial it."""
    if dialler_is_edge:
        return Evidence(Sight.SILENT, "an issuer does not list edge sites", issuer.status_at)
    return _evidence(issuer, dialler, "incoming", now)


def other_uplink(dialler: LiveSite, issuer: LiveSite) -> str:
    """Name of another site that the dialler is connected with at present; empty if there is none.

    An edge router has one active uplink; the others do not show.
    """
    status = dialler.status
    own = status.sites.get(dialler.site_id) if status else None
    if status is None or own is None:
        return ""
    others = sorted(own.outgoing - {issuer.site_id})
    return next((status.sites[other].name or other for other in others if other in status.sites), "")


def _evidence(teller: LiveSite, other: LiveSite, direction: str, now: datetime) -> Evidence:
    at = teller.status_at
    down = teller.router_down(now)
    if down:
        return Evidence(Sight.UNKNOWN, down, at)
    status = teller.status
    if status is None:
        return Evidence(Sight.UNKNOWN, "no skupper-network-status yet")
    if status.fault:
        return Evidence(Sight.UNKNOWN, f"skupper-network-status is of no use: {status.fault}", at)
    own = status.sites.get(teller.site_id)
    if own is None:
        return Evidence(Sight.UNKNOWN, "skupper-network-status does not list its own site", at)
    if other.site_id and other.site_id in _ends(own, direction):
        return Evidence(Sight.UP, f"{direction} link", at)
    return Evidence(Sight.ABSENT, f"no {direction} link", at)


def _ends(seen: SeenSite, direction: str) -> frozenset[str]:
    return seen.outgoing if direction == "outgoing" else seen.incoming
