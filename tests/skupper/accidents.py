"""Accidents with data, played on a fleet without clusters; tests and the table of ``docs/removal.md`` use this list.

Each is what a run reads instead of the data by which the fleet was made: the same in every run, or another in each. A
day is a run every five minutes; it is cut short once runs change nothing and nothing is going to be due.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.definitions import (
    Approval,
    ApprovedChange,
    Cluster,
    Definitions,
    Network,
    SiteDefinition,
)
from reconcile.skupper.limits import REMOVAL_DELAY
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import Change, Plan, SiteState, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint
from tests.skupper.fakes import OURS, body
from tests.skupper.played_fleet import SECOND, PlayedFleet
from tests.skupper.resolving import resolve

BUDGET = 10
"""The default of ``--max-removals``."""
EVERY = timedelta(minutes=5)
A_DAY = timedelta(days=1) // EVERY
ORIGIN = "production.example.com:443/graphql"
MADE = {
    "large": tuple(f"l{number}" for number in range(1, 10)),
    "middle": tuple(f"m{number}" for number in range(1, 7)),
    "small": ("s1", "s2", "s3"),
}
"""Network -> its clusters, with one site each."""
EVERYWHERE = tuple(name for names in MADE.values() for name in names)


@dataclass(frozen=True)
class Given:
    """What one run is given."""

    networks: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MADE)
    clusters: tuple[str, ...] = EVERYWHERE
    deleted: frozenset[str] = frozenset()
    """Clusters whose sites are marked delete."""
    approved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Network -> the clusters of the sites whose removal its datafile approves."""
    until: str = "2026-04-30"
    """The last day of these approvals."""
    namespace: str = "net"
    unread: frozenset[str] = frozenset()
    selection: Selection = Selection()
    instance: str = OURS.instance
    origin: str = ORIGIN


@dataclass(frozen=True)
class Accident:
    """One accident; `given` is what the run with this number reads."""

    name: str
    given: Callable[[int], Given]
    period: int = 1
    """After so many runs what they are given repeats."""
    forged: int = 0
    """Secrets with our labels that somebody else created in the namespace of a site."""


def same(**fields: object) -> Callable[[int], Given]:
    """Every run is given the same."""
    found = replace(Given(), **fields)  # type: ignore[arg-type]
    return lambda _: found


def without(*names: str) -> dict[str, tuple[str, ...]]:
    """The data without these sites."""
    return {network: tuple(each for each in sites if each not in names) for network, sites in MADE.items()}


def part(size: Callable[[int], int]) -> dict[str, tuple[str, ...]]:
    """The data with only the first sites of each network."""
    return {network: sites[: size(len(sites))] for network, sites in MADE.items()}


def but(network: str) -> dict[str, tuple[str, ...]]:
    """The data without one network."""
    return {name: sites for name, sites in MADE.items() if name != network}


def one_by_one(number: int) -> str:
    return EVERYWHERE[number % len(EVERYWHERE)]


def on(*clusters: str) -> Selection:
    return Selection(clusters=frozenset(clusters))


HALF = {network: sites[len(sites) // 2 :] for network, sites in MADE.items()}
KNOWN = tuple(name for sites in HALF.values() for name in sites)

ACCIDENTS = (
    Accident("The bundle has no clusters", same(networks={}, clusters=())),
    Accident("The bundle has no networks", same(networks={})),
    Accident("The networks have no namespaces", same(networks=part(lambda _: 0))),
    Accident("The file of one network of three is gone", same(networks=but("small"))),
    Accident("The file of the largest network is gone", same(networks=but("large"))),
    Accident("Half of the namespaces are missing", same(networks=HALF)),
    Accident("Half of the clusters are missing, with their namespaces", same(networks=HALF, clusters=KNOWN)),
    Accident(
        "A third of the namespaces of each network is missing", same(networks=part(lambda n: n - n // 3))
    ),
    Accident(
        "One namespace more than a third is missing in one network",
        same(networks=without("m1", "m2", "m3")),
    ),
    Accident("Every namespace but one of a network is missing", same(networks=without("s1", "s2"))),
    Accident("One namespace is missing", same(networks=without("l1"))),
    Accident(
        "One namespace is missing in every other bundle",
        lambda number: Given(networks=without("l1") if number % 2 else MADE),
        period=2,
    ),
    Accident(
        "Another namespace is missing in each bundle",
        lambda number: Given(networks=without(one_by_one(number))),
        period=len(EVERYWHERE),
    ),
    Accident("The instance of another app-interface is configured", same(instance="another")),
    Accident(
        "Data of staging, with some of the same clusters, from its server",
        same(networks={"staging": ("l1", "m1", "s1")}, origin="staging.example.com:443/graphql"),
    ),
    Accident(
        "Data of staging, with some of the same clusters, from the same server",
        same(networks={"staging": ("l1", "m1", "s1")}),
    ),
    Accident("A network is renamed", same(networks={**but("large"), "big": MADE["large"]})),
    Accident("All namespaces are renamed", same(namespace="other")),
    Accident(
        "Half of the clusters are renamed",
        same(
            networks={
                network: tuple(name if name in KNOWN else f"new-{name}" for name in sites)
                for network, sites in MADE.items()
            },
            clusters=tuple(name if name in KNOWN else f"new-{name}" for name in EVERYWHERE),
        ),
    ),
    Accident(
        "The file of one network is gone, and runs take one cluster at a time",
        lambda number: Given(networks=but("large"), selection=on(one_by_one(number))),
        period=len(EVERYWHERE),
    ),
    Accident(
        "The networks have no namespaces, and one cluster answers at a time",
        lambda number: Given(networks=part(lambda _: 0), unread=frozenset(EVERYWHERE) - {one_by_one(number)}),
        period=len(EVERYWHERE),
    ),
    Accident(
        "A third of the namespaces is missing, and another cluster does not answer each time",
        lambda number: Given(networks=part(lambda n: n - n // 3), unread=frozenset({one_by_one(number)})),
        period=len(EVERYWHERE),
    ),
    Accident(
        "All is declared, and another half of the clusters does not answer each time",
        lambda number: Given(unread=frozenset(EVERYWHERE[number % 2 :: 2])),
        period=2,
    ),
    Accident("Eleven Secrets with our labels are forged", same(), forged=11),
    Accident(
        "Eleven Secrets are forged, and one namespace is marked `delete: true`",
        same(deleted=frozenset({"l1"})),
        forged=11,
    ),
    Accident("A whole network is marked `delete: true`, on purpose", same(deleted=frozenset(MADE["middle"]))),
    Accident(
        "One namespace more is marked `delete: true` in each bundle, until they are twelve",
        lambda number: Given(deleted=frozenset(EVERYWHERE[: min(number + 1, 12)])),
        period=12,
    ),
    Accident(
        "Half of the namespaces of one network are missing, and the data approves the removal of two of the three",
        same(networks=without("m1", "m2", "m3"), approved={"middle": ("m1", "m2")}),
    ),
    Accident(
        "The networks have no namespaces, and the data approves the removal of one site",
        same(networks=part(lambda _: 0), approved={"middle": ("m1",)}),
    ),
    Accident(
        "15 sites are marked `delete: true`, and the data approves the removal of six",
        same(deleted=frozenset({*MADE["large"], *MADE["middle"]}), approved={"middle": MADE["middle"]}),
    ),
)


class Fleet(PlayedFleet):
    """The fleet as it was made, and whatever a run is given."""

    given: Given = Given()

    def inputs(self) -> PlanInput:
        given = self.given
        clusters = {name: Cluster(name, f"https://{name}", private=False) for name in given.clusters}
        networks = tuple(
            Network(
                network,
                "1.9.6",
                settings={"image": "image"},
                sites=tuple(
                    SiteDefinition(clusters[name], given.namespace, delete=name in given.deleted)
                    for name in sites
                    if name in clusters
                ),
                approvals=tuple(self._approvals(given.approved.get(network, ()))),
                path=f"/{network}.yml",
            )
            for network, sites in given.networks.items()
        )
        return PlanInput(
            desired=resolve(Definitions(networks, tuple(clusters.values()))),
            ownership=Ownership(given.instance, given.origin),
            now=self.now,
            snapshots={
                name: self.snapshot(name)
                for name in clusters
                if given.selection.covers_cluster(clusters[name])
            },
            selection=given.selection,
            removal_budget=BUDGET,
            removal_delay=REMOVAL_DELAY,
        )

    def _approvals(self, names: tuple[str, ...]) -> Iterator[Approval]:
        sites = tuple(f"{name}/net" for name in names)
        if sites:
            yield Approval(
                change=ApprovedChange.REMOVE, sites=sites, until=self.given.until, reason="decommissioned"
            )

    def snapshot(self, name: str) -> ClusterSnapshot:
        if name in self.given.unread:
            return ClusterSnapshot(problem="it is down")
        return self.fakes[name].snapshot() if name in self.fakes else ClusterSnapshot()

    def run(self, *_: object, **__: object) -> tuple[Plan, bool]:  # type: ignore[override]
        """One run: plan and apply until nothing is ready; the last plan, and whether anything was written."""
        written = False
        for _round in range(20):
            plan = self.plan()
            # What is made for a renamed site changes nothing for the old one.
            places = {("net", name) for name in self.fakes} | {("", name) for name in self.fakes}
            ready = [change for change in plan.ready if (change.namespace, change.cluster) in places]
            if not ready:
                break
            written = True
            for change in ready:
                self.apply(change)
            self.now += 10 * SECOND
            self._collect()
            for _second in range(3):
                self._issue()
                self._configure()
                self._connect()
                self._report()
        return plan, written

    def apply(self, change: Change) -> None:
        fake, place = self.fakes[change.cluster], (change.kind, change.namespace, change.name)
        if change.kind == SECRET or change.verb in {Verb.DELETE, Verb.PATCH}:
            super().apply(change)
        elif change.namespace == "net":
            made = body(*place)
            metadata = {**made["metadata"], **fake.bodies.get(place, {}).get("metadata", {})}
            applied = dict(change.body or {})
            annotations = {**metadata.get("annotations", {}), **applied["metadata"].get("annotations", {})}
            metadata |= {**applied["metadata"], "annotations": annotations}
            fake.add(change.kind, {**made, **applied, "metadata": metadata})

    def _collect(self) -> None:
        """Whoever has no skupper-site any more is gone, with all that Skupper had created."""
        self.names = tuple(name for name in self.names if name in self.sites())
        for name in self.fakes.keys() - set(self.names):
            del self.fakes[name]
            self.configured.pop(name)
        self.connections = {pair: each for pair, each in self.connections.items() if pair <= set(self.names)}

    def sites(self) -> set[str]:
        """The clusters whose site exists."""
        place = (CONFIG_MAP, "net", "skupper-site")
        return {name for name, fake in self.fakes.items() if place in fake.bodies}

    def links(self) -> set[tuple[str, str]]:
        """The links that have a token of ours in use."""
        return {(name, issuer) for name in self.fakes for issuer in self.tokens(name).values()}

    def forge(self, count: int, *, first: int = 0) -> None:
        """Have somebody create Secrets that look like those of links, under names that fit; `first`: their numbers."""
        for number in range(first, first + count):
            link = Link(SiteKey("l2", "net"), SiteKey("l3", f"gone-{number}"))
            name, ends = f"{fingerprint.stem(link)}-00000000", (str(link.dialler), str(link.issuer))
            self.fakes["l2"].add_link_secret("net", name, *ends, managedFields=[])


@dataclass(frozen=True)
class Toll:
    """What was removed."""

    sites: frozenset[str] = frozenset()
    links: frozenset[tuple[str, str]] = frozenset()
    """Links between sites that remain."""

    def of(self, network: Iterable[str]) -> int:
        return len(self.sites & set(network))


@dataclass(frozen=True)
class Played:
    """How an accident went."""

    one_run: Toll
    a_day: Toll
    rules: frozenset[str]
    """Rules of the errors of the first run."""
    marked: frozenset[str]
    """Clusters whose sites are missing after the first run and going to be removed."""


@cache
def converged() -> Fleet:
    """The fleet as its data declares it; take a copy."""
    fleet = Fleet(EVERYWHERE, dict(MADE))
    fleet.run()
    plan, written = fleet.run()
    assert not written, plan.changes
    assert all(link.converged for link in plan.links), plan.links
    return fleet


def some_hours(accident: Accident) -> int:
    """How many runs show what a day of them does: several times the removal delay, and all that a run may be given."""
    return max(3 * (REMOVAL_DELAY // EVERY), 2 * accident.period) + 2


@cache
def play(accident: Accident, runs: int = A_DAY) -> Played:
    """One run, and a day of runs, or as many as wanted."""
    fleet = deepcopy(converged())
    fleet.forge(accident.forged)
    sites, links = fleet.sites(), fleet.links()

    def toll() -> Toll:
        left = fleet.sites()
        lost = {link for link in links - fleet.links() if set(link) <= left}
        return Toll(frozenset(sites - left), frozenset(lost))

    start, quiet, first = fleet.now, 0, None
    for number in range(runs):
        fleet.now = max(fleet.now, start + number * EVERY)
        fleet.given = accident.given(number)
        plan, written = fleet.run()
        missing = {site.key.cluster for site in plan.sites if site.state is SiteState.MISSING}
        due = {site.key.cluster for site in plan.sites if site.remove_after}
        if first is None:
            first = toll(), frozenset(finding.rule for finding in plan.errors), frozenset(missing & due)
        quiet = 0 if written or due else quiet + 1
        if quiet > accident.period:
            break
    assert first is not None
    return Played(first[0], toll(), *first[1:])
