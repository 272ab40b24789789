"""A router Deployment that somebody deleted is created again by Skupper, once its ConfigMap changes."""

from datetime import timedelta

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.plan import Change, Verb
from tests.skupper.fakes import NOW, plan
from tests.skupper.reported import ReportedFleet

ROUTER, CONTROLLER = "skupper-router", "skupper-service-controller"
KEY = "qontract-skupper-touched"


@pytest.fixture
def fleet() -> ReportedFleet:
    """The site a has no router Deployment any more."""
    fleet = ReportedFleet(networks={"a": "n"}).build()
    fleet.fakes["a"].remove(DEPLOYMENT, "net", ROUTER)
    return fleet


def changes(fleet: ReportedFleet) -> list[Change]:
    return [
        change
        for change in plan(fleet.inputs()).changes
        if (change.cluster, change.name) == ("a", CONTROLLER) or (change.body or {}).get("data", {}).get(KEY)
    ]


def test_the_service_controller_goes_before_the_config_map_is_changed(fleet: ReportedFleet):
    found = changes(fleet)
    assert [(change.verb, change.name, change.ready) for change in found] == [
        (Verb.DELETE, CONTROLLER, True),
        (Verb.PATCH, "skupper-site", True),
    ]
    assert found[0].uid == f"uid-of-{CONTROLLER}"


def test_nothing_that_skupper_copies_to_pods_is_changed(fleet: ReportedFleet):
    (_, touch) = changes(fleet)
    assert touch.body == {"data": {KEY: "2026-03-01T12:00:00+00:00"}}


def test_a_run_that_was_killed_in_between_is_finished(fleet: ReportedFleet):
    fleet.fakes["a"].remove(DEPLOYMENT, "net", CONTROLLER)
    assert [change.name for change in changes(fleet)] == ["skupper-site"]


@pytest.mark.parametrize(("ago", "again"), [(60, False), (200, True), (-60, False), (-86400, True)])
def test_it_is_changed_once_in_three_minutes(fleet: ReportedFleet, ago: int, again: bool):
    data = fleet.fakes["a"].bodies[CONFIG_MAP, "net", "skupper-site"]["data"]
    data[KEY] = (NOW - timedelta(seconds=ago)).isoformat()
    assert bool(changes(fleet)) is again


def test_a_site_that_is_being_created_is_given_time(fleet: ReportedFleet):
    fleet.fakes["a"].remove(CONFIG_MAP, "net", "skupper-internal")
    assert changes(fleet) == []


def test_a_router_that_is_there_is_left_as_it_is():
    assert changes(ReportedFleet(networks={"a": "n"}).build()) == []
