"""Plans one declared link: its state and the next steps.

To bring a link up, the issuer gets a request, its site-controller turns the request into a token, the token is
delivered to the dialler, the issuer's copy is deleted, and the routers connect. Every step is derived from what is on
the two clusters now, so an interrupted run is completed by the next one. An old token is deleted only after the link is
proven to be up without it (``rotation``).

Source: ``client/connector_token_create.go``, ``cmd/service-controller/token_handler.go``.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from reconcile.findings import Finding, Reason
from reconcile.skupper.plan import Change, LinkReport, LinkState, Verdict
from reconcile.skupper.v1 import (
    commands,
    fingerprint,
    legacy,
    link_steps,
    names,
    observations,
    retriggering,
    rotation,
    unlinked,
)
from reconcile.skupper.v1.fingerprint import TokenFingerprint
from reconcile.skupper.v1.link_steps import LinkEnds
from reconcile.skupper.v1.live_site import CLOCKS_APART, LiveSite
from reconcile.skupper.v1.rotation import Rotations
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.waits import Wait, WaitKind

CONNECT_WITHIN = timedelta(minutes=2)
"""How long a delivered token may take to become a working link before the link counts as down."""

_REVISIONS = 32


def plan(
    ends: LinkEnds, rotations: Rotations, now: datetime
) -> tuple[LinkReport, list[Change], list[Finding]]:
    """The state of the link, the changes that advance it, including those of later steps, and findings."""
    lacking = _lacking(ends)
    if lacking:
        report, steps = _lost(ends, now) or _waiting(ends, lacking)
        return report, [*steps, *rotation.unjudged(ends.secrets, ends.network, now)], []
    current = _current(ends, now)
    name = fingerprint.name(ends.link, current)
    report = LinkReport(network=ends.network, link=ends.link, state=LinkState.WAITING, credential=name)
    request = next((secret for secret in ends.at_issuer if secret.name == name), None)
    delivered = next((secret for secret in ends.delivered if secret.name == name), None)
    if delivered:
        report = _judge(ends, delivered, report, now)
        done = "its token is delivered"
        steps = [link_steps.remove(request, ends.network, done)] if request else []
        if delivered.parked:
            steps.append(rotation.restore(delivered, ends.network, "the link needs it again"))
        else:
            steps += _overlooked(ends, delivered, now)
    elif request is None:
        reason = "the link does not exist" if not ends.delivered else _why_stale(ends, ends.delivered[0], now)
        report = replace(report, reason="the token is not requested yet")
        steps = link_steps.path(ends, name, reason)
    elif request.requested:
        report, steps = _requested(ends, request, report, now)
    else:
        report, steps = _issued(ends, request, report)
    old, findings = _old_tokens(ends, name, report, rotations, now)
    return report, [*steps, *_old_copies(ends, name), *old], findings


def _overlooked(ends: LinkEnds, delivered: LinkSecret, now: datetime) -> list[Change]:
    if not (retriggering.is_overlooked(ends.dialler, delivered, now) and retriggering.due(delivered, now)):
        return []
    reason = "it is not loaded; updating it makes the service-controller look again"
    return [link_steps.retrigger(delivered, ends.network, reason, now)]


def _lacking(ends: LinkEnds) -> Reason | None:
    """What the issuer still lacks to issue a usable token; None if nothing."""
    issuer = ends.issuer
    if not issuer.site_id:
        return "the site does not exist yet"
    if issuer.router_config.mode == "edge":
        return (
            "its router runs as edge and accepts no links, which only a new site changes; "
            + commands.recreate_site(issuer.key)
        )
    endpoint = issuer.endpoint(edge=ends.dialler_is_edge)
    if endpoint.missing:
        return f"waiting for {endpoint.missing}"
    if not issuer.ca:
        return _unusable(issuer, names.SITE_CA) or _missing(issuer, names.SITE_CA, "CA")
    if endpoint.host not in issuer.server.hosts:
        if not issuer.server.fingerprint:
            return _unusable(issuer, names.SITE_SERVER) or _missing(
                issuer, names.SITE_SERVER, "server certificate"
            )
        return (
            f"its server certificate is not valid for {endpoint.host}; {commands.recreate_site(issuer.key)}"
        )
    return None


def _unusable(issuer: LiveSite, secret: str) -> Reason | None:
    fault = issuer.certificate_fault(secret)
    return f"its Secret {secret} is unusable: {fault}" if fault else None


def _missing(issuer: LiveSite, secret: str, what: str) -> Reason:
    if issuer.lost(secret):
        return f"its Secret {secret} is gone"
    return f"it has no {what} yet"


def _lost(ends: LinkEnds, now: datetime) -> tuple[LinkReport, list[Change]] | None:
    """The state of a link whose token is delivered and whose issuer has lost its certificates; None for any other.

    Nothing shows whether the token is the one that the link should have; it may work on, and no other can be issued.
    """
    if not ends.delivered or not any(map(ends.issuer.lost, (names.SITE_CA, names.SITE_SERVER))):
        return None
    newest = max(ends.delivered, key=lambda secret: (str(secret.live.created), secret.name))
    report = LinkReport(network=ends.network, link=ends.link, state=LinkState.WAITING, credential=newest.name)
    return _judge(ends, newest, report, now), []


def _waiting(ends: LinkEnds, lacking: str) -> tuple[LinkReport, list[Change]]:
    name = f"{fingerprint.stem(ends.link)}-{fingerprint.UNKNOWN}"
    reason = f"issuer {ends.link.issuer}: {lacking}"
    created = ends.issuer.config_map.created if ends.issuer.config_map else None
    if ends.issuer.router_config.mode == "edge":
        # Nothing is under way: the link comes after a new site.
        created = None
    report = LinkReport(
        network=ends.network, link=ends.link, state=LinkState.WAITING, reason=reason, since=created
    )
    if ends.delivered:
        # A token of an issuer that is gone is useless, but is kept until a new one can be issued.
        return report, []
    return report, link_steps.path(
        ends,
        name,
        "the link does not exist",
        waits_for=Wait(
            WaitKind.ACCEPTS_LINKS, str(ends.link.issuer), f"{ends.link.issuer} is ready to accept links"
        ),
    )


def _current(ends: LinkEnds, now: datetime) -> TokenFingerprint:
    """The fingerprint that the link's token should have: its latest revision, or the next one if that is unusable."""
    endpoint = ends.issuer.endpoint(edge=ends.dialler_is_edge)
    base = TokenFingerprint(
        site_id=ends.issuer.site_id,
        ca=ends.issuer.ca,
        host=endpoint.host,
        port=endpoint.port,
        cost=ends.link.cost,
    )
    by_name = {secret.name: secret for secret in (*ends.at_issuer, *ends.delivered)}
    newest = base
    if by_name.keys() - {fingerprint.name(ends.link, base)}:
        for revision in range(1, _REVISIONS):
            candidate = replace(base, revision=revision)
            if fingerprint.name(ends.link, candidate) in by_name:
                newest = candidate
    found = by_name.get(fingerprint.name(ends.link, newest))
    if found and ((not found.requested and found.fault(ends.issuer.ca, now)) or ends.outdated(found)):
        return replace(newest, revision=(newest.revision + 1) % _REVISIONS)
    return newest


def _requested(
    ends: LinkEnds, request: LinkSecret, report: LinkReport, now: datetime
) -> tuple[LinkReport, list[Change]]:
    report = replace(
        report,
        state=LinkState.REQUESTED,
        reason=retriggering.not_issued(ends.issuer, request, now),
        since=request.live.created,
    )
    steps = link_steps.path(
        ends, request.name, "the link does not exist", waits_for=link_steps.issued(ends.link)
    )[1:]
    if retriggering.due(request, now):
        reason = "the request is still pending; updating it makes the site-controller retry"
        steps.insert(0, link_steps.retrigger(request, ends.network, reason, now))
    return report, steps


def _issued(ends: LinkEnds, issued: LinkSecret, report: LinkReport) -> tuple[LinkReport, list[Change]]:
    report = replace(
        report, state=LinkState.ISSUED, reason="the token is not delivered yet", since=issued.live.created
    )
    host = issued.host(edge=ends.dialler_is_edge)
    if host == ends.issuer.endpoint(edge=ends.dialler_is_edge).host:
        return report, link_steps.path(ends, issued.name, "the token is issued", deliver_now=True)[1:]
    # Issued before the issuer knew its host. Once deleted, the next plan requests it again.
    fault = f"the issued token is unusable: it names the host {host!r}"
    return replace(report, reason=fault), [link_steps.remove(issued, ends.network, fault)]


def _judge(ends: LinkEnds, delivered: LinkSecret, report: LinkReport, now: datetime) -> LinkReport:
    """Up, down or unknown, from the observations of both ends."""
    dialler = observations.of_dialler(ends.dialler, ends.issuer, now)
    issuer = observations.of_issuer(ends.dialler, ends.issuer, now, dialler_is_edge=ends.dialler_is_edge)
    report = replace(report, dialler=dialler, issuer=issuer, since=delivered.live.created)
    verdicts = {dialler.verdict, issuer.verdict} - {Verdict.SILENT}
    connecting = bool(report.since and now - report.since < CONNECT_WITHIN)
    loaded = delivered.name in ends.dialler.router_config.connectors
    since = max((secret.parked_at for secret in ends.parked if secret.parked_at), default=None)
    if ends.parked and verdicts <= {Verdict.UP} and not _proven(ends, report, now):
        reason = "the old token is parked; both ends have yet to report a link of the new one"
        return replace(report, state=LinkState.DELIVERED, reason=reason, since=since)
    if verdicts == {Verdict.UP}:
        # Two links between the same sites show as one record, which may still be that of the old token.
        if connecting and not loaded and len(ends.delivered) > 1:
            reason = f"the router of {ends.link.dialler} has not loaded the new token yet"
            return replace(report, state=LinkState.DELIVERED, reason=reason)
        return replace(report, state=LinkState.UP, reason="")
    active = unlinked.active_uplink(ends, now) if loaded and dialler.verdict is Verdict.ABSENT else ""
    if active:
        return replace(report, state=LinkState.STANDBY, reason=f"the active uplink is {active}")
    if (connecting or since) and not unlinked.broken(ends, now):
        report = replace(report, since=max(filter(None, (report.since, since))))
        return replace(report, state=LinkState.DELIVERED, reason=unlinked.why(ends, report, now))
    return unlinked.judge(ends, report, now)


def _old_copies(ends: LinkEnds, name: str) -> list[Change]:
    """Delete requests and issued copies with other fingerprints: a recreated site would dial itself with them."""
    return [
        link_steps.remove(secret, ends.network, "it belongs to an older token")
        for secret in ends.at_issuer
        if secret.name != name
    ]


def _old_tokens(
    ends: LinkEnds, name: str, report: LinkReport, rotations: Rotations, now: datetime
) -> tuple[list[Change], list[Finding]]:
    """Replace delivered tokens with other fingerprints, once the router has the connector of the current one."""
    steps: list[Change] = []
    findings: list[Finding] = []
    old = [secret for secret in ends.delivered if secret.name != name]
    did_not_connect = frozenset[str]().union(*(secret.failed_replacements for secret in ends.delivered))
    for secret in old:
        reason = _why_stale(ends, secret, now)
        if secret.parked:
            judged = not _disturbed(ends, secret, name, now)
            steps += rotation.finish(
                secret, ends.network, reason, now, proven=report.converged, judged=judged
            )
        elif secret.name in did_not_connect or (report.converged and _replaceable(ends, secret, report)):
            steps.append(link_steps.remove(secret, ends.network, reason))
        elif name in secret.failed_replacements:
            findings.append(rotation.failed(secret, report))
        else:
            steps += _replaced(ends, secret, name, reason, report, rotations, now)
    return steps, findings


def _disturbed(ends: LinkEnds, parked: LinkSecret, name: str, now: datetime) -> bool:
    """True if a link may be missing for another reason than its token of this name, while another one is parked."""
    if name not in ends.dialler.router_config.connectors or unlinked.broken(ends, now):
        return True
    for site in (ends.dialler, ends.issuer):
        restarted, since = site.restarted_at(now), parked.parked_at
        if site.missing_part or (restarted and since and restarted - since > CLOCKS_APART):
            return True
    return False


def _replaced(
    ends: LinkEnds,
    secret: LinkSecret,
    name: str,
    reason: str,
    report: LinkReport,
    rotations: Rotations,
    now: datetime,
) -> list[Change]:
    """Park an old token that may be in use, once the router has the connector of the new one."""
    loaded = name in ends.dialler.router_config.connectors
    if ends.revoking:
        issuer = ends.link.issuer
        restarted = Wait(WaitKind.REVOKED, str(issuer), f"the router of {issuer} has loaded its new CA")
        return [link_steps.remove(secret, ends.network, reason, waits_for=restarted)]
    if report.state is LinkState.UP:
        waits_for = (
            rotations.begin(ends.link)
            if loaded
            else Wait(
                WaitKind.LOADED, str(ends.link.dialler), f"the router of {ends.link.dialler} has loaded it"
            )
        )
        return rotation.park(
            secret,
            ends.network,
            reason,
            (name,),
            now,
            seen=(report.dialler, report.issuer),
            waits_for=waits_for,
        )
    waits_for = Wait(WaitKind.LINKED, str(ends.link), "the new token has made the link")
    return [link_steps.remove(secret, ends.network, reason, waits_for=waits_for)]


def _replaceable(ends: LinkEnds, secret: LinkSecret, report: LinkReport) -> bool:
    """True if an old token cannot be what makes the link.

    Another uplink of the edge site is in use; or the issuer's routers do not trust it, since they started after their
    CA had been replaced.
    """
    if report.state is LinkState.STANDBY:
        return True
    found = secret.live.certificates.get("ca.crt")
    if found is None or found.fingerprint == ends.issuer.ca:
        return False
    recreated = secret.live.annotations.get(names.GENERATED_BY) != ends.issuer.site_id
    return recreated or ends.issuer.routers_know_the_ca


def _proven(ends: LinkEnds, report: LinkReport, now: datetime) -> bool:
    """True if the link that both ends report cannot be that of a parked token."""
    routers = {site.key: site.router_config for site in (ends.dialler, ends.issuer)}
    seen = {ends.link.dialler: report.dialler, ends.link.issuer: report.issuer}
    return all(
        rotation.proven(secret, seen, now, loaded=routers[secret.at].may_have(secret.name))
        for secret in ends.parked
    )


def _why_stale(ends: LinkEnds, secret: LinkSecret, now: datetime) -> str:
    if legacy.token(secret.live):
        return f"stale token: created by {legacy.NAME}"
    if secret.live.annotations.get(names.GENERATED_BY) != ends.issuer.site_id:
        return f"stale token: {ends.link.issuer} was recreated"
    fault = secret.fault(ends.issuer.ca, now)
    if fault:
        return f"stale token: {fault}"
    host = ends.issuer.endpoint(edge=ends.dialler_is_edge).host
    if secret.host(edge=ends.dialler_is_edge) != host:
        return f"stale token: {ends.link.issuer} is now at {host}"
    if ends.rotate_after and ends.outdated(secret):
        return f"its rotation was ordered at {ends.rotate_after:%Y-%m-%d %H:%M} UTC"
    return "stale token: its cost or port changed"
