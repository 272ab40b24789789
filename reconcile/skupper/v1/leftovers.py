"""What must go: links that are not declared, sites marked ``delete`` or not declared at all.

Nothing is taken from a network or a site that is refused, from a cluster that could not be read, or from one that the
data does not know.
"""

from collections.abc import Iterable, Iterator, Sequence

from reconcile.findings import Finding, Severity
from reconcile.skupper.declared import Layout
from reconcile.skupper.plan import Change, LinkReport, Plan, SiteReport
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import faults, link_steps, removal, tokens
from reconcile.skupper.v1.replacements import Replacements
from reconcile.skupper.v1.survey import Survey
from reconcile.skupper.v1.tokens import LinkSecret


def plan(layout: Layout, links: Sequence[LinkReport], survey: Survey) -> Plan:
    """Plan the removal of all that is ours and not declared; `links` are all declared links with their state."""
    replacements = Replacements(layout, links, survey)
    changes: list[Change] = []
    findings: list[Finding] = []
    for secret, change, held in _undeclared_links(layout, replacements, survey):
        changes += survey.adoption.held([change], (secret.link.dialler, secret.link.issuer))
        findings += [held] if held else []
    sites: list[SiteReport] = []
    for key, reason, network in _doomed(layout, survey):
        live = survey.site(key)
        hold = replacements.hold_site(live)
        removals = removal.plan_site(live, survey.secrets, network, reason, after=hold.after if hold else "")
        findings += [hold.finding] if hold and hold.finding and removals else []
        changes += removals
        report = removal.report(live, network, reason)
        if report:
            sites.append(report)
    findings += _findings(layout, links, survey)
    return Plan(changes=tuple(changes), sites=tuple(sites), findings=tuple(findings))


def _findings(layout: Layout, links: Sequence[LinkReport], survey: Survey) -> Iterable[Finding]:
    """Objects that belong to no site and no link, nor have a declared link's name: nobody else tells of them."""
    world = survey.world
    named = {(end, report.secret) for report in links for end in (report.link.dialler, report.link.issuer)}
    for stray in tokens.strays(world.views, world.ownership):
        if survey.may_write(stray.at) and (stray.at, stray.name) not in named:
            yield faults.of_stray(stray).finding()
    yield from faults.nameless(world)
    for key in sorted(survey.places - layout.live.keys()):
        unreadable = world.view(key.cluster).unreadable.get(key.namespace)
        if unreadable and key.cluster in world.clusters:
            yield _unread(key, unreadable)


def _unread(key: SiteKey, reason: str) -> Finding:
    return Finding(
        rule="unreadable-namespace",
        severity=Severity.WARNING,
        message=f"{key} holds something of ours that is not declared; nothing is removed there, for {reason}",
        cluster=key.cluster,
        namespace=key.namespace,
    )


def _undeclared_links(
    layout: Layout, replacements: Replacements, survey: Survey
) -> Iterator[tuple[LinkSecret, Change, Finding | None]]:
    wanted = {(link.dialler, link.issuer) for entry in layout.networks for link in entry.links}
    network_of = {site.key: entry.identifier for entry in layout.networks for site in entry.sites}
    live = layout.live.keys()
    refused_networks = survey.world.refused_networks
    refused_sites = survey.world.refused_sites.keys()
    for secret in survey.secrets:
        ends = (secret.link.dialler, secret.link.issuer)
        if ends in wanted or not survey.may_write(secret.at):
            continue
        networks = {network_of[end] for end in ends if end in network_of}
        if networks & refused_networks or (refused_sites & set(ends) and live >= set(ends)):
            # What the data would declare if it were right is not known.
            continue
        hold = replacements.hold_token(secret) if secret.delivered else None
        change = link_steps.remove(
            secret,
            min(networks, default=""),
            "the link is not declared",
            after=hold.after if hold else "",
            removal=secret.delivered,
        )
        yield secret, change, hold.finding if hold else None


def _doomed(layout: Layout, survey: Survey) -> list[tuple[SiteKey, str, str]]:
    """(site, reason, network) of everything of ours that no live declared site accounts for."""
    marked = {
        site.key: entry.identifier for entry in layout.networks for site in entry.sites if not site.live
    }
    refused = survey.world.refused_networks
    return [
        (
            key,
            "the site is marked delete" if key in marked else "the site is not declared",
            marked.get(key, ""),
        )
        for key in sorted(survey.places - layout.live.keys())
        if survey.may_write(key) and marked.get(key) not in refused
    ]
