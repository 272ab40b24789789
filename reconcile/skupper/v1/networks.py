"""One network: its live sites, and every declared link between them.

A site that cannot be read, must not be touched or does not belong to us keeps its place and its links; nothing is
done about either, and the reason is told.
"""

from collections.abc import Iterable

from reconcile.findings import Finding, Severity
from reconcile.skupper.declared import Declared
from reconcile.skupper.plan import (
    MISSING_NAMESPACE,
    Change,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
)
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import faults, link_life, site_life, strangers
from reconcile.skupper.v1.faults import Fault
from reconcile.skupper.v1.link_steps import LinkEnds
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.survey import Survey
from reconcile.skupper.world import World

_Block = tuple[LinkState, str]
"""The state that all links of a site have, and why: it cannot be read, or must not be touched."""


class NetworkPlanner:
    """Plans one network of one world."""

    def __init__(self, declared: Declared, survey: Survey) -> None:
        self._declared = declared
        self._survey = survey
        self._world = survey.world
        self._live: dict[SiteKey, LiveSite] = {}
        self._blocked: dict[SiteKey, _Block] = {}
        self._edges = {site.key for site in declared.sites if site.edge}
        self._changes: list[Change] = []
        self._findings: list[Finding] = []

    def plan(self) -> Plan:
        sites = [self._plan_site(site) for site in self._declared.live]
        links = [self._plan_link(link) for link in self._declared.links]
        return Plan(
            changes=tuple(self._changes),
            links=tuple(links),
            sites=tuple(sites),
            findings=tuple(self._findings),
        )

    def _plan_site(self, site: Site) -> SiteReport:
        block = _blocked(site, self._world)
        if block:
            self._blocked[site.key] = block
            self._findings += _unseen_namespace(site, self._world)
            return site_life.unknown(site, *block)
        live = self._live[site.key] = self._survey.site(site.key)
        planned = site_life.plan_site(self._declared.network, site, live, self._world.now)
        self._findings += planned.findings
        if self._world.take_over and not planned.refused:
            self._changes += self._survey.adoption.plan(live, site.network)
        self._changes += planned.changes
        if planned.report.state == LinkState.LEFT_ALONE:
            self._blocked[site.key] = LinkState.LEFT_ALONE, f"{site.key}: {planned.report.reason}"
            return planned.report
        issues = any(link.issuer == site.key for link in self._declared.links)
        self._note(faults.of_site(live, issues=issues))
        if issues:
            self._findings += faults.expiring(live, self._world.now)
        return planned.report

    def _plan_link(self, link: Link) -> LinkReport:
        network = self._declared.identifier
        for end in (link.dialler, link.issuer):
            if end in self._blocked:
                state, reason = self._blocked[end]
                return LinkReport(network=network, link=link, state=state, reason=reason)
        ends = LinkEnds(
            network=network,
            link=link,
            dialler_is_edge=link.dialler in self._edges,
            dialler=self._live[link.dialler],
            issuer=self._live[link.issuer],
            secrets=self._survey.secrets_of(link),
            ownership=self._world.ownership,
        )
        report, steps = link_life.follow(ends, self._world.now)
        blocked = strangers.in_the_way(ends, report)
        if blocked:
            report, steps, findings = blocked
            self._findings += findings
        self._changes += self._survey.adoption.held(steps, (link.dialler, link.issuer))
        for secret in ends.secrets:
            self._note(faults.of_secret(secret))
        return report

    def _note(self, found: Iterable[Fault]) -> None:
        self._findings += [fault.finding(self._declared.identifier) for fault in found]


def _blocked(site: Site, world: World) -> _Block | None:
    """Why nothing can be said of, or done in, a site's namespace; None if all is well."""
    reason = world.left_alone(site.cluster, site.namespace)
    if reason:
        return LinkState.LEFT_ALONE, reason
    view = world.view(site.cluster.name)
    problem = view.problem_in(site.namespace)
    if problem:
        return LinkState.UNKNOWN, problem
    if site.namespace in view.missing_namespaces:
        return LinkState.LEFT_ALONE, f"namespace {site.key} does not exist (yet)"
    return None


def _unseen_namespace(site: Site, world: World) -> list[Finding]:
    """Say of a namespace, for which nobody else speaks, why its site is left out; clusters have been told about."""
    view = world.view(site.cluster.name)
    if view.problem or world.left_alone(site.cluster, site.namespace):
        return []
    if site.namespace in view.unreadable:
        message = view.unreadable[site.namespace]
        return [_about(site, "unreadable-namespace", Severity.ERROR, message)]
    if site.namespace in view.missing_namespaces:
        message = f"namespace {site.key} does not exist (yet): its site is made when it does"
        return [_about(site, MISSING_NAMESPACE, Severity.WARNING, message)]
    return []


def _about(site: Site, rule: str, severity: Severity, message: str) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        datafile=site.definition.path,
        network=site.network,
        cluster=site.cluster.name,
        namespace=site.namespace,
    )
