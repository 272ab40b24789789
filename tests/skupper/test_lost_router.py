"""A router Deployment that somebody deleted is made again by Skupper, which has to be told."""

from datetime import timedelta

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.plan import Change, Verb
from tests.skupper.fakes import NOW, plan
from tests.skupper.worlds import World

ROUTER, CONTROLLER = "skupper-router", "skupper-service-controller"
KEY = "qontract-skupper-touched"


@pytest.fixture
def world() -> World:
    """The site a has no router Deployment any more."""
    world = World(networks={"a": "n"}).build()
    world.fakes["a"].remove(DEPLOYMENT, "net", ROUTER)
    return world


def changes(world: World) -> list[Change]:
    return [
        change
        for change in plan(world.inputs()).changes
        if (change.cluster, change.name) == ("a", CONTROLLER) or (change.body or {}).get("data", {}).get(KEY)
    ]


def test_the_service_controller_goes_before_the_config_map_is_changed(world: World):
    found = changes(world)
    assert [(change.verb, change.name, change.ready) for change in found] == [
        (Verb.DELETE, CONTROLLER, True),
        (Verb.PATCH, "skupper-site", True),
    ]
    assert found[0].uid == f"uid-of-{CONTROLLER}"


def test_nothing_that_skupper_copies_to_pods_is_changed(world: World):
    (_, touch) = changes(world)
    assert touch.body == {"data": {KEY: "2026-03-01T12:00:00+00:00"}}


def test_a_run_that_was_killed_in_between_is_finished(world: World):
    world.fakes["a"].remove(DEPLOYMENT, "net", CONTROLLER)
    assert [change.name for change in changes(world)] == ["skupper-site"]


@pytest.mark.parametrize(("ago", "again"), [(60, False), (200, True)])
def test_it_is_changed_once_in_three_minutes(world: World, ago: int, again: bool):
    data = world.fakes["a"].bodies[CONFIG_MAP, "net", "skupper-site"]["data"]
    data[KEY] = (NOW - timedelta(seconds=ago)).isoformat()
    assert bool(changes(world)) is again


def test_a_site_that_is_being_created_is_given_time(world: World):
    world.fakes["a"].remove(CONFIG_MAP, "net", "skupper-internal")
    assert changes(world) == []


def test_a_router_that_is_there_is_left_as_it_is():
    assert changes(World(networks={"a": "n"}).build()) == []
