"""What a link is that both of its ends do not list: on standby, settling after a restart, down or unknown.

A cause that lies with one end is named instead of what follows from it at the other.
"""

from dataclasses import replace
from datetime import datetime

from reconcile.findings import Reason
from reconcile.skupper.plan import LinkReport, LinkState, Verdict
from reconcile.skupper.v1 import names, observations, retriggering
from reconcile.skupper.v1.link_steps import LinkEnds
from reconcile.skupper.v1.live_site import LiveSite

EDGE_LISTENER, INTERIOR_LISTENER = "edge-listener", "interior-listener"


def active_uplink(ends: LinkEnds, now: datetime) -> str:
    """Name of the site that an edge site is connected to instead, with the issuer on standby; empty if it is not.

    Only an issuer that the edge site could switch to is on standby.
    """
    listening = EDGE_LISTENER in ends.issuer.router_config.listeners
    if not ends.dialler_is_edge or not listening or refusal(ends, now):
        return ""
    return observations.other_uplink(ends.dialler, ends.issuer)


def judge(ends: LinkEnds, report: LinkReport, now: datetime) -> LinkReport:
    """The state of a link that is neither up nor just being made."""
    reason = why(ends, report, now)
    verdicts = {report.dialler.verdict, report.issuer.verdict}
    if broken(ends, now):
        return replace(report, state=LinkState.DOWN, reason=reason)
    restarts = {site.key: site.restarted_at(now) for site in (ends.dialler, ends.issuer)}
    recent = [(moment, key) for key, moment in restarts.items() if moment]
    if recent:
        moment, key = max(recent)
        reason = f"the router of {key} has restarted; {reason}"
        return replace(report, state=LinkState.SETTLING, reason=reason, since=moment)
    state = LinkState.DOWN if Verdict.ABSENT in verdicts else LinkState.UNKNOWN
    return replace(report, state=state, reason=reason)


def broken(ends: LinkEnds, now: datetime) -> bool:
    """True if the link cannot be up, whatever its ends report."""
    return bool(ends.dialler.router_down(now) or refusal(ends, now) or forbidden(ends))


def refusal(ends: LinkEnds, now: datetime) -> Reason | None:
    """Why no router can dial the issuer; None if it runs and listens."""
    return ends.issuer.router_down(now) or not_listening(ends.issuer, edge=ends.dialler_is_edge)


def forbidden(ends: LinkEnds) -> Reason | None:
    """Why the service-controller of the dialler keeps it from dialling; None if it does not.

    It labels a token whose host no policy allows, and dials again as soon as one does.
    """
    active = [secret for secret in ends.delivered if not secret.parked]
    if not active or any(names.DISABLED not in secret.live.labels for secret in active):
        return None
    host = active[0].host(edge=ends.dialler_is_edge)
    return (
        "no cluster policy that its service-controller can read lets namespace "
        f"{ends.dialler.key.namespace} dial {host or 'its issuer'}"
    )


def _overlooked(ends: LinkEnds, report: LinkReport, now: datetime) -> Reason | None:
    """Why the router of the dialler does not dial with the token that the link should have; None if it does."""
    found = (secret for secret in ends.delivered if secret.name == report.credential)
    return next((retriggering.not_loaded(ends.dialler, secret, now) for secret in found), None)


def not_listening(issuer: LiveSite, *, edge: bool) -> Reason | None:
    """Why the router of a site accepts no links; None if it does, or if its configuration could not be read."""
    config = issuer.router_config
    listener = EDGE_LISTENER if edge else INTERIOR_LISTENER
    if config.fault or not config.listeners or listener in config.listeners:
        return None
    status = issuer.status
    own = status.sites.get(issuer.site_id) if status else None
    if own and own.policy:
        where = issuer.key.namespace
        return f"no cluster policy that its service-controller can read lets namespace {where} accept links"
    return f"its router has no {listener}"


def why(ends: LinkEnds, report: LinkReport, now: datetime) -> str:
    """Causes if there are any, else what the ends report."""
    causes = {
        ends.link.dialler: ends.dialler.router_down(now) or forbidden(ends) or _overlooked(ends, report, now),
        ends.link.issuer: refusal(ends, now),
    }
    found = [f"{key}: {cause}" for key, cause in causes.items() if cause]
    if found:
        return "; ".join(found)
    seen = ((ends.link.dialler, report.dialler), (ends.link.issuer, report.issuer))
    denied = [f"{key} reports: {each.detail}" for key, each in seen if each.verdict is Verdict.ABSENT]
    unknown = [f"{key}: {each.detail}" for key, each in seen if each.verdict is Verdict.UNKNOWN]
    return "; ".join([*denied, *unknown])
