"""Prunes what is not declared: links, sites, and sites marked ``delete``.

Nothing is removed from a refused network or site, from a cluster that could not be read, or from one that is not in the
data.
"""

from collections.abc import Iterable, Iterator, Sequence

from reconcile.findings import Finding, Severity
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.plan import Change, LinkReport, Plan, SiteReport
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import faults, link_steps, removal, tokens
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.replacements import Replacements
from reconcile.skupper.v1.tokens import LinkSecret


def plan(desired: DesiredState, links: Sequence[LinkReport], observed: ObservedState) -> Plan:
    """Plan the removal of everything that is ours and not declared; `links` are all declared links with their state."""
    replacements = Replacements(desired, links, observed)
    changes: list[Change] = []
    findings: list[Finding] = []
    for secret, change, deferred in _undeclared_links(desired, replacements, observed):
        changes += observed.adoption.deferred([change], (secret.link.dialler, secret.link.issuer))
        findings += [deferred] if deferred else []
    sites: list[SiteReport] = []
    for key, reason, network in _orphans(desired, observed):
        live = observed.site(key)
        hold = replacements.hold_site(live)
        removals = removal.plan(
            live, observed.secrets, network, reason, waits_for=hold.waits_for if hold else ""
        )
        findings += [hold.finding] if hold and hold.finding and removals else []
        changes += removals
        report = removal.report(live, network, reason)
        if report:
            sites.append(report)
    findings += _findings(desired, links, observed)
    return Plan(changes=tuple(changes), sites=tuple(sites), findings=tuple(findings))


def _findings(
    desired: DesiredState, links: Sequence[LinkReport], observed: ObservedState
) -> Iterable[Finding]:
    """Report objects that belong to no site and no link and have no declared link's name."""
    inputs = observed.inputs
    named = {(end, report.secret) for report in links for end in (report.link.dialler, report.link.issuer)}
    for stray in tokens.strays(inputs.snapshots, inputs.ownership):
        if observed.may_write(stray.at) and (stray.at, stray.name) not in named:
            yield faults.of_stray(stray).finding()
    yield from faults.nameless(inputs)
    for key in sorted(observed.managed_namespaces - desired.wanted.keys()):
        unreadable = inputs.snapshot(key.cluster).unreadable.get(key.namespace)
        if unreadable and key.cluster in inputs.clusters:
            yield _unread(key, unreadable)


def _unread(key: SiteKey, reason: str) -> Finding:
    return Finding(
        rule="unreadable-namespace",
        severity=Severity.WARNING,
        message=f"{key} contains managed resources that are not declared; nothing is removed there: {reason}",
        cluster=key.cluster,
        namespace=key.namespace,
    )


def _undeclared_links(
    desired: DesiredState, replacements: Replacements, observed: ObservedState
) -> Iterator[tuple[LinkSecret, Change, Finding | None]]:
    wanted_links = {(link.dialler, link.issuer) for entry in desired.networks for link in entry.links}
    network_of = {site.key: entry.identifier for entry in desired.networks for site in entry.sites}
    wanted_sites = desired.wanted.keys()
    refused_networks = observed.inputs.refused_networks
    refused_sites = observed.inputs.refused_sites.keys()
    for secret in observed.secrets:
        ends = (secret.link.dialler, secret.link.issuer)
        if ends in wanted_links or not observed.may_write(secret.at):
            continue
        networks = {network_of[end] for end in ends if end in network_of}
        if networks & refused_networks or (refused_sites & set(ends) and wanted_sites >= set(ends)):
            # What the data would declare without its errors is unknown.
            continue
        hold = replacements.hold_token(secret) if secret.delivered else None
        change = link_steps.remove(
            secret,
            min(networks, default=""),
            "the link is not declared",
            waits_for=hold.waits_for if hold else "",
            removal=secret.delivered,
        )
        yield secret, change, hold.finding if hold else None


def _orphans(desired: DesiredState, observed: ObservedState) -> list[tuple[SiteKey, str, str]]:
    """(site, reason, network) of each namespace with managed objects that is not a wanted site."""
    marked = {
        site.key: entry.identifier for entry in desired.networks for site in entry.sites if not site.wanted
    }
    refused = observed.inputs.refused_networks
    return [
        (
            key,
            "the site is marked delete" if key in marked else "the site is not declared",
            marked.get(key, ""),
        )
        for key in sorted(observed.managed_namespaces - desired.wanted.keys())
        if observed.may_write(key) and marked.get(key) not in refused
    ]
