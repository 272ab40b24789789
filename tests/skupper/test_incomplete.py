"""Skupper is made to start over with a site that it left incomplete: once, and only when that can help."""

from datetime import datetime, timedelta

from reconcile.findings import Finding, Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from tests.skupper.fakes import NOW
from tests.skupper.test_changing import CONTROLLER, CREATOR, ROUTER, Site

TOUCHED = "qontract-skupper-touched"


def incomplete(age: timedelta = timedelta(minutes=4)) -> Site:
    """A site whose router was created so long ago, and that has no service-controller."""
    scene = Site()
    scene.a.remove(DEPLOYMENT, "net", CONTROLLER)
    scene.deployment(ROUTER)["metadata"]["creationTimestamp"] = (NOW - age).isoformat()
    return scene


def touched(scene: Site, when: datetime) -> Site:
    scene.config_map["data"][TOUCHED] = when.isoformat()
    return scene


def finding(scene: Site) -> Finding:
    (found,) = [each for each in scene.plan().findings if each.rule == "incomplete-site"]
    return found


def test_the_router_of_an_incomplete_site_is_deleted():
    (change,) = incomplete().deletes
    assert (change.uid, change.ready) == ("uid-of-skupper-router", True)


def test_a_site_that_is_being_created_is_given_three_minutes():
    assert incomplete(timedelta(minutes=2)).deletes == []


def test_that_it_is_tried_is_a_warning():
    assert finding(incomplete()).severity is Severity.WARNING


def test_a_router_that_was_created_again_and_is_incomplete_again_is_an_error_and_stays():
    scene = touched(incomplete(), NOW - timedelta(minutes=4, seconds=10))
    assert (scene.deletes, finding(scene).severity) == ([], Severity.ERROR)
    assert "although Skupper has started over" in finding(scene).message


def test_while_a_load_balancer_has_no_address_nothing_is_deleted():
    scene = incomplete()
    scene.config_map["data"]["ingress"] = "loadbalancer"
    assert (scene.deletes, finding(scene).message.endswith("it waits for Service skupper-router")) == (
        [],
        True,
    )


def test_while_the_site_controller_does_not_run_nothing_is_deleted():
    scene = incomplete()
    scene.a.remove(DEPLOYMENT, "net", CREATOR)
    assert (scene.deletes, finding(scene).severity) == ([], Severity.ERROR)


def test_a_site_without_a_router_configuration_needs_only_a_change_of_its_config_map():
    scene = incomplete()
    scene.a.remove(CONFIG_MAP, "net", "skupper-internal")
    touches = [change for change in scene.plan().changes if TOUCHED in str(change.body)]
    assert (scene.deletes, [change.ready for change in touches]) == ([], [True])


def test_that_change_is_made_once():
    scene = touched(incomplete(), NOW - timedelta(minutes=3))
    scene.a.remove(CONFIG_MAP, "net", "skupper-internal")
    assert not [change for change in scene.plan().changes if TOUCHED in str(change.body)]
