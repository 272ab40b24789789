"""Prunes what is not declared: links, sites, and sites marked ``delete``.

Nothing is removed from a refused network or site, from a cluster that could not be read, or from one that is not in the
data.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.plan import Change, Counts, LinkReport, LinkState, Plan
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import (
    active_tokens,
    exposed,
    faults,
    link_steps,
    provenance,
    removal,
    rotation,
    tokens,
)
from reconcile.skupper.v1.guards import Accepted, Readable
from reconcile.skupper.v1.missing import Missing
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.replacements import Converged, Hold
from reconcile.skupper.v1.rotation import Rotations
from reconcile.skupper.v1.tokens import LinkSecret


def plan(
    desired: DesiredState,
    links: Sequence[LinkReport],
    observed: ObservedState,
    rotations: Rotations,
    joining: Set[Link],
) -> Plan:
    """Plan the removal of everything that is ours and not declared; `links` are all declared links with their state.

    `joining` are links between two networks, or of a site that is cut off, which are removed elsewhere and at once.
    """
    guards = _Guards(
        Readable(observed),
        Accepted(desired, observed.inputs),
        Converged(desired, links, observed),
        Missing(observed),
    )
    parts = [*_links(desired, guards, observed, rotations, joining), *_sites(desired, guards, observed)]
    return Plan(
        changes=(*guards.missing.cleared(), *chain.from_iterable(part.changes for part in parts)),
        sites=tuple(chain.from_iterable(part.sites for part in parts)),
        findings=(
            *chain.from_iterable(part.findings for part in parts),
            *_findings(desired, links, observed),
        ),
    )


class _Guards(NamedTuple):
    readable: Readable
    accepted: Accepted
    converged: Converged
    missing: Missing


def _links(
    desired: DesiredState,
    guards: _Guards,
    observed: ObservedState,
    rotations: Rotations,
    joining: Set[Link],
) -> Iterator[Plan]:
    """Every link Secret whose link is not declared."""
    declared = {(link.dialler, link.issuer) for entry in desired.networks for link in entry.links}
    wanted = desired.wanted.keys()
    for secret in observed.secrets:
        link = secret.link
        if (link.dialler, link.issuer) in declared or link in joining:
            continue
        if guards.readable.hold(secret.at) or guards.accepted.hold_link(link):
            continue
        network = _network(link, guards.accepted, observed)
        absent = bool(guards.missing.of_link(link))
        marking = guards.missing.secret(secret, network) if absent and not secret.parked else None
        if marking is not None:
            yield Plan(changes=tuple(replace(change, link=link) for change in marking))
            continue
        changes, findings = _unlink(secret, network, guards.converged, rotations, observed.inputs.now)
        counts = Counts.ONE if {link.dialler, link.issuer} <= wanted else Counts.WITH_SITE
        if not provenance.written(secret.live):
            counts = Counts.UNPROVEN
        named = [
            replace(change, link=link, counts=counts, by_absence=absent and not rotation.restores(change))
            for change in changes
        ]
        changes = observed.adoption.deferred(named, (link.dialler, link.issuer))
        yield Plan(changes=tuple(changes), findings=tuple(findings))


def _network(link: Link, accepted: Accepted, observed: ObservedState) -> str:
    """The network that a link belongs to: one that names an end of it or, if none does, one that once did."""
    named = accepted.networks_of(link) or set(map(observed.network_of, (link.dialler, link.issuer)))
    return min(filter(None, named), default="")


def _unlink(
    secret: LinkSecret, network: str, converged: Converged, rotations: Rotations, now: datetime
) -> tuple[list[Change], list[Finding]]:
    """Remove one Secret of an undeclared link, as soon as the links that replace it are up without it."""
    reason = "the link is not declared"
    if not secret.delivered:
        return [link_steps.remove(secret, network, reason)], []
    if secret.parked:
        unproven = converged.unproven(secret)
        judged = all(report.managed and report.state is not LinkState.SETTLING for report in unproven)
        return rotation.finish(secret, network, reason, now, proven=not unproven, judged=judged), []
    hidden = converged.hidden(secret)
    hold = converged.hold_token(secret)
    if hold or not hidden:
        waits_for = hold.waits_for if hold else None
        removed = link_steps.remove(secret, network, reason, waits_for=waits_for, removal=True)
        return [removed], list(_reported(hold))
    replacements = {report.credential for report in hidden}
    if replacements <= secret.failed_replacements:
        return [], [rotation.failed(secret, hidden[0])]
    waits_for = rotations.begin(secret.link)
    seen = converged.seen(secret.link)
    return rotation.park(
        secret, network, reason, sorted(replacements), now, seen=seen, waits_for=waits_for, removal=True
    ), []


def _sites(desired: DesiredState, guards: _Guards, observed: ObservedState) -> Iterator[Plan]:
    """Every namespace with managed objects that is not a wanted site."""
    marked = {site.key: site.network for site in desired.sites if not site.wanted}
    vanishing = {site.key for site in desired.sites if site.definition.namespace_deleted}
    for key in sorted(observed.managed_namespaces - desired.wanted.keys()):
        if guards.readable.hold(key) or guards.accepted.hold_site(key):
            continue
        live = observed.site(key)
        network = marked.get(key) or observed.network_of(key)
        absent = guards.missing.is_missing(key)
        waiting = guards.missing.site(live, network) if absent and not live.foreign else None
        if waiting:
            yield waiting
            continue
        reason = "the site is marked delete" if key in marked else "the site is not declared"
        hold = None if key in observed.inputs.cut else guards.converged.hold_site(live)
        if not hold and key not in vanishing:
            hold = exposed.hold_site(live, network)
        waits_for = hold.waits_for if hold else None
        changes = removal.plan(live, observed.secrets, network, reason, waits_for=waits_for)
        report = removal.report(live, network, reason)
        yield Plan(
            changes=tuple(replace(change, by_absence=absent) for change in changes),
            sites=(report,) if report else (),
            findings=_reported(hold) if changes else (),
        )


def _reported(hold: Hold | None) -> tuple[Finding, ...]:
    return (hold.finding,) if hold and hold.finding else ()


def _findings(
    desired: DesiredState, links: Sequence[LinkReport], observed: ObservedState
) -> Iterable[Finding]:
    """Report objects that belong to no site and no link and have no declared link's name."""
    inputs = observed.inputs
    named = {
        (end, report.credential) for report in links for end in (report.link.dialler, report.link.issuer)
    }
    # A stray with which a router dials is reported as an undeclared link.
    dialling = {(token.at, token.name) for token in active_tokens.find(inputs)}
    for stray in tokens.strays(inputs.snapshots, inputs.ownership):
        if (stray.at, stray.name) in dialling and observed.site(stray.at).site_id:
            continue
        if observed.may_write(stray.at) and (stray.at, stray.name) not in named:
            yield faults.of_stray(stray).finding()
    yield from faults.nameless(inputs)
    for key in sorted(observed.managed_namespaces - desired.wanted.keys()):
        unreadable = inputs.snapshot(key.cluster).unreadable.get(key.namespace)
        if unreadable and key.cluster in inputs.desired.clusters:
            yield _unread(key, unreadable)


def _unread(key: SiteKey, reason: str) -> Finding:
    return Finding(
        rule="unreadable-namespace",
        severity=Severity.WARNING,
        message=f"{key} contains managed resources that are not declared; nothing is removed there: {reason}",
        subject=SiteSubject(key.cluster, key.namespace),
    )
