"""Is a link up? What each of its ends reports in its own ``skupper-network-status``.

Both ends count: one alone keeps reporting a remote that is gone. What an end cannot know (it has no status yet, no
router any more, has not reported lately, or never lists such links) is distinguished from what it denies.

Source: ``pkg/flow/flow_mem_driver.go``, ``cmd/config-sync/collector.go``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reconcile.skupper.plan import LinkObservation, Verdict
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.status import NetworkStatus, SeenSite


@dataclass(frozen=True, slots=True)
class Identity:
    """How a site appears in the status of others: by its id or, if that is unknown, by its name."""

    site_id: str
    name: str
    edge: bool


def of_dialler(dialler: LiveSite, issuer: LiveSite, now: datetime) -> LinkObservation:
    """What the dialler reports about its link to the issuer's current site id."""
    return _observation(dialler, issuer, "outgoing", now)


def of_issuer(
    dialler: LiveSite, issuer: LiveSite, now: datetime, *, dialler_is_edge: bool
) -> LinkObservation:
    """What the issuer reports about the dialler; an interior router does not list edge sites that dial it."""
    if dialler_is_edge and not issuer.router_down(now):
        return LinkObservation(Verdict.SILENT, "an issuer does not list edge sites", issuer.status_at)
    return _observation(issuer, dialler, "incoming", now)


def other_uplink(dialler: LiveSite, issuer: LiveSite) -> str:
    """Name of another site that the dialler is connected to now; empty if there is none.

    An edge router has one active uplink; the others do not show.
    """
    status = dialler.status
    own = status.sites.get(dialler.site_id) if status else None
    if status is None or own is None:
        return ""
    others = sorted(own.outgoing - {issuer.site_id})
    return next((status.sites[other].name or other for other in others if other in status.sites), "")


def of_any(observer: LiveSite, dialler: Identity, issuer: Identity, now: datetime) -> Verdict:
    """What any site of the network reports about a link between two sites, one of which it may be itself.

    Only an end can deny a link: others may not have been notified yet.
    """
    status = observer.status
    own = status.sites.get(observer.site_id) if status else None
    if status is None or own is None or observer.router_down(now) or observer.silent:
        return Verdict.UNKNOWN
    diallers, issuers = _ids(status, dialler), _ids(status, issuer)
    if any(status.sites[key].outgoing & issuers for key in diallers):
        return Verdict.UP
    if any(status.sites[key].incoming & diallers for key in issuers):
        return Verdict.UP
    denies = observer.site_id in diallers or (observer.site_id in issuers and not dialler.edge)
    return Verdict.ABSENT if denies else Verdict.UNKNOWN


def neighbours(observer: LiveSite) -> frozenset[str]:
    """Names of the sites that a site reports links with, including edge sites that dial it."""
    status = observer.status
    own = status.sites.get(observer.site_id) if status else None
    if status is None or own is None:
        return frozenset()
    dialling = {key for key, seen in status.sites.items() if observer.site_id in seen.outgoing}
    return _names(status, own.outgoing | own.incoming | dialling)


def _ids(status: NetworkStatus, site: Identity) -> frozenset[str]:
    """The ids under which a status lists a site."""
    if site.site_id:
        return frozenset({site.site_id} & status.sites.keys())
    return frozenset(key for key, seen in status.sites.items() if site.name and seen.name == site.name)


def _names(status: NetworkStatus, ids: Iterable[str]) -> frozenset[str]:
    return frozenset(status.sites[key].name for key in ids if key in status.sites and status.sites[key].name)


def _observation(observer: LiveSite, other: LiveSite, direction: str, now: datetime) -> LinkObservation:
    at = observer.status_at
    down = observer.router_down(now)
    if down:
        return LinkObservation(Verdict.UNKNOWN, down, at)
    status = observer.status
    if status is None:
        return LinkObservation(Verdict.UNKNOWN, "no skupper-network-status yet")
    if status.fault:
        return LinkObservation(Verdict.UNKNOWN, f"skupper-network-status is unusable: {status.fault}", at)
    if observer.silent:
        return LinkObservation(Verdict.UNKNOWN, observer.silent, at)
    own = status.sites.get(observer.site_id)
    if own is None:
        return LinkObservation(Verdict.UNKNOWN, "skupper-network-status does not list its own site", at)
    if other.site_id and other.site_id in _ends(own, direction):
        return LinkObservation(Verdict.UP, f"{direction} link", at, own.began(direction, other.site_id))
    return LinkObservation(Verdict.ABSENT, f"no {direction} link", at)


def _ends(seen: SeenSite, direction: str) -> frozenset[str]:
    return seen.outgoing if direction == "outgoing" else seen.incoming
