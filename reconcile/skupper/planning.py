"""The planner: desired state and observed state in, the plan out.

It skips refused networks, has the engine of each of the others plan it, and checks removals against the guards. A
network that is refused or cannot be read does not affect the others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from reconcile.findings import Finding, Reason, Severity, SiteSubject
from reconcile.skupper import approvals, blocks, orders, rollout
from reconcile.skupper.approvals import Approved
from reconcile.skupper.census import Census
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.engine import Engines, Planner
from reconcile.skupper.guards import AllRead, Bound, Declaring, InNumber, InShare, Known
from reconcile.skupper.plan import (
    Change,
    Counts,
    LinkReport,
    Plan,
    SiteReport,
    SiteState,
    Verb,
)
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.recording import Recording
from reconcile.skupper.removal_budget import BudgetReport, RecordedRemoval
from reconcile.skupper.removal_records import Records
from reconcile.skupper.removal_units import Units
from reconcile.skupper.sites import SiteKey


@dataclass(slots=True)
class _Parts:
    """The plans of the engines so far, removals separate from all other changes."""

    separations: list[Change] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    removals: list[Change] = field(default_factory=list)
    links: list[LinkReport] = field(default_factory=list)
    sites: list[SiteReport] = field(default_factory=list)
    leaving: list[SiteReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def plan(inputs: PlanInput, engines: Engines) -> Plan:
    """Plan everything, or with an order what follows from it; the same input gives the same plan."""
    found = _plan(inputs, engines)
    return orders.narrow(found, inputs.order) if inputs.order else found


def _plan(inputs: PlanInput, engines: Engines) -> Plan:
    planners = {
        engine.name: engine.planner(replace(inputs, desired=inputs.desired.seen_by(engine.name)))
        for engine in engines
    }
    parts = _Parts()
    for name, planner in planners.items():
        _add(parts, name, planner, inputs)
    found = [planner.live_sites() for planner in planners.values()]
    census = Census.take(inputs, found)
    records = Records(inputs, {key: keeper for each in found for key, keeper in each.keepers.items()})
    other = Bound(inputs, census).finding()
    if other:
        return Plan(
            links=tuple(parts.links),
            sites=(*parts.sites, *_kept(parts.leaving, None)),
            findings=(*inputs.findings, *parts.findings, other),
            refused=tuple(filter(_deletes_or_parks, parts.removals)),
        )
    approved = Approved(inputs, census)
    parts.removals = [
        approved.mark(change) if _deletes_or_parks(change) else change for change in parts.removals
    ]
    held = _Held.judge(inputs, census, parts.removals, approved, records)
    leaving = list(_kept(parts.leaving, held))
    separations = [change for change in parts.separations if not held.everything or _cuts(change, inputs)]
    writes, removals = _recorded(inputs, held, records, parts.removals)
    refused = [
        *(change for change in parts.separations if change not in separations),
        *(change for change in parts.removals if held.holds(change) and _deletes_or_parks(change)),
    ]
    return Plan(
        # Separations first: the steps of links wait for them.
        changes=(*separations, *parts.changes, *writes, *map(AllRead(inputs.awaited).apply, removals)),
        links=tuple(parts.links),
        sites=(*parts.sites, *leaving),
        findings=(
            *inputs.findings,
            *parts.findings,
            *held.findings,
            *approvals.aging((entry.network for entry in inputs.desired.networks), inputs.now),
            *approved.unused(report.key for report in parts.leaving),
            *approvals.unused_changes(inputs, parts.sites),
            *_missing(leaving),
            *_nothing_to_cut(inputs, census, parts),
            *(records.findings() if inputs.removal_budget is not None else ()),
        ),
        refused=tuple(refused),
        approvals=tuple(approved.reports([*removals, *parts.changes])),
        budget=_budget(inputs, records, held),
    )


def _recorded(
    inputs: PlanInput, held: "_Held", records: Records, removals: Iterable[Change]
) -> tuple[list[Change], list[Change]]:
    """(the writes of records, the removals that no guard holds); while a cluster has not answered none is written."""
    admitted = [change for change in removals if not held.holds(change)]
    if inputs.removal_budget is None or inputs.awaited:
        return [], admitted
    all_read = not Known(inputs, records).unread()
    return Recording(records, held.units, inputs.desired.wanted, admitted, all_read=all_read).plan()


def _budget(inputs: PlanInput, records: Records, held: "_Held") -> BudgetReport | None:
    most = InNumber(inputs, records).budget
    if most is None:
        return None
    found = [
        RecordedRemoval(
            what=record.what,
            at=record.at,
            until=record.until,
            recorded_by=record.places,
            unproven=not record.proven,
        )
        for record in records.counting.values()
    ]
    found.sort(key=lambda each: (each.at is not None, each.at or inputs.now, each.what))
    return BudgetReport(most=most, removals=tuple(found), unknown=held.unknown)


def _cuts(change: Change, inputs: PlanInput) -> bool:
    """True if a change cuts off a site that the caller has named, or belongs to an order."""
    return change.ordered or bool(
        change.link and not inputs.cut.isdisjoint({change.link.dialler, change.link.issuer})
    )


def _nothing_to_cut(inputs: PlanInput, census: Census, parts: _Parts) -> Iterator[Finding]:
    """Report sites to cut off of which nothing is known: a name may be misspelt."""
    if not inputs.cut:
        return
    known = census.networks.keys() | {report.key for report in parts.leaving}
    known |= {end for each in parts.separations if each.link for end in (each.link.dialler, each.link.issuer)}
    for key in sorted(inputs.cut - known):
        yield Finding(
            rule="nothing-to-cut",
            severity=Severity.WARNING,
            message=f"--cut {key}: no site and no link of ours was found there. Check the name; if it is right, "
            "there is nothing left to cut off",
            subject=SiteSubject(key.cluster, key.namespace),
        )


def _missing(reports: Iterable[SiteReport]) -> Iterator[Finding]:
    """Report the sites that a later run will remove for being absent from the data."""
    for report in reports:
        if report.remove_after:
            yield Finding(
                rule="missing-site",
                severity=Severity.WARNING,
                message=(
                    f"the site {report.key} is {report.reason}, with its links. To keep it, declare it again; to "
                    "remove it at once, declare it with delete: true"
                ),
                subject=SiteSubject(report.key.cluster, report.key.namespace, report.network),
            )


@dataclass(slots=True, kw_only=True)
class _Held:
    """Which removals are not made, and why. Of a network all go or none: some would remove only a part of a site."""

    findings: list[Finding] = field(default_factory=list)
    everything: bool = False
    networks: set[str] = field(default_factory=set)
    absences: set[str] = field(default_factory=set)
    """Networks of which nothing is removed for being absent from the data."""
    unproven: bool = False
    missing: set[SiteKey] = field(default_factory=set)
    approved: Approved
    units: Units = field(default_factory=lambda: Units({}, {}))
    """What is removed, as far as no share holds it."""
    unknown: Reason | None = None
    """Why it is not known what was removed before."""

    @classmethod
    def judge(
        cls, inputs: PlanInput, census: Census, removals: list[Change], approved: Approved, records: Records
    ) -> "_Held":
        census = census.without(approved.sites)
        held = cls(approved=approved, missing=set(census.missing))
        in_share, number = InShare(census), InNumber(inputs, records)
        whole = list(filter(None, (Declaring(inputs, census).finding(), in_share.of_fleet())))
        if whole:
            held.findings, held.everything = whole, True
            return held
        for network in sorted(set(census.missing.values())):
            found = in_share.of_network(network)
            if found:
                held.findings.append(found)
                held.absences.add(network)
        counted = replace(census, missing={k: n for k, n in census.missing.items() if n not in held.absences})
        admitted = [change for change in removals if not held.holds(change)]
        held.units = Units.take(admitted, counted)
        if number.budget is not None:
            held.unknown = Known(inputs, records).hold(held.units.sites.keys())
        over = dict(number.findings(held.units))
        if held.unknown:
            over = {**number.unknown(admitted, held.units, held.unknown), **over}
        held.findings += over.values()
        held.networks |= over.keys()
        unproven = number.unproven(removals)
        if unproven:
            held.findings.append(unproven)
            held.unproven = True
        return held

    def holds(self, change: Change) -> bool:
        """True if this removal, or this mark of something missing, is not made."""
        if self.everything:
            return True
        if self.approved.covers(change):
            return False
        if change.network in self.networks:
            return True
        if change.by_absence and change.network in self.absences:
            return True
        return self.unproven and change.counts is Counts.UNPROVEN

    def keeps(self, report: SiteReport) -> bool:
        """True if this site is not removed."""
        if self.everything or report.key in self.approved.sites:
            return self.everything
        absent = report.key in self.missing and report.network in self.absences
        return absent or report.network in self.networks


def _kept(leaving: Iterable[SiteReport], held: _Held | None) -> Iterator[SiteReport]:
    """The reports of sites that are not declared, with the right state for those that a guard keeps."""
    for report in leaving:
        if held and not held.keeps(report):
            yield report
            continue
        absent = report.state is SiteState.MISSING
        reason = "missing from the data; a guard over removals keeps it" if absent else report.reason
        yield replace(report, state=SiteState.KEPT, reason=reason, remove_after=None)


def _add(parts: _Parts, engine: str, planner: Planner, inputs: PlanInput) -> None:
    """Plan the networks of one engine, what they share, and its prune."""
    refused = inputs.refused_networks
    accepted = [entry for entry in inputs.desired.of(engine) if entry.identifier not in refused]
    networks = [_plan_network(planner, network, inputs) for network in accepted]
    links = list(chain.from_iterable(part.links for part in networks))
    shared, prune = planner.plan_shared(), planner.plan_prune(links)
    parts.separations += planner.plan_separation().changes
    parts.changes += chain.from_iterable(part.changes for part in networks)
    parts.changes += _deletes(shared.changes, wanted=False)
    parts.changes += (change for change in prune.changes if not _takes_away(change))
    parts.removals += [*_deletes(shared.changes, wanted=True), *filter(_takes_away, prune.changes)]
    parts.links += links
    parts.sites += chain.from_iterable(part.sites for part in networks)
    parts.leaving += prune.sites
    parts.findings += chain.from_iterable(blocks.findings(network, inputs) for network in accepted)
    parts.findings += chain.from_iterable(part.findings for part in (*networks, shared, prune))


def _plan_network(planner: Planner, network: ResolvedNetwork, inputs: PlanInput) -> Plan:
    part = planner.plan_network(network)
    if inputs.order:
        # What this run does not do must not take the turn of what it does.
        part = replace(part, changes=orders.narrow_changes(part.changes, inputs.order))
    return rollout.in_turns(part, network, inputs.selection, inputs.now)


def _takes_away(change: Change) -> bool:
    """False for what puts something back into service: it waits for no guard."""
    return _deletes_or_parks(change) or change.by_absence


def _deletes_or_parks(change: Change) -> bool:
    return change.verb is Verb.DELETE or change.removal


def _deletes(changes: Iterable[Change], *, wanted: bool) -> Iterator[Change]:
    return (change for change in changes if (change.verb is Verb.DELETE) is wanted)
