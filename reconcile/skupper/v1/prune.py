"""Prunes what is not declared: links, sites, and sites marked ``delete``.

Nothing is removed from a refused network or site, from a cluster that could not be read, or from one that is not in the
data.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import exposed, faults, link_steps, removal, tokens
from reconcile.skupper.v1.guards import Accepted, Readable
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.replacements import Converged, Hold


def plan(desired: DesiredState, links: Sequence[LinkReport], observed: ObservedState) -> Plan:
    """Plan the removal of everything that is ours and not declared; `links` are all declared links with their state."""
    guards = _Guards(
        Readable(observed), Accepted(desired, observed.inputs), Converged(desired, links, observed)
    )
    parts = [*_links(desired, guards, observed), *_sites(desired, guards, observed)]
    return Plan(
        changes=tuple(chain.from_iterable(part.changes for part in parts)),
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


def _links(desired: DesiredState, guards: _Guards, observed: ObservedState) -> Iterator[Plan]:
    """Every link Secret whose link is not declared."""
    declared = {(link.dialler, link.issuer) for entry in desired.networks for link in entry.links}
    for secret in observed.secrets:
        link = secret.link
        if (link.dialler, link.issuer) in declared:
            continue
        if guards.readable.hold(secret.at) or guards.accepted.hold_link(link):
            continue
        hold = guards.converged.hold_token(secret) if secret.delivered else None
        change = link_steps.remove(
            secret,
            min(guards.accepted.networks_of(link), default=""),
            "the link is not declared",
            waits_for=hold.waits_for if hold else None,
            removal=secret.delivered,
        )
        changes = observed.adoption.deferred([replace(change, link=link)], (link.dialler, link.issuer))
        yield Plan(changes=tuple(changes), findings=_reported(hold))


def _sites(desired: DesiredState, guards: _Guards, observed: ObservedState) -> Iterator[Plan]:
    """Every namespace with managed objects that is not a wanted site."""
    marked = {site.key: site.network for site in desired.sites if not site.wanted}
    vanishing = {site.key for site in desired.sites if site.definition.namespace_deleted}
    for key in sorted(observed.managed_namespaces - desired.wanted.keys()):
        if guards.readable.hold(key) or guards.accepted.hold_site(key):
            continue
        live, network = observed.site(key), marked.get(key, "")
        reason = "the site is marked delete" if key in marked else "the site is not declared"
        hold = guards.converged.hold_site(live)
        if not hold and key not in vanishing:
            hold = exposed.hold_site(live, network)
        waits_for = hold.waits_for if hold else None
        changes = removal.plan(live, observed.secrets, network, reason, waits_for=waits_for)
        report = removal.report(live, network, reason)
        yield Plan(
            changes=tuple(changes),
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
    for stray in tokens.strays(inputs.snapshots, inputs.ownership):
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
