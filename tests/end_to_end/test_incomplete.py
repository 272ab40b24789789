"""Skupper gave a site up half way; a run has it start over once, and reports the site if that did not help."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from reconcile.apply.events import Event, Planned
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper.plan import Plan
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness
from tests.waiting import until

ROUTER, CONTROLLER, SERVER = "skupper-router", "skupper-service-controller", "skupper-site-server"
CREATED_LAST = ((DEPLOYMENT, CONTROLLER), (SECRET, SERVER))
"""What the site-controller did not come to create."""
PACE = 100.0
"""A site counts as incomplete three minutes after its router was created."""

pytestmark = pytest.mark.simulation_suffices("what Skupper does is simulated on either back end")


@dataclass(frozen=True)
class Incomplete:
    """Two sites, of which a lacks what is created last; what runs do, also when that happens again."""

    healed: RunResult
    linked: RunResult
    before: dict[str, dict]
    after: dict[str, dict]
    again: RunResult


@pytest.fixture(scope="module")
def incomplete(backend: Backend) -> Incomplete:
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        before = objects(fleet)
        give_up(fleet)
        healed = run_until(fleet, lambda plan: all(link.converged for link in plan.links))
        linked, after = fleet.run(), objects(fleet)
        give_up(fleet)
        again = run_until(fleet, lambda plan: bool(plan.errors))
        return Incomplete(healed, linked, before, after, again)


def run_until(fleet: Harness, condition: Callable[[Plan], bool]) -> RunResult:
    """A run for which time flies, until a plan shows something, which is given half a minute of ours."""
    stop = threading.Event()

    def look(event: Event) -> None:
        if isinstance(event, Planned) and condition(event.plan):
            stop.set()

    return fleet.run(pace=PACE, wait=30 * PACE, listener=look, stop=stop)


def give_up(fleet: Harness) -> None:
    for kind, name in CREATED_LAST:
        fleet["a"].remove(kind, name, "net")
    until(lambda: not any(fleet["a"].find(kind, name, "net") for kind, name in CREATED_LAST))


def objects(fleet: Harness) -> dict[str, dict]:
    return {
        "site": fleet["a"].find(CONFIG_MAP, "skupper-site", "net"),
        "router": fleet["a"].find(DEPLOYMENT, ROUTER, "net"),
    }


def on_a(result: RunResult) -> list[str]:
    return [action for action in result.actions if "'a'" in action]


def test_its_router_is_deleted_and_its_config_map_changed_and_both_recorded(incomplete: Incomplete):
    recorded, deleted, changed, done = on_a(incomplete.healed)
    assert all("'patch'" in mark and "ServiceAccount" in mark for mark in (recorded, done))
    assert ("'delete'" in deleted, ROUTER in deleted) == (True, True)
    assert ("'patch'" in changed, "skupper-site" in changed) == (True, True)


def test_the_site_is_complete_and_linked_and_keeps_its_id(incomplete: Incomplete):
    assert incomplete.linked.all_up
    ids = [found["site"]["metadata"]["uid"] for found in (incomplete.before, incomplete.after)]
    assert ids[0] == ids[1]


def test_what_is_changed_is_not_copied_to_pods(incomplete: Incomplete):
    annotations = [
        found["site"]["metadata"].get("annotations") for found in (incomplete.before, incomplete.after)
    ]
    pods = [found["router"]["spec"]["template"] for found in (incomplete.before, incomplete.after)]
    assert annotations[0] == annotations[1]
    assert pods[0] == pods[1]


def test_one_that_is_incomplete_again_is_reported_and_not_touched(incomplete: Incomplete):
    assert on_a(incomplete.again) == []
    assert "although Skupper has started over" in incomplete.again.errors["incomplete-site"]
