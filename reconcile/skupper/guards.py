"""Guards over removals that look at the whole plan, one class each; they do not depend on the engine.

Guards that look at a single object or link belong to its engine. A removal must pass all of them:

**bound**: the data has the origin that is recorded on the clusters. **declaring**: the data declares something.
**trusted**: it may be believed that a site is missing from the data, since the run sees all of the fleet. **in share**:
the data has lost at most a third of the sites of a network, and of the fleet, and never a whole network. **in number**:
no more is removed than ``--max-removals``. **all read**: every cluster has answered. Sites whose removal the data
approves (``approvals``) are left out of what **in share** and **in number** count, and are not held by these two.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconcile.findings import Finding, FleetSubject, NetworkSubject, Reason, Subject
from reconcile.skupper.census import Census
from reconcile.skupper.plan import Change, Counts
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.waits import Wait, WaitKind

_MOST = 5


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
class InNumber:
    """No more is removed than the removal budget, and no network has to wait for one that would remove more."""

    budget: int | None
    """How many may still be removed in this run; None: any number."""
    census: Census

    def findings(self, removals: Sequence[Change]) -> Iterator[tuple[str, Finding]]:
        """(network, why none of its removals is made): those that exceed the budget, the smallest admitted first."""
        if self.budget is None:
            return
        total = 0
        for count, network in sorted(self._counted(removals)):
            total += count
            if total <= self.budget:
                continue
            where = f" of network {network}" if network else ""
            more = f" (with those of other networks, {total})" if total > count else ""
            yield (
                network,
                Finding(
                    rule="removal-budget",
                    message=(
                        f"{count} sites, links and policies{where} would be removed{more}, but the remaining budget is "
                        f"{self.budget}: nothing{' of it' if network else ''} is removed. If this is intended, "
                        "name the sites in approvals of the network, or raise --max-removals"
                    ),
                    subject=_subject(network),
                ),
            )

    def unproven(self, removals: Iterable[Change]) -> Finding | None:
        """Report that too many objects of unproven origin would be deleted; None if they are few."""
        found = [change for change in removals if change.removal and change.counts is Counts.UNPROVEN]
        if self.budget is None or len(found) <= self.budget:
            return None
        places = sorted({"/".join(change.work_key) for change in found})
        return Finding(
            rule="unproven-objects",
            message=(
                f"{len(found)} link Secrets have our labels and belong to no declared link, but nothing shows that we "
                f"created them: none of them is deleted, and other removals are not affected. They are in "
                f"{_some(places)}. Find out who created them, then delete them, or raise --max-removals"
            ),
        )

    def _counted(self, removals: Sequence[Change]) -> Iterator[tuple[int, str]]:
        """(how much would be removed, in all runs to come; its network)."""
        sites = {
            SiteKey(change.cluster, change.namespace): change.network
            for change in removals
            if change.counted and change.namespace and not change.link
        }
        sites |= {**self.census.missing, **self.census.unseen}
        counts = Counter(sites.values())
        counts.update(
            change.network for change in removals if change.counted and (change.link or not change.namespace)
        )
        return ((count, network) for network, count in counts.items())


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


def _subject(network: str) -> Subject:
    return NetworkSubject(network) if network else FleetSubject()


def _some(items: Sequence[object]) -> str:
    more = f" and {len(items) - _MOST} more" if len(items) > _MOST else ""
    return ", ".join(map(str, items[:_MOST])) + more
