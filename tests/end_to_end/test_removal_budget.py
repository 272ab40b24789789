"""The removal budget over runs that read real answers: two at once, and those that come later."""

from dataclasses import dataclass

import pytest

from reconcile.apply.events import Event, Planned
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE_ACCOUNT
from reconcile.skupper.removal_records import PREFIX
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, three_clusters


def sites(fleet: Harness) -> set[str]:
    return {name for name in "abp" if fleet[name].find(CONFIG_MAP, "skupper-site", "net")}


def records(fleet: Harness, cluster: str) -> list[str]:
    account = fleet[cluster].find(SERVICE_ACCOUNT, "skupper-site-controller", "net")
    annotations = account["metadata"].get("annotations", {})
    return [value.split(" ", 1)[1] for key, value in annotations.items() if key.startswith(PREFIX)]


def router(fleet: Harness, cluster: str) -> object:
    """What makes a router restart."""
    return fleet[cluster].find(DEPLOYMENT, "skupper-router", "net")["spec"]["template"]


@dataclass(frozen=True)
class Played:
    """Two runs at once that may remove one site, each another one, and the runs after them."""

    one: RunResult
    """Between its plan and its first write the other one read and wrote everything."""
    left: set[str]
    records: dict[str, list[str]]
    routers_restarted: bool
    again: RunResult
    more: RunResult


@pytest.fixture(scope="module")
def played(backend: Backend) -> Played:
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        routers = [router(fleet, name) for name in "ap"]
        others: list[RunResult] = []

        def meanwhile(event: Event) -> None:
            planned = isinstance(event, Planned) and any(PREFIX in str(c.body) for c in event.plan.changes)
            if planned and not others:
                fleet.change_site("p", delete=False)
                fleet.change_site("b", delete=True)
                others.append(fleet.run(budget=1))

        fleet.change_site("p", delete=True)
        one = fleet.run(budget=1, wait=0, listener=meanwhile)
        left, kept = sites(fleet), {name: records(fleet, name) for name in "ap"}
        # The data of one of them wanted what the other one removed; this run brings the rest to an end.
        fleet.run(budget=1)
        again = fleet.run(budget=1)
        restarted = routers != [router(fleet, name) for name in "ap"]
        fleet.change_site("p", delete=True)
        more = fleet.run(budget=1)
        return Played(one, left, kept, restarted, again, more)


def test_two_runs_at_once_do_not_spend_the_same_budget(played: Played) -> None:
    assert played.left == {"a", "p"}
    assert list(played.one.errors) == ["removal-budget"]


def test_the_removal_is_recorded_on_two_sites_that_remain(played: Played) -> None:
    assert played.records == {"a": ["site b/net"], "p": ["site b/net"]}


def test_a_record_restarts_no_router(played: Played) -> None:
    assert not played.routers_restarted


def test_the_next_run_writes_nothing(played: Played) -> None:
    assert (played.again.writes, played.again.errors) == (0, {})


def test_a_later_run_removes_nothing_beyond_the_budget(played: Played) -> None:
    assert played.more.writes == 0
    assert (
        "1 of which are used: site b/net; there is room for them after"
        in played.more.errors["removal-budget"]
    )
