"""A router Deployment that somebody deleted is created again by Skupper, once its ConfigMap changes."""

from datetime import timedelta

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE_ACCOUNT
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
    fleet.fakes["a"].add_account("net")
    return fleet


def changes(fleet: ReportedFleet) -> list[Change]:
    return [
        change
        for change in plan(fleet.inputs()).changes
        if (change.cluster, change.name) == ("a", CONTROLLER)
        or (change.body or {}).get("data", {}).get(KEY)
        or (change.verb, change.name) == (Verb.PATCH, "skupper-site-controller")
    ]


def test_the_service_controller_goes_before_the_config_map_is_changed(fleet: ReportedFleet):
    found = changes(fleet)
    assert [(change.verb, change.name, change.ready) for change in found] == [
        (Verb.PATCH, "skupper-site-controller", True),
        (Verb.DELETE, CONTROLLER, True),
        (Verb.PATCH, "skupper-site", True),
    ]
    assert found[1].uid == f"uid-of-{CONTROLLER}"


def test_that_it_goes_is_recorded(fleet: ReportedFleet):
    annotations = {"qontract-skupper/recreated": f"uid-of-{CONTROLLER}"}
    assert changes(fleet)[0].body == {"metadata": {"annotations": annotations}}


def test_what_cannot_be_recorded_is_not_begun(fleet: ReportedFleet):
    fleet.fakes["a"].remove(SERVICE_ACCOUNT, "net", "skupper-site-controller")
    assert changes(fleet) == []


def test_nothing_that_skupper_copies_to_pods_is_changed(fleet: ReportedFleet):
    (*_, touch) = changes(fleet)
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
