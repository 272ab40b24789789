"""A new version fails at the canary: no other site gets it until the canary works."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from reconcile.apply.events import Event, Planned
from reconcile.kinds import DEPLOYMENT, SECRET
from reconcile.skupper.plan import SiteState
from reconcile.skupper.waits import WaitKind
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness
from tests.end_to_end.test_waves import Watch, run
from tests.waiting import until

ROUTER, MISSING = "skupper-router", "not-there"
PACE = 60.0
"""What a site still takes up may last some minutes before it counts as broken."""

pytestmark = pytest.mark.simulation_suffices("what Skupper does is simulated on either back end")


@dataclass(frozen=True)
class Failed:
    """Three linked sites that are to be updated; the pods of the first one do not start."""

    canary: str
    stopped: RunResult
    meanwhile: Watch
    repaired: RunResult
    rest: Watch


@pytest.fixture(scope="module")
def failed(backend: Backend) -> Failed:
    with harness(backend, ["a", "b", "c"]) as fleet:
        assert fleet.run().all_up
        fleet.change(version="1.9.7")
        begun = Watch(stop_after=1)
        run(fleet, begun)
        (canary,) = begun.clusters
        break_router(fleet, canary)
        meanwhile, rest = Watch(), Watch()
        stopped = fleet.run(listener=until_stopped(meanwhile), stop=meanwhile.stop, pace=PACE, wait=600)
        repair_router(fleet, canary)
        return Failed(canary, stopped, meanwhile, run(fleet, rest), rest)


def break_router(fleet: Harness, name: str) -> None:
    """Have its new pods wait for a Secret that does not exist."""
    until(lambda: "1.9.7" in str(fleet[name].find(DEPLOYMENT, ROUTER, "net")["spec"]))
    pods = fleet[name].find(DEPLOYMENT, ROUTER, "net")["spec"]["template"]["spec"]
    volumes = [*pods.get("volumes", []), {"name": MISSING, "secret": {"secretName": MISSING}}]
    with fleet.client(name) as client:
        client.patch(DEPLOYMENT, ROUTER, "net", {"spec": {"template": {"spec": {"volumes": volumes}}}})


def repair_router(fleet: Harness, name: str) -> None:
    with fleet.client(name) as client:
        client.create(SECRET, {"metadata": {"name": MISSING, "namespace": "net"}})


def until_stopped(watch: Watch) -> Callable[[Event], None]:
    """Stop the run once it no longer counts on the canary."""

    def look(event: Event) -> None:
        watch(event)
        kinds = {change.waits_for.kind for change in watch.plan.changes if change.waits_for}
        read = all(site.state is not SiteState.UNKNOWN for site in watch.plan.sites)
        if isinstance(event, Planned) and read and WaitKind.STOPPED in kinds:
            watch.stop.set()

    return look


def test_no_other_site_is_updated(failed: Failed):
    assert failed.meanwhile.begun == []


def test_the_canary_and_those_that_wait_for_it_are_named(failed: Failed):
    (finding,) = [each for each in failed.stopped.outcome.plan.findings if each.rule == "stopped-waves"]
    others = ", ".join(f"{name}/net" for name in "abc" if name != failed.canary)
    assert (
        f"{others} wait to be changed, one site at a time, and {failed.canary}/net is down" in finding.message
    )


def test_once_it_works_the_others_follow_one_after_the_other(failed: Failed):
    assert sorted(failed.rest.clusters) == [name for name in "abc" if name != failed.canary]
    assert all(failed.rest.others_worked)
    assert failed.repaired.all_up
