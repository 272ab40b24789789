"""What must go: links that are not declared, sites marked ``delete`` or not declared at all.

Nothing is taken from a network or a site that is refused, from a cluster that could not be read, or from one that the
data does not know.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconcile.findings import Finding, Severity
from reconcile.skupper.declared import Layout
from reconcile.skupper.plan import Change, LinkReport, Plan, SiteReport
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import faults, link_steps, removal, tokens
from reconcile.skupper.v1.survey import Survey
from reconcile.skupper.v1.tokens import LinkSecret


def plan(layout: Layout, links: Sequence[LinkReport], survey: Survey) -> Plan:
    """Plan the removal of all that is ours and not declared; `links` are all declared links with their state."""
    changes: list[Change] = []
    for secret, change in _undeclared_links(layout, links, survey):
        changes += survey.adoption.held([change], (secret.link.dialler, secret.link.issuer))
    sites: list[SiteReport] = []
    for key, reason, network in _doomed(layout, survey):
        live = survey.site(key)
        changes += removal.plan_site(live, survey.secrets, network, reason)
        report = removal.report(live, network, reason)
        if report:
            sites.append(report)
    return Plan(changes=tuple(changes), sites=tuple(sites), findings=tuple(_findings(layout, links, survey)))


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
    layout: Layout, links: Sequence[LinkReport], survey: Survey
) -> Iterator[tuple[LinkSecret, Change]]:
    wanted = {(link.dialler, link.issuer) for entry in layout.networks for link in entry.links}
    network_of = {site.key: entry.identifier for entry in layout.networks for site in entry.sites}
    live = layout.live.keys()
    refused_networks = survey.world.refused_networks
    refused_sites = survey.world.refused_sites.keys()
    not_up = _not_up(links)
    for secret in survey.secrets:
        ends = (secret.link.dialler, secret.link.issuer)
        if ends in wanted or not survey.may_write(secret.at):
            continue
        networks = {network_of[end] for end in ends if end in network_of}
        if networks & refused_networks or (refused_sites & set(ends) and live >= set(ends)):
            # What the data would declare if it were right is not known.
            continue
        after = _wait_for_others(secret, not_up, survey) if secret.delivered else ""
        yield (
            secret,
            link_steps.remove(
                secret,
                min(networks, default=""),
                "the link is not declared",
                after=after,
                removal=secret.delivered,
            ),
        )


def _not_up(reports: Sequence[LinkReport]) -> dict[SiteKey, list[LinkReport]]:
    """Per site the declared links that are not up yet."""
    found: dict[SiteKey, list[LinkReport]] = {}
    for report in reports:
        if report.managed and not report.settled:
            found.setdefault(report.link.dialler, []).append(report)
            found.setdefault(report.link.issuer, []).append(report)
    return found


def _wait_for_others(secret: LinkSecret, not_up: Mapping[SiteKey, list[LinkReport]], survey: Survey) -> str:
    for end in sorted({secret.link.dialler, secret.link.issuer}):
        for report in not_up.get(end, ()):
            if not _hides(secret, report, survey):
                return f"the declared link {report.link} is up"
    return ""


def _hides(secret: LinkSecret, report: LinkReport, survey: Survey) -> bool:
    """True if a declared link does not show because this one runs the other way between the same sites.

    Two routers show one record for all connections between them, so the declared link shows when this one is gone.
    It is ready as soon as the router that dials has its connector.
    """
    dialler, issuer = report.link.dialler, report.link.issuer
    turned = (dialler, issuer) == (secret.link.issuer, secret.link.dialler)
    return turned and report.secret in survey.site(dialler).router_config.connectors


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
