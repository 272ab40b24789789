"""Guards over removals that look at the whole plan, one class each; they do not depend on the engine.

Guards that look at a single object or link belong to its engine. A removal must pass all of them:

**bound**: the data has the origin that is recorded on the clusters. **declaring**: the data declares something.
**trusted**: it may be believed that a site is missing from the data, since the run sees all of the fleet. **in share**:
the data has lost at most a third of the sites of a network, and of the fleet, and never a whole network. **known**:
what was removed in the last day could be read. **in number**: that and what is removed now are at most
``--max-removals``.
**all read**: every cluster has answered. Sites whose removal the data approves (``approvals``) are left out of what
**in share** and **in number** count, and are not held by these two, nor by **known**.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconcile.findings import Finding, FleetSubject, NetworkSubject, Reason, Subject
from reconcile.skupper import removal_units
from reconcile.skupper.census import Census
from reconcile.skupper.plan import Change, Counts
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.removal_records import MOST, Records
from reconcile.skupper.removal_units import Units
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.waits import Wait, WaitKind

_MOST = 5
_LISTED = 10
"""So many sites are written into an approval that a message proposes."""


def share(size: int) -> int:
    """How many of so many sites may be missing from the data: a third, but at least one."""
    return max(1, size // 3)


@dataclass(frozen=True, slots=True)
class Bound:
    """The data comes from where the data came from by which most of the live sites were made."""

    inputs: PlanInput
    census: Census

    def finding(self) -> Finding | None:
        """Report data of another origin; None if it has the recorded one, or if nothing is recorded."""
        own = self.inputs.ownership.origin
        if not own or self.inputs.confirm_origin:
            return None
        counted = Counter(self.census.origins.values())
        others = counted.total() - counted[own]
        if others <= counted[own]:
            return None
        recorded = max(sorted(counted.keys() - {own}), key=lambda origin: counted[origin])
        return Finding(
            rule="other-origin",
            message=(
                f"{others} of {counted.total()} sites of instance {self.inputs.ownership.instance} were made from the "
                f"data of {recorded}, but this is the data of {own}: nothing is changed. Check server in [graphql] and "
                "instance in [skupper] of the configuration. If the data has moved, run once: qontract-skupper run "
                "--confirm-origin"
            ),
        )


@dataclass(frozen=True, slots=True)
class Declaring:
    """The data declares clusters and, if there are sites, networks."""

    inputs: PlanInput
    census: Census

    def finding(self) -> Finding | None:
        """Report data without clusters, or without networks although there are sites; None if it has both."""
        desired = self.inputs.desired
        lacking = "clusters" if not desired.clusters else ""
        if not desired.networks and self.census.networks:
            lacking = "networks"
        if not lacking:
            return None
        return Finding(
            rule="empty-data",
            message=(
                f"the data has no {lacking}: nothing is removed. Check server in [graphql] of the configuration and "
                "the bundle that it serves; to remove all sites on purpose, declare them with delete: true"
            ),
        )


@dataclass(frozen=True, slots=True)
class Trusted:
    """It may be believed that a site which the data does not mention is meant to be removed."""

    inputs: PlanInput

    def hold(self) -> Reason | None:
        """Why nothing is marked or removed for being absent: the run has a filter, or a cluster was not read."""
        inputs = self.inputs
        if inputs.selection.text:
            return f"a run with {inputs.selection.text} removes no site for being absent from the data"
        unread = [
            cluster.name
            for cluster in inputs.desired.clusters.values()
            if not cluster.disabled
            and cluster.server_url
            and (cluster.name in inputs.awaited or inputs.snapshot(cluster.name).problem)
        ]
        if not unread:
            return None
        more = f" and {len(unread) - _MOST} more" if len(unread) > _MOST else ""
        names = ", ".join(sorted(unread)[:_MOST])
        return f"no site is removed for being absent from the data while a cluster is not read: {names}{more}"


@dataclass(frozen=True, slots=True)
class InShare:
    """The data has lost only a small part of a network, and of the fleet."""

    census: Census

    def of_fleet(self) -> Finding | None:
        """Report that the data has lost more than a third of all sites; None if it has not."""
        missing, size = sorted(self.census.missing), len(self.census.networks)
        if len(missing) <= share(size):
            return None
        return Finding(
            rule="lost-share",
            message=(
                f"{len(missing)} of {size} sites are missing from the data, more than a third: nothing is removed. "
                f"Missing: {_some(missing)}. {_REMEDY}"
            ),
        )

    def of_network(self, network: str) -> Finding | None:
        """Report that the data has lost too much of one network; None if it has not."""
        missing, size = self.census.missing_in(network), self.census.size(network)
        name = f"network {network}" if network else "a network that is not recorded"
        if not missing:
            return None
        if not self.census.wanted.get(network):
            rule, what = "emptied-network", f"all {len(missing)}" if len(missing) > 1 else "the only one"
            message = (
                f"{what} of the sites of {name} that exist would be removed for being absent from the data"
            )
            message += ", which leaves none of it"
        elif len(missing) > share(size):
            rule = "lost-share"
            message = f"{len(missing)} of {size} sites of {name} are missing from the data, more than a third"
        else:
            return None
        return Finding(
            rule=rule,
            message=f"{message}: none of them is removed. Missing: {_some(missing)}. {_REMEDY}",
            subject=_subject(network),
        )


_REMEDY = (
    "Declare them again, those to be removed with delete: true; or name them in approvals of the network; or, for a "
    "site whose network is gone, run: "
    "qontract-skupper run --cut CLUSTER/NAMESPACE"
)


@dataclass(frozen=True, slots=True)
class Known:
    """It is known what was removed in the last day: at most one of the clusters that may have a record is not read."""

    inputs: PlanInput
    records: Records

    def hold(self, leaving: Set[SiteKey]) -> Reason | None:
        """Why nothing that counts is removed; None if what counts is known. `leaving` may be removed by this plan."""
        unread = self.unread()
        if not unread or (len(unread) == 1 and self.records.keepers.keys() - leaving):
            return None
        why = f" ({self.inputs.selection.text})" if self.inputs.selection.text else ""
        return (
            f"two clusters keep the record of what was removed in the last 24 hours, and it may be on those that are "
            f"not read: {_some(unread)}{why}"
        )

    def unread(self) -> list[str]:
        """The clusters of the data with sites that this run does not read, or not all of them."""
        inputs = self.inputs
        found = set()
        for site in inputs.desired.sites:
            cluster = site.cluster
            if cluster.disabled or not cluster.server_url or cluster.name in inputs.awaited:
                continue
            if inputs.snapshot(cluster.name).problem_in(site.namespace):
                found.add(cluster.name)
        return sorted(found)


@dataclass(frozen=True, slots=True)
class InNumber:
    """No more is removed in a day than the removal budget; no network waits for one that would remove more."""

    inputs: PlanInput
    records: Records

    @property
    def budget(self) -> int | None:
        """How many may be removed in a day; None: any number."""
        most = self.inputs.removal_budget
        return None if most is None else min(most, MOST)

    def findings(self, units: Units) -> Iterator[tuple[str, Finding]]:
        """(network, why none of its removals is made): those that exceed the budget, the smallest admitted first."""
        if self.budget is None:
            return
        used = self.records.used()
        most = self.budget - self.inputs.removed
        keys = {network: {unit.key for unit in found} for network, found in units.networks.items()}
        taken = set(used)
        refused = len(used) > most
        for network in sorted(keys, key=lambda name: (len(keys[name] - used), len(keys[name]), name)):
            refused = refused or len(taken | keys[network]) > most
            if not refused:
                taken |= keys[network]
                continue
            yield network, self._over(network, units, keys)

    def unproven(self, removals: Iterable[Change]) -> Finding | None:
        """Report that too many objects of unproven origin would be deleted; None if they are few."""
        found = [change for change in removals if change.removal and change.counts is Counts.UNPROVEN]
        used = self.records.used(unproven=True)
        if not found or self.budget is None:
            return None
        if len(used | {removal_units.unproven(change).key for change in found}) <= self.budget:
            return None
        places = sorted({"/".join(change.work_key) for change in found})
        before = f" in addition to {len(used)} that were deleted in the last 24 hours" if used else ""
        return Finding(
            rule="unproven-objects",
            message=(
                f"{len(found)} link Secrets{before} have our labels and belong to no declared link, but nothing shows "
                f"that we created them: none of them is deleted, and other removals are not affected. They are in "
                f"{_some(places)}. Find out who created them, then delete them, or raise --max-removals"
            ),
        )

    def unknown(self, removals: Iterable[Change], units: Units, reason: Reason) -> dict[str, Finding]:
        """Network -> why none of its `removals` is made: it is not known what was removed before."""
        found = {}
        again = "without a filter" if self.inputs.selection.text else "once they answer"
        for network in sorted({change.network for change in removals if units.of(change)}):
            message = (
                f"nothing{_of(network)} is removed: {reason}. Run again {again}; or to remove sites now, "
                f"{self._approve(network, units) or 'name them in approvals of the network'}"
            )
            found[network] = Finding(rule="unknown-budget", message=message, subject=_subject(network))
        return found

    def _over(self, network: str, units: Units, keys: Mapping[str, Set[str]]) -> Finding:
        used, count = self.records.used(), len(keys[network])
        total = len(set().union(*keys.values()))
        more = f" (with those of other networks, {total})" if total > count else ""
        budget = f"the removal budget is {self.budget} in 24 hours"
        if used:
            free = self._free_for(len(keys[network] - used), used)
            budget += f", {len(used)} of which are used: {_some(self._used_by(used))}"
            if free:
                budget += f"; there is room for them after {free:%Y-%m-%d %H:%M} UTC"
        needed = len(used.union(*keys.values())) + self.inputs.removed
        approve = self._approve(network, units)
        steps = f"{approve}; or " if approve else ""
        return Finding(
            rule="removal-budget",
            message=(
                f"{count} sites, links and policies{_of(network)} would be removed{more}, but {budget}. "
                f"Nothing{' of it' if network else ''} is removed. If this is intended, {steps}"
                f"run: qontract-skupper run --max-removals {needed}"
            ),
            subject=_subject(network),
        )

    def _used_by(self, used: Set[str]) -> list[str]:
        return sorted(self.records.counting[key].what or "an unreadable record" for key in used)

    def _free_for(self, count: int, used: Set[str]) -> datetime | None:
        """When so many more fit, if nothing else is removed until then; None if they never do."""
        most = (self.budget or 0) - count - self.inputs.removed
        until = [self.records.counting[key].until for key in used]
        moments = sorted(moment for moment in until if moment)
        ending = len(used) - most
        return moments[ending - 1] if most >= 0 and 0 < ending <= len(moments) else None

    def _approve(self, network: str, units: Units) -> str:
        """What to write into the datafile of the network, if that can approve it."""
        entry = next((each for each in self.inputs.desired.networks if each.identifier == network), None)
        sites = sorted(str(key) for key, unit in units.sites.items() if unit in units.networks[network])
        if not entry or not sites:
            return ""
        if len(sites) > _LISTED:
            return f"name its {len(sites)} sites in approvals of {entry.network.path}"
        until = (self.inputs.now + timedelta(days=1)).date()
        return (
            f"add to {entry.network.path}: approvals: [{{change: remove, sites: [{', '.join(sites)}], until: "
            f'"{until}", reason: WHY}}]'
        )


@dataclass(frozen=True, slots=True)
class AllRead:
    """Every cluster has answered: only then are all removals counted."""

    awaited: frozenset[str]
    """Clusters that have not answered yet."""

    def apply(self, change: Change) -> Change:
        """Defer a removal until the remaining clusters have answered."""
        if change.waits_for or not self.awaited:
            return change
        clusters = ", ".join(sorted(self.awaited))
        return replace(change, waits_for=Wait(WaitKind.READ, clusters, f"{clusters} has answered"))


def _of(network: str) -> str:
    return f" of network {network}" if network else ""


def _subject(network: str) -> Subject:
    return NetworkSubject(network) if network else FleetSubject()


def _some(items: Sequence[object]) -> str:
    more = f" and {len(items) - _MOST} more" if len(items) > _MOST else ""
    return ", ".join(map(str, items[:_MOST])) + more
