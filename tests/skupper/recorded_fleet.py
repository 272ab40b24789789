"""A fleet of sites without links, and runs that see it as it was when they read it, for the records of removals.

Each cluster has one site, which is a network of its own. A run is a generator that is advanced write by write, so that
runs overlap and are killed. It has a clock of its own, and so has each cluster.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from reconcile.kinds import CONFIG_MAP, SERVICE_ACCOUNT, Kind
from reconcile.skupper.definitions import (
    Approval,
    ApprovedChange,
    Cluster,
    Definitions,
    Network,
    SiteDefinition,
)
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.ownership import FIELD_MANAGER
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.removal_records import PREFIX
from tests.skupper.fakes import NOW, OURS, FakeCluster
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

DAY = timedelta(days=1)
SITE = (CONFIG_MAP, "net", "skupper-site")
ACCOUNT = (SERVICE_ACCOUNT, "net", "skupper-site-controller")


@dataclass(frozen=True)
class Given:
    """What a run is given."""

    deleted: frozenset[str] = frozenset()
    """Clusters whose sites are marked delete."""
    approved: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    rejecting: frozenset[str] = frozenset()
    """Clusters whose sites are not written to."""
    ahead: timedelta = timedelta()
    """By how much the clock of its machine is ahead."""


@dataclass
class RecordedFleet:
    """Clusters, and what was removed from them when."""

    names: tuple[str, ...]
    budget: int
    now: datetime = NOW
    clocks: dict[str, timedelta] = field(default_factory=dict)
    """Cluster -> by how much its clock is ahead."""
    removed: list[tuple[datetime, str]] = field(default_factory=list)
    """(when, cluster) of every removal that no approval allows."""
    revision: int = 0

    def __post_init__(self) -> None:
        self.fakes = {name: FakeCluster(name) for name in self.names}
        self.now -= DAY
        for name in self.names:
            self.create(name)
        self.now += DAY

    def create(self, name: str) -> None:
        """Have a site on a cluster, as runs make it."""
        if SITE in self.fakes[name].bodies:
            return
        empty = ClusterSnapshot()
        inputs = replace(self.inputs(Given(), self.fakes), snapshots=dict.fromkeys(self.names, empty))
        for change in plan_inputs(inputs).ready:
            if change.cluster == name:
                self.write(change)

    def inputs(self, given: Given, seen: dict[str, FakeCluster]) -> PlanInput:
        clusters = {name: Cluster(name, f"https://{name}", private=False) for name in self.names}
        until = (self.now + 2 * DAY).date().isoformat()
        networks = [
            Network(
                name,
                "1.9.6",
                settings={"image": "image"},
                sites=(SiteDefinition(clusters[name], "net", delete=name in given.deleted),),
                approvals=tuple(
                    Approval(
                        change=ApprovedChange.REMOVE,
                        sites=(f"{each}/net",),
                        until=until,
                        reason="decommissioned",
                    )
                    for each in given.approved & {name}
                ),
                path=f"/{name}.yml",
            )
            for name in self.names
        ]
        now = self.now + given.ahead
        return PlanInput(
            desired=resolve(Definitions(tuple(networks), tuple(clusters.values()))),
            ownership=OURS,
            now=now,
            snapshots={
                name: ClusterSnapshot(problem="it is down")
                if name in given.unread
                else replace(
                    fake.snapshot(), heartbeat_at=self.clock(name), clock_ahead=self.clock(name) - now
                )
                for name, fake in seen.items()
            },
            removal_budget=self.budget,
        )

    def clock(self, name: str) -> datetime:
        return self.now + self.clocks.get(name, timedelta())

    def plan(self, **given: Any) -> Plan:
        """What a run that starts now would do first."""
        return plan_inputs(self.inputs(Given(**given), self.fakes))

    def run(self, given: Given) -> Iterator[Change]:
        """One run; it stops before each of its writes."""
        seen = deepcopy(self.fakes)
        done: set[str] = set()
        given_up: set[tuple[str, str]] = set()
        while True:
            plan = plan_inputs(replace(self.inputs(given, seen), given_up=frozenset(given_up)))
            ready = [
                change
                for change in plan.ready
                if repr(change) not in done and change.work_key not in given_up
            ]
            if not ready:
                return
            for change in ready:
                done.add(repr(change))
                yield change
                if change.cluster in given.rejecting:
                    given_up.add(change.work_key)
                    break
                self.write(change)
                # It sees the object that it has written, or tried to write, and no other.
                place = (change.kind, change.namespace, change.name)
                seen[change.cluster].bodies.pop(place, None)
                if place in self.fakes[change.cluster].bodies:
                    seen[change.cluster].bodies[place] = deepcopy(self.fakes[change.cluster].bodies[place])

    def finish(self, **given: Any) -> list[Change]:
        """A run that nothing disturbs, and its writes."""
        return list(self.run(Given(**given)))

    def write(self, change: Change) -> None:
        """What an API server does."""
        bodies = self.fakes[change.cluster].bodies
        place: tuple[Kind, str, str] = (change.kind, change.namespace, change.name)
        found = bodies.get(place)
        self.revision += 1
        if change.verb is Verb.DELETE:
            if found and found["metadata"]["uid"] == change.uid:
                del bodies[place]
                if change.removal and not change.approval:
                    self.removed.append((self.now, change.cluster))
        elif change.verb is Verb.PATCH:
            if found and change.expects in {"", found["metadata"]["resourceVersion"]}:
                found["metadata"]["annotations"] = merged(found, change)
                found["metadata"]["resourceVersion"] = str(self.revision)
        else:
            metadata = {
                "uid": f"uid-{self.revision}",
                "creationTimestamp": self.clock(change.cluster).isoformat(),
                "managedFields": [{"manager": FIELD_MANAGER, "operation": "Apply"}],
                **(found or {}).get("metadata", {}),
                **(change.body or {})["metadata"],
                "resourceVersion": str(self.revision),
            }
            if found:
                metadata["annotations"] = merged(found, change)
            bodies[place] = {**(change.body or {}), "metadata": metadata}

    def records(self, name: str) -> dict[str, str]:
        """What a site has recorded, by annotation."""
        found = self.fakes[name].bodies.get(ACCOUNT, {}).get("metadata", {}).get("annotations", {})
        return {key: value for key, value in found.items() if key.startswith(PREFIX)}

    def annotate(self, name: str, key: str, value: str) -> None:
        """Write a record as somebody else might."""
        metadata = self.fakes[name].bodies[ACCOUNT]["metadata"]
        metadata.setdefault("annotations", {})[PREFIX + key] = value

    def live(self) -> set[str]:
        """The clusters whose site exists."""
        return {name for name, fake in self.fakes.items() if SITE in fake.bodies}

    def most_in_a_day(self) -> int:
        """The most removals in any 24 hours."""
        times = [when for when, _ in self.removed]
        return max((sum(start <= when < start + DAY for when in times) for start in times), default=0)


def merged(found: dict[str, Any], change: Change) -> dict[str, str]:
    patched = (change.body or {})["metadata"].get("annotations", {})
    every = {**found["metadata"].get("annotations", {}), **patched}
    return {key: value for key, value in every.items() if value is not None}
