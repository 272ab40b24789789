"""Somebody deletes the router Deployment of a site; the next run has Skupper make it again."""

from dataclasses import dataclass

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, Kind
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness
from tests.waiting import until

ROUTER, CONTROLLER = "skupper-router", "skupper-service-controller"


@dataclass(frozen=True)
class Lost:
    """A run over a linked fleet, once the router of b is deleted."""

    run: RunResult
    router_known: bool
    """Whether the service-controller has the UID of the router afterwards."""
    site_ids: tuple[str, str]
    """Before and after."""
    next: RunResult


@pytest.fixture(scope="module")
def lost(backend: Backend) -> Lost:
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        before = uid(fleet, "b", CONFIG_MAP, "skupper-site")
        fleet["b"].remove(DEPLOYMENT, ROUTER, "net")
        until(lambda: fleet["b"].find(DEPLOYMENT, ROUTER, "net") is None)
        run = fleet.run()
        site_ids = (before, uid(fleet, "b", CONFIG_MAP, "skupper-site"))
        return Lost(run, knows_its_router(fleet, "b"), site_ids, fleet.run())


def uid(fleet: Harness, cluster: str, kind: Kind, name: str) -> str:
    return fleet[cluster].find(kind, name, "net")["metadata"]["uid"]


def knows_its_router(fleet: Harness, cluster: str) -> bool:
    """Whether the service-controller of a site has the UID of the router that is there."""
    controller = fleet[cluster].find(DEPLOYMENT, CONTROLLER, "net")
    env = controller["spec"]["template"]["spec"]["containers"][0]["env"]
    (owner,) = [entry["value"] for entry in env if entry["name"] == "OWNER_UID"]
    return owner == uid(fleet, cluster, DEPLOYMENT, ROUTER)


def test_the_links_are_up_again(lost: Lost):
    assert (lost.run.all_up, lost.run.errors) == (True, {})


def test_the_service_controller_knows_the_new_router(lost: Lost):
    assert lost.router_known


def test_the_site_keeps_its_id(lost: Lost):
    assert lost.site_ids[0] == lost.site_ids[1]


def test_after_that_nothing_is_to_do(lost: Lost):
    assert (lost.next.writes, lost.next.errors) == (0, {})
