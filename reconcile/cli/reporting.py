"""Reports a run: as log lines, and with a progress bar on a terminal.

Changes are logged at INFO, failures at ERROR, other findings at WARNING, and at the end one line at INFO sums up. A run
that writes omits warnings about the data: the merge request has shown them, and a scheduled run would repeat them.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from reconcile.apply.events import ChangeFailed, ChangeStarted, ClusterFailed, Event, Planned
from reconcile.apply.running import Outcome
from reconcile.cli.progress import Bar
from reconcile.findings import Finding, Severity
from reconcile.kinds import SECRET
from reconcile.report import findings, lines, plan_text
from reconcile.report.printable import printable
from reconcile.report.wording import counted
from reconcile.skupper.approvals import LONG_APPROVAL
from reconcile.skupper.plan import (
    AGING_SITE,
    MISSING_NAMESPACE,
    Change,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
    SiteState,
)
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.waits import WaitKind

_log = logging.getLogger("reconcile.cli.run")


class RunReporter:
    """Listens to the events of a run.

    Log lines name the function that wrote them, so there is one function per kind of line.
    """

    def __init__(self, bar: Bar | None = None) -> None:
        """`bar` shows the progress, None: nothing does."""
        self._bar = bar
        self._logged: set[Finding] = set()
        self._approved: set[tuple[str, SiteKey]] = set()
        # Place of an approval, and a site that it was used for.

    def __call__(self, event: Event) -> None:
        match event:
            case ChangeStarted(change):
                self.change(change)
            case ChangeFailed(_, message):
                self.failed_change(message)
            case ClusterFailed(_, message, declared):
                self.failed_cluster(message, declared=declared)
            case Planned(plan) if self._bar:
                self._bar.show(plan)

    def change(self, change: Change) -> None:
        """Log a change that is about to be applied, or would be."""
        if change.approved_site:
            self._approved.add((change.approval, change.approved_site))
        _log.info(lines.action(change))

    def approvals(self) -> None:
        """Log for how many sites each approval in the data was used."""
        used = Counter(place for place, _ in self._approved)
        for place, count in sorted(used.items()):
            _log.info("approval %s: %s", printable(place), plan_text.uses(count))

    def failed_change(self, message: str) -> None:
        """Log a change that was rejected or got no response."""
        _log.error(message)

    def failed_cluster(self, message: str, *, declared: bool) -> None:
        """Log a cluster that could not be read: an error only if sites are declared there."""
        if declared:
            _log.error(message)
        else:
            _log.warning("%s; no managed resources are expected there", message)

    def findings(self, found: Iterable[Finding], *, warnings: bool) -> None:
        """Log findings, each once; warnings only if `warnings`."""
        for finding in found:
            if finding in self._logged:
                continue
            self._logged.add(finding)
            if finding.severity is Severity.ERROR:
                _log.error(findings.line(finding))
            elif warnings:
                _log.warning(findings.line(finding))

    def review(self, plan: Plan) -> None:
        """Log what the changes of a dry run mean for sites and links, with reasons and totals."""
        if plan.changes or plan.refused:
            for line in (*plan_text.overview(plan), *plan_text.summary(plan)):
                _log.info(line)

    def summarize(self, outcome: Outcome, *, dry_run: bool, wait: float, stopped_by: str = "") -> bool:
        """Log what is not as declared at the end; True if the run has failed."""
        if dry_run and not outcome.stopped:
            self.review(outcome.plan)
        # Findings about the data were logged at the start; the rest is about clusters.
        found = outcome.plan.findings if dry_run else _after_a_run(outcome.plan.findings)
        self.findings(found, warnings=True)
        self.approvals()
        not_up = [] if dry_run else _not_up(outcome.plan, waited=wait > 0)
        for link in not_up:
            _log.error("link %s of network %s is %s: %s", link.link, link.network, link.state, link.reason)
        incomplete = [] if dry_run or not wait else _incomplete(outcome.plan, not_up)
        for site in incomplete:
            _log.error("site %s of network %s is %s: %s", site.key, site.network, site.state, site.reason)
        leaving = [] if dry_run else [site for site in outcome.plan.sites if site.leaving]
        for site in leaving:
            level = logging.ERROR if wait else logging.WARNING
            _log.log(
                level, "site %s is not gone yet: %s%s", site.key, site.reason, _waits_for(site, outcome.plan)
            )
        if not dry_run:
            self._left_for_later(outcome.plan)
        if outcome.stopped:
            _log.warning("stopped by %s; left for the next run: %s", stopped_by, _left(outcome.plan))
        errors = any(finding.severity is Severity.ERROR for finding in found)
        return bool(outcome.failures or errors or not_up or incomplete or (leaving and wait))

    def unfinished(self, left: str) -> None:
        """Log what of an order is not done."""
        _log.error(left)

    def _left_for_later(self, plan: Plan) -> None:
        """Log what a run replaces one after the other, as far as it did not come to it."""
        tokens = [change for change in plan.changes if change.attended and change.kind == SECRET]
        sites = [change for change in plan.changes if change.disruption and change not in tokens]
        how = "and only while a run may wait for the outcome (--wait)"
        if tokens:
            what = counted(len(tokens), "token")
            where = _places(tokens)
            _log.warning(
                "still to be replaced: %s at %s; among neighbouring sites one at a time, %s", what, where, how
            )
        if sites:
            where = _places(sites)
            _log.warning("still to be changed: %s; one site of a network at a time, %s", where, how)

    def conclude(self, outcome: Outcome, *, bundle: str, seconds: float) -> None:
        """Log the last line of a run: what it was made from, what is up, and how long it took."""
        _log.info(lines.run_summary(outcome.plan, bundle=bundle, writes=outcome.writes, seconds=seconds))


def _after_a_run(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Raise the severity of what a plan may leave open and a run may not; omit what is months ahead."""
    return tuple(
        replace(finding, severity=Severity.ERROR) if finding.rule == MISSING_NAMESPACE else finding
        for finding in found
        if finding.rule not in {AGING_SITE, LONG_APPROVAL}
    )


def _not_up(plan: Plan, *, waited: bool) -> list[LinkReport]:
    """Links with which a run must not succeed.

    With ``--wait 0`` links in progress are fine. Links to a cluster that could not be read are omitted: the cluster has
    been reported.
    """
    if not waited:
        return [link for link in plan.links if link.state is LinkState.DOWN]
    unread = [link for link in plan.links if link.state is LinkState.UNKNOWN and link.since is None]
    return [link for link in plan.links if link.managed and not link.converged and link not in unread]


def _left(plan: Plan) -> str:
    """How many changes the plan still has, by cluster and namespace."""
    places = Counter("/".join(filter(None, change.work_key)) for change in plan.changes)
    if not places:
        return "nothing"
    where = ", ".join(f"{count} on {place}" for place, count in sorted(places.items()))
    return f"{counted(places.total(), 'change')} ({where})"


def _places(changes: Iterable[Change]) -> str:
    return ", ".join(sorted({"/".join(change.work_key) for change in changes}))


def _incomplete(plan: Plan, not_up: Iterable[LinkReport]) -> list[SiteReport]:
    """Sites that are incomplete or down, except those with a link that was reported."""
    reported = {end for report in not_up for end in (report.link.dialler, report.link.issuer)}
    return [
        site
        for site in plan.sites
        if (site.coming or site.state is SiteState.DOWN) and site.key not in reported
    ]


def _waits_for(site: SiteReport, plan: Plan) -> str:
    """What the removal of the links of this site waits for."""
    reasons = {
        str(change.waits_for)
        for change in plan.changes
        if change.removal
        and change.waits_for
        and change.waits_for.kind is WaitKind.LINKED
        and change.network in {"", site.network}
    }
    return f"; its links are deleted once {' and '.join(sorted(reasons))}" if reasons else ""
