"""Approvals in the data: which removals the guards over shares and over the number do not hold, and what is recreated.

An approval is an entry of ``approvals`` in the datafile of a network. It names sites of that network and is valid
through the end of its last day, in UTC. It has no effect on any other guard: not while a cluster is unread, not on data
of another origin, not on objects of unproven origin; and an approved site that is missing from the data still waits for
the removal delay. What else needs an approval is done by an engine, which asks for it (``approved``), notes on its
changes which one they use, and reports which sites need it (``SiteReport.approvable``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from reconcile.findings import Finding, NetworkSubject, Severity
from reconcile.skupper.census import Census
from reconcile.skupper.definitions import Approval, ApprovedChange, Network
from reconcile.skupper.plan import ApprovalReport, Change, Counts, SiteReport, SiteState
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey

LONGEST = timedelta(days=90)
"""An approval that is valid for longer than this is a warning: nobody remembers what it was for."""


LONG_APPROVAL = "long-approval"
"""Rule of the finding about such an approval; a run that writes does not repeat it each time."""


def end(approval: Approval) -> datetime | None:
    """When an approval ceases to be valid: midnight UTC after its last day; None if that is no date."""
    try:
        last = date.fromisoformat(approval.until)
        ends = datetime.combine(last, time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return ends if last.isoformat() == approval.until else None


def sites(approval: Approval) -> frozenset[SiteKey]:
    """The sites that it names, without what is not written as ``cluster/namespace``."""
    return frozenset(filter(None, map(SiteKey.parse, approval.sites)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One valid approval and the sites that it has effect on."""

    network: Network
    index: int
    approved: frozenset[SiteKey]

    @property
    def approval(self) -> Approval:
        return self.network.approvals[self.index]

    @property
    def place(self) -> str:
        """Where it is in the data: ``/dependencies/n.yml approvals[0]``."""
        return f"{self.network.path} approvals[{self.index}]"


def valid(network: Network, now: datetime) -> Iterator[tuple[int, Approval]]:
    """The approvals of a network that are valid now, with their index."""
    for index, approval in enumerate(network.approvals):
        ends = end(approval)
        if ends and now < ends:
            yield index, approval


def approved(network: Network, change: ApprovedChange, site: SiteKey, now: datetime) -> Entry | None:
    """The valid approval of a change of one site; None if there is none."""
    found = (
        Entry(network, index, frozenset({site}))
        for index, approval in valid(network, now)
        if approval.change is change and site in sites(approval)
    )
    return next(found, None)


class Approved:
    """The approvals that are valid now, and what they have effect on."""

    def __init__(self, inputs: PlanInput, census: Census) -> None:
        """`census` says which network a site belongs to that the data does not mention."""
        self._inputs = inputs
        self._wanted = inputs.desired.wanted
        marked = {site.key: site.network for site in inputs.desired.sites if not site.wanted}
        networks = {**census.networks, **marked}
        self._entries = [
            Entry(
                network,
                index,
                frozenset(key for key in sites(approval) if self._leaves(key, network, networks)),
            )
            for network in (entry.network for entry in inputs.desired.networks)
            for index, approval in valid(network, inputs.now)
            if approval.change is ApprovedChange.REMOVE
        ]
        self._by_site = {key: entry for entry in reversed(self._entries) for key in entry.approved}

    def _leaves(self, key: SiteKey, network: Network, networks: Mapping[SiteKey, str]) -> bool:
        return key not in self._wanted and networks.get(key) == network.identifier

    @property
    def sites(self) -> frozenset[SiteKey]:
        """The sites that may be removed whatever their number and share; none of them is wanted."""
        return frozenset(self._by_site)

    def covers(self, change: Change) -> bool:
        """True if a removal, or the mark of something missing, is part of the removal of an approved site."""
        return self._entry(change) is not None

    def mark(self, change: Change) -> Change:
        """Note on a removal which approval it uses; an approved site does not count against the budget."""
        entry = self._entry(change)
        if entry is None:
            return change
        counts = Counts.APPROVED if change.counted else change.counts
        reason = change.reason
        if not change.link:
            reason += f"; approved until {entry.approval.until}: {entry.approval.reason}"
        return replace(change, counts=counts, approval=entry.place, reason=reason)

    def reports(self, changes: Iterable[Change]) -> Iterator[ApprovalReport]:
        """Every valid approval, with the sites that these changes use it for."""
        used: dict[str, set[SiteKey]] = {}
        for change in changes:
            if change.approved_site:
                used.setdefault(change.approval, set()).add(change.approved_site)
        for network in (entry.network for entry in self._inputs.desired.networks):
            for index, approval in valid(network, self._inputs.now):
                entry = Entry(network, index, frozenset())
                yield ApprovalReport(
                    network=network.identifier,
                    place=entry.place,
                    approval=approval,
                    used_for=tuple(sorted(used.get(entry.place, ()))),
                )

    def unused(self, leaving: Iterable[SiteKey]) -> Iterator[Finding]:
        """Report the valid approvals that name no site which exists and is not wanted; `leaving` are all of those.

        Where a site cannot be seen, it may be one.
        """
        gone = frozenset(leaving)
        for entry in self._entries:
            named = sites(entry.approval)
            if not named or entry.approved & gone or any(map(self._unseen, named)):
                continue
            wanted = sorted(str(key) for key in named & self._wanted.keys())
            why = f"the data wants {', '.join(wanted)}" if wanted else "none of its sites is left"
            yield _finding(
                entry.network,
                entry.index,
                "unused-approval",
                f"the approval to remove {_named(entry.approval)} has nothing to remove: {why}. Delete it from "
                "approvals" + (", or mark the site delete: true" if wanted else ""),
            )

    def _entry(self, change: Change) -> Entry | None:
        if change.counts is Counts.UNPROVEN:
            return None
        if not change.link:
            return self._by_site.get(SiteKey(change.cluster, change.namespace))
        ends = (change.link.dialler, change.link.issuer)
        return next(filter(None, map(self._by_site.get, ends)), None)

    def _unseen(self, key: SiteKey) -> bool:
        cluster = self._inputs.desired.clusters.get(key.cluster)
        return cluster is None or bool(
            self._inputs.snapshot(key.cluster).problem_in(key.namespace)
            or self._inputs.skip_reason(cluster, key.namespace)
        )


_NEEDLESS = {
    ApprovedChange.RECREATE: "has nothing to recreate: no declared setting needs a new site there",
    ApprovedChange.REVOKE: (
        "has nothing to revoke: no certificate there expires within 60 days, and nobody has ordered it with: "
        "qontract-skupper revoke"
    ),
}


def unused_changes(inputs: PlanInput, reports: Iterable[SiteReport]) -> Iterator[Finding]:
    """Report the valid approvals of changes that none of their sites needs; where a site is not ready, it may."""
    by_site = {report.key: report for report in reports}
    for network in (entry.network for entry in inputs.desired.networks):
        for index, approval in valid(network, inputs.now):
            named = sites(approval)
            if approval.change not in _NEEDLESS or not named:
                continue
            wanted = [by_site.get(key) for key in named & inputs.desired.wanted.keys()]
            if any(report is None or _may_need(report, approval.change) for report in wanted):
                continue
            message = (
                f"the approval to {approval.change} {_named(approval)} {_NEEDLESS[approval.change]}. Delete it from "
                "approvals"
            )
            yield _finding(network, index, "unused-approval", message)


def _may_need(report: SiteReport, change: ApprovedChange) -> bool:
    return change in report.approvable or report.state is not SiteState.READY


def aging(networks: Iterable[Network], now: datetime) -> Iterator[Finding]:
    """Report approvals that have expired, and those that are valid for too long."""
    for network in networks:
        for index, approval in enumerate(network.approvals):
            ends = end(approval)
            if ends is None:
                continue
            what = f"the approval to {approval.change} {_named(approval)}"
            if ends <= now:
                message = (
                    f"{what} expired at the end of {approval.until}: it approves nothing. Delete it from approvals; to "
                    "approve that again, set until to a later day"
                )
                yield _finding(network, index, "expired-approval", message)
            elif ends - now > LONGEST + timedelta(days=1):
                message = (
                    f"{what} is valid until {approval.until}, for more than {LONGEST.days} days. Set until to a day "
                    "soon after it is used"
                )
                yield _finding(network, index, LONG_APPROVAL, message)


def _named(approval: Approval, most: int = 5) -> str:
    more = f" and {len(approval.sites) - most} more" if len(approval.sites) > most else ""
    return ", ".join(approval.sites[:most]) + more


def _finding(network: Network, index: int, rule: str, message: str) -> Finding:
    return Finding(
        rule=rule,
        message=message,
        severity=Severity.WARNING,
        datafile=network.path,
        pointer=("approvals", index),
        subject=NetworkSubject(network.identifier),
    )
