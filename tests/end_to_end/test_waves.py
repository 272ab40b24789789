"""Changes that interrupt sites are made to one site of a network at a time, and a killed run is continued."""

import threading
from dataclasses import dataclass, field
from itertools import groupby

import pytest

from reconcile.apply.events import ChangeStarted, Event, Planned
from reconcile.kinds import CONFIG_MAP
from reconcile.skupper.plan import Change, Plan
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness

pytestmark = pytest.mark.simulation_suffices("what Skupper does is simulated on either back end")


@dataclass
class Watch:
    """What disrupts sites in a run, each with the plan in which it began; it may stop the run right after one."""

    stop_after: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    plan: Plan = field(default_factory=Plan)
    begun: list[tuple[Change, Plan]] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Planned):
            self.plan = event.plan
        if isinstance(event, ChangeStarted) and event.change.disruption:
            self.begun.append((event.change, self.plan))
            if len(self.begun) == self.stop_after:
                self.stop.set()

    @property
    def clusters(self) -> list[str]:
        """The cluster of each disruption, which may take several changes."""
        return [cluster for cluster, _ in groupby(change.cluster for change, _ in self.begun)]

    @property
    def others_worked(self) -> list[bool]:
        """For each disruption: whether all other sites, and all links between them, were up and at rest."""
        return [
            all(
                site.changing is None and not site.unfinished
                for site in plan.sites
                if site.key.cluster != change.cluster
            )
            and all(
                link.converged
                for link in plan.links
                if change.cluster not in {link.link.dialler.cluster, link.link.issuer.cluster}
            )
            for change, plan in self.begun
        ]


@dataclass(frozen=True)
class Waves:
    """What runs do to three linked sites for which more memory is declared, and then another version."""

    preview: RunResult
    killed: Watch
    continued: Watch
    memory: RunResult
    site_ids: tuple[dict[str, str], dict[str, str]]
    unchanged: RunResult
    upgrade: Watch
    upgraded: RunResult
    controller: Watch
    restarted: RunResult


def run(fleet: Harness, watch: Watch) -> RunResult:
    return fleet.run(listener=watch, stop=watch.stop)


@pytest.fixture(scope="module")
def waves(backend: Backend) -> Waves:
    with harness(backend, ["a", "b", "c"]) as fleet:
        assert fleet.run().all_up
        before = site_ids(fleet)
        fleet.change(config={"routerMemory": "1Gi"})
        preview = fleet.run(dry_run=True)
        killed, continued = Watch(stop_after=1), Watch()
        run(fleet, killed)
        memory = run(fleet, continued)
        after, unchanged = site_ids(fleet), fleet.run()
        upgrade, controller = Watch(), Watch()
        fleet.change(version="1.9.7")
        upgraded = run(fleet, upgrade)
        fleet.change(config={"routerMemory": "1Gi", "serviceSyncSiteTtl": "5m"})
        restarted = run(fleet, controller)
        return Waves(
            preview,
            killed,
            continued,
            memory,
            (before, after),
            unchanged,
            upgrade,
            upgraded,
            controller,
            restarted,
        )


def site_ids(fleet: Harness) -> dict[str, str]:
    return {
        name: fleet[name].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["uid"]
        for name in ("a", "b", "c")
    }


def test_memory_reaches_every_site_although_a_run_was_killed(waves: Waves):
    assert [site.pending for site in waves.memory.outcome.plan.sites] == [(), (), ()]
    assert waves.memory.all_up


def test_the_killed_run_has_begun_with_one_site_and_the_next_run_does_the_others(waves: Waves):
    (first,) = waves.killed.clusters
    others = [cluster for cluster in waves.continued.clusters if cluster != first]
    assert sorted([first, *others]) == ["a", "b", "c"]


def test_deployments_are_recreated_while_all_other_sites_work(waves: Waves):
    assert all(waves.killed.others_worked + waves.continued.others_worked)


def test_the_sites_keep_their_ids(waves: Waves):
    assert waves.site_ids[0] == waves.site_ids[1]


def test_then_nothing_is_to_do(waves: Waves):
    assert (waves.unchanged.writes, waves.unchanged.all_up) == (0, True)


def test_a_new_version_reaches_one_site_after_the_other(waves: Waves):
    assert sorted(waves.upgrade.clusters) == ["a", "b", "c"]
    assert all(waves.upgrade.others_worked)
    assert [site.version for site in waves.upgraded.outcome.plan.sites] == ["1.9.7"] * 3
    assert waves.upgraded.all_up


def test_service_controllers_restart_one_after_the_other(waves: Waves):
    assert sorted(waves.controller.clusters) == ["a", "b", "c"]
    assert all(waves.controller.others_worked)
    assert [site.changing for site in waves.restarted.outcome.plan.sites] == [None] * 3
