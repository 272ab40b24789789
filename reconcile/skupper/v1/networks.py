"""Plans one network: its wanted sites and every declared link between them.

A site that cannot be read, is skipped or is foreign keeps its place in the topology and its links; neither is changed,
and the reason is reported.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from reconcile.findings import Finding
from reconcile.skupper import approvals, rollout
from reconcile.skupper.blocks import Block, block
from reconcile.skupper.definitions import ApprovedChange
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.plan import (
    RECREATE_SITE,
    Change,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
    SiteState,
)
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import (
    cut_links,
    expiry,
    faults,
    foreign,
    incomplete,
    lost_labels,
    lost_router,
    overlooked,
    plan_link,
    plan_site,
    recreating,
    remaking,
    rotation,
    unlinked,
)
from reconcile.skupper.v1.clocks import Clocks
from reconcile.skupper.v1.faults import Fault
from reconcile.skupper.v1.link_steps import LinkEnds
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.marks import Marks, RevocationOrder
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.revocation import Revocation
from reconcile.skupper.v1.rotation import Rotations
from reconcile.skupper.v1.separation import Separation
from reconcile.skupper.v1.undeclared import Undeclared

_UNDELIVERED = {LinkState.WAITING, LinkState.REQUESTED, LinkState.ISSUED}


class Shared(NamedTuple):
    """What the planners of all networks share in one plan."""

    observed: ObservedState
    undeclared: Undeclared
    rotations: Rotations
    separation: Separation
    marks: Marks


class NetworkPlanner:
    """Plans one network."""

    def __init__(self, resolved: ResolvedNetwork, shared: Shared) -> None:
        self._resolved = resolved
        self._shared = shared
        self._observed = shared.observed
        self._inputs = shared.observed.inputs
        self._clocks = Clocks(shared.observed.inputs)
        self._live: dict[SiteKey, LiveSite] = {}
        self._blocked: dict[SiteKey, Block] = {}
        self._edges = {site.key for site in resolved.sites if site.edge}
        self._declared = {(link.dialler, link.issuer) for link in resolved.links}
        self._issuers = {link.issuer for link in resolved.links}
        self._revocations: dict[SiteKey, Revocation] = {}
        self._changes: list[Change] = []
        self._findings: list[Finding] = []

    def plan(self) -> Plan:
        sites = [self._plan_site(site) for site in self._resolved.wanted]
        self._revocations = {found.site.key: found for found in self._revoked()}
        self._keep_clear(sites)
        links = [self._plan_link(link) for link in self._resolved.links]
        self._revoke(links)
        self._changes += self._renew(self._revocations.values())
        sites = self._judge_by_links(sites, links)
        network = self._resolved.identifier
        return Plan(
            changes=tuple(sorted(self._changes, key=lambda change: not rotation.restores(change))),
            links=tuple(links),
            sites=tuple(sites),
            findings=(
                *self._findings,
                *self._shared.marks.findings(network),
                *self._shared.undeclared.findings(self._resolved, links),
            ),
        )

    def _plan_site(self, site: Site) -> SiteReport:
        found = block(site, self._inputs)
        if found:
            self._blocked[site.key] = found
            return found.site(site)
        live = self._live[site.key] = self._observed.site(site.key)
        planned = plan_site.plan(self._resolved.network, site, live, self._inputs.now)
        self._findings += planned.findings
        if self._inputs.take_over and not planned.refused:
            self._changes += self._observed.adoption.plan(live, site.network)
        self._changes += planned.changes
        if not planned.refused:
            self._changes += self._restored(site)
            self._changes += lost_router.changes(site, live, self._inputs.now)
            self._changes += incomplete.changes(site, live, self._inputs.now)
            self._changes += overlooked.changes(
                self._resolved.network, site, live, planned.report.pending, self._inputs.now
            )
            self._changes += self._disrupting(site, live, planned.report)
        if planned.report.state is SiteState.SKIPPED:
            self._blocked[site.key] = Block(SiteState.SKIPPED, f"{site.key}: {planned.report.reason}")
            return planned.report
        issues = site.key in self._issuers
        self._note(faults.of_site(live, issues=issues))
        if issues:
            self._findings += faults.lost(live)
        if not self._clocks.wrong_at(site.key):
            self._findings += expiry.findings(live, site.network, self._inputs.now)
        return replace(
            planned.report,
            certificates_expire=expiry.first(live),
            approvable=frozenset(self._approvable(site, live, planned.report)),
        )

    def _approvable(self, site: Site, live: LiveSite, report: SiteReport) -> Iterator[ApprovedChange]:
        """What the site needs and gets only with an approval."""
        if any(setting.step == RECREATE_SITE for setting in report.pending):
            yield ApprovedChange.RECREATE
        if self._shared.marks.revocation(site.key) or self._expires_soon(site, live):
            yield ApprovedChange.REVOKE

    def _expires_soon(self, site: Site, live: LiveSite) -> bool:
        """True if certificates that a revocation renews expire soon, or if that is not known."""
        now = self._inputs.now
        if Revocation(site, live, RevocationOrder(now)).refused:
            return False
        expires = expiry.inter_site(live)
        if expires is None or self._clocks.wrong_at(site.key):
            return True
        return expires - now <= expiry.WARN_BEFORE

    def _revoked(self) -> Iterator[Revocation]:
        """The sites whose tokens are to be revoked."""
        for site in self._resolved.wanted:
            ordered = self._shared.marks.revocation(site.key)
            if ordered and site.key not in self._blocked:
                yield Revocation(site, self._live[site.key], ordered, self._approves_revocation(site.key))

    def _approves_revocation(self, site: SiteKey) -> str:
        """Where the data approves the revocation of the tokens of a site; empty if it does not."""
        found = approvals.approved(self._resolved.network, ApprovedChange.REVOKE, site, self._inputs.now)
        return found.place if found else ""

    def _keep_clear(self, sites: Iterable[SiteReport]) -> None:
        """Have no token replaced around a router that restarts, or that must restart soon."""
        urgent = (key for key, found in self._revocations.items() if found.pending and found.latest)
        restarting = (
            site.key
            for site in sites
            if site.changing and rollout.is_recent(site.changing.since, self._inputs.now)
        )
        for key in (*urgent, *restarting):
            self._shared.rotations.keep_clear(key)

    def _renew(self, revocations: Iterable[Revocation]) -> Iterator[Change]:
        """Order new certificates for sites whose CA expires soon, as far as the data approves it."""
        now = self._inputs.now
        under_way = {found.site.key for found in revocations if found.pending}
        for site in () if self._inputs.order else self._resolved.wanted:
            key = site.key
            if key in under_way or key in self._blocked or self._clocks.wrong_at(key):
                continue
            expires = expiry.inter_site(self._live[key])
            order, approval = RevocationOrder(now, renewal=True), self._approves_revocation(key)
            refused = Revocation(site, self._live[key], order).refused
            if expires and approval and not refused and expires - now <= expiry.WARN_BEFORE:
                reason = f"its certificates expire on {expires:%Y-%m-%d}; {approval} allows new ones"
                marks = self._shared.marks.revoke(key, order, reason)
                yield from (replace(mark, approval=approval) for mark in marks)

    def _revokes(self, issuer: SiteKey) -> bool:
        return issuer in self._revocations and self._revocations[issuer].pending

    def _revoke(self, links: Sequence[LinkReport]) -> None:
        order = self._inputs.order
        for revocation in self._revocations.values():
            if order and revocation.site.key not in order.sites:
                # Another run goes on with it.
                continue
            if not revocation.pending:
                self._changes += self._shared.marks.revoked(revocation.site.key)
            else:
                self._changes += self._recorded(revocation)
                awaited = list(revocation.awaited(links, self._loads))
                self._changes += revocation.steps(awaited, self._inputs.now)
            self._findings += revocation.findings(links)

    def _recorded(self, revocation: Revocation) -> Iterator[Change]:
        """The mark of a revocation, which is the first write of it."""
        reason = "the revocation of its tokens is ordered"
        if not revocation.begun:
            yield from self._shared.marks.revoke(revocation.site.key, revocation.order, reason)

    def _loads(self, report: LinkReport) -> bool:
        """True if the router of the dialler has the present token of a link, or if nothing is known of it."""
        dialler = report.link.dialler
        if dialler in self._blocked or dialler not in self._live:
            return True
        return report.credential in self._live[dialler].router_config.connectors

    def _disrupting(self, site: Site, live: LiveSite, report: SiteReport) -> list[Change]:
        """What puts settings into effect that Skupper reads only when it creates a site, or its Deployments."""
        network, now = self._resolved.network, self._inputs.now
        new_site = recreating.changes(network, site, live, report.pending, report.state, now)
        return new_site or remaking.changes(site, live, report.pending, report.state, now)

    def _restored(self, site: Site) -> Iterator[Change]:
        """Labels for the Secrets of declared links that have lost them."""
        for secret in self._observed.unlabelled:
            if secret.at == site.key and (secret.link.dialler, secret.link.issuer) in self._declared:
                yield lost_labels.restore(secret, site.network)

    def _judge_by_links(self, sites: Iterable[SiteReport], links: Iterable[LinkReport]) -> list[SiteReport]:
        """A site that runs, cut off from its network, is down: it accepts no links, or none of them works."""
        managed: dict[SiteKey, list[LinkReport]] = {}
        for report in (link for link in links if link.managed):
            for end in (report.link.dialler, report.link.issuer):
                managed.setdefault(end, []).append(report)
        return [self._judge_by_its_links(site, managed.get(site.key, [])) for site in sites]

    def _judge_by_its_links(self, report: SiteReport, own: Sequence[LinkReport]) -> SiteReport:
        if report.state is not SiteState.READY:
            return report
        cut = self._shared.marks.cuts.get(report.key)
        if cut:
            return replace(report, reason=f"{cut}; to link it again, {cut.ended_by}")
        dialled = {link.link.dialler in self._edges for link in own if link.link.issuer == report.key}
        for edge in sorted(dialled):
            refusal = unlinked.not_listening(self._live[report.key], edge=edge)
            if refusal:
                return replace(report, state=SiteState.DOWN, reason=refusal)
        broken = [link for link in own if link.state in {LinkState.DOWN, LinkState.UNKNOWN}]
        if own and broken == own and any(link.state is LinkState.DOWN for link in own):
            which = f"none of its {len(own)} links is up" if len(own) > 1 else "its only link is not up"
            return replace(report, state=SiteState.DOWN, reason=f"cut off: {which}", cut_off=True)
        return report

    def _plan_link(self, link: Link) -> LinkReport:
        network = self._resolved.identifier
        cut = self._shared.marks.cut(link)
        if cut:
            return cut_links.report(network, link, cut, self._observed)
        blocks = [self._blocked[end] for end in (link.dialler, link.issuer) if end in self._blocked]
        if blocks:
            self._changes += self._unjudged(link)
            # A namespace may appear soon; what else blocks a link lasts longer.
            return min(blocks, key=lambda found: found.waits_for is not None).link(network, link)
        ends = LinkEnds(
            network=network,
            link=link,
            dialler_is_edge=link.dialler in self._edges,
            dialler=self._live[link.dialler],
            issuer=self._live[link.issuer],
            secrets=self._observed.secrets_of(link),
            revoking=self._revokes(link.issuer),
            rotate_after=self._shared.marks.rotate_after(link),
            opposite=self._observed.secrets_of(Link(link.issuer, link.dialler)),
            ownership=self._inputs.ownership,
        )
        report, steps, findings = plan_link.plan(ends, self._shared.rotations, self._inputs.now)
        wrong_clock = self._clocks.fault(ends)
        if wrong_clock:
            self._findings += self._clocks.link_findings(ends)
            steps = rotation.unjudged(ends.secrets, network, self._inputs.now)
            if report.state in _UNDELIVERED:
                report = replace(report, state=LinkState.UNKNOWN, reason=wrong_clock, since=None)
        report, steps = self._apart(report, steps)
        blocked = foreign.name_conflict(ends, report)
        if blocked:
            report, steps, findings = blocked
        self._findings += findings
        deferred = self._observed.adoption.deferred(steps, (link.dialler, link.issuer))
        self._changes += [replace(step, link=link) for step in deferred]
        for secret in ends.secrets:
            self._note(faults.of_secret(secret))
        return self._shared.undeclared.hidden(report)

    def _unjudged(self, link: Link) -> list[Change]:
        """What a link needs of which one end is skipped or cannot be read, at its other end."""
        if link.dialler in self._blocked or link.issuer.cluster in self._inputs.awaited:
            return []
        secrets = self._observed.secrets_of(link)
        found = rotation.unjudged(secrets, self._resolved.identifier, self._inputs.now)
        return [replace(change, link=link) for change in found]

    def _apart(self, report: LinkReport, steps: list[Change]) -> tuple[LinkReport, list[Change]]:
        """Defer the steps of a link that would join another network, until its ends have left that."""
        if report.state not in _UNDELIVERED:
            return report, steps
        wait = self._shared.separation.wait(report.link, report.network)
        if wait is None:
            return report, steps
        deferred = [step if step.waits_for else replace(step, waits_for=wait) for step in steps]
        return replace(report, state=LinkState.WAITING, reason=f"waiting until {wait}"), deferred

    def _note(self, found: Iterable[Fault]) -> None:
        self._findings += [fault.finding(self._resolved.identifier) for fault in found]
