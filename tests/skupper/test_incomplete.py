"""Skupper is made to start over with a site that it left incomplete: once a day, and only when that can help."""

from datetime import timedelta

import pytest

from reconcile.findings import Finding, Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE_ACCOUNT
from reconcile.skupper.plan import SiteState
from tests.skupper.fakes import NOW
from tests.skupper.test_changing import CONTROLLER, CREATOR, ROUTER, Site

TOUCHED = "qontract-skupper-touched"
UID = f"uid-of-{ROUTER}"


def incomplete(age: timedelta = timedelta(minutes=4), **marks: str) -> Site:
    """A site whose router was created so long ago, and that has no service-controller."""
    scene = Site()
    scene.a.remove(DEPLOYMENT, "net", CONTROLLER)
    scene.deployment(ROUTER)["metadata"]["creationTimestamp"] = (NOW - age).isoformat()
    scene.a.add_account("net", **marks)
    return scene


def started_over(ago: timedelta, *replaced: str) -> Site:
    """An incomplete site that Skupper was made to start over with so long ago."""
    return incomplete(recreated=" ".join([*replaced, f"started-over={(NOW - ago).isoformat()}"]))


def writes(scene: Site) -> list[tuple[str, str]]:
    """The patches, and the deletions of what Skupper has created, that are ready for the site, in this order."""
    ready = [c for c in scene.plan().changes if c.cluster == "a" and c.ready]
    return [
        (c.verb, c.name)
        for c in ready
        if c.verb == "patch" or (c.verb == "delete" and c.name in {ROUTER, CONTROLLER})
    ]


def finding(scene: Site) -> Finding:
    (found,) = [each for each in scene.plan().findings if each.rule == "incomplete-site"]
    return found


def test_the_router_of_an_incomplete_site_is_deleted():
    (change,) = incomplete().deletes
    assert (change.uid, change.ready, change.attended) == (UID, True, True)


def test_that_is_recorded_first():
    assert writes(incomplete()) == [("patch", CREATOR), ("delete", ROUTER)]


def test_a_site_that_is_being_created_is_given_three_minutes():
    assert incomplete(timedelta(minutes=2)).deletes == []


def test_that_it_is_tried_is_a_warning():
    assert finding(incomplete()).severity is Severity.WARNING


@pytest.mark.parametrize("hours", [0.1, 23, -1])
def test_a_router_that_was_created_again_and_is_incomplete_again_is_an_error_and_stays(hours: float):
    scene = started_over(timedelta(hours=hours))
    assert (scene.deletes, finding(scene).severity) == ([], Severity.ERROR)
    assert "although Skupper has started over" in finding(scene).message


@pytest.mark.parametrize("days", [1, -300])
def test_a_day_later_or_after_a_run_with_a_wrong_clock_it_is_tried_once_more(days: int):
    scene = started_over(timedelta(days=days))
    assert writes(scene) == [("patch", CREATOR), ("delete", ROUTER)]
    (mark,) = [c.body["metadata"]["annotations"] for c in scene.plan().changes if c.verb == "patch"]
    assert mark["qontract-skupper/recreated"].split() == ["started-over=2026-03-01T12:00:00+00:00", UID]


def test_that_its_config_map_was_once_changed_for_something_else_is_no_try():
    scene = incomplete()
    scene.config_map["data"][TOUCHED] = (NOW - timedelta(minutes=5)).isoformat()
    assert len(scene.deletes) == 1


def test_no_router_is_deleted_while_the_config_map_cannot_be_changed_once_more():
    scene = incomplete()
    scene.config_map["data"][TOUCHED] = (NOW - timedelta(minutes=3, seconds=10)).isoformat()
    assert (writes(scene), finding(scene).severity) == ([], Severity.WARNING)


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


def test_what_cannot_be_recorded_is_not_begun():
    scene = incomplete()
    scene.a.remove(SERVICE_ACCOUNT, "net", CREATOR)
    assert writes(scene) == []


def test_a_site_without_a_router_configuration_needs_only_a_change_of_its_config_map():
    scene = incomplete()
    scene.a.remove(CONFIG_MAP, "net", "skupper-internal")
    assert writes(scene) == [("patch", CREATOR), ("patch", "skupper-site")]


def test_that_change_is_made_once():
    scene = started_over(timedelta(minutes=3))
    scene.a.remove(CONFIG_MAP, "net", "skupper-internal")
    assert writes(scene) == []


class TestKilledInBetween:
    """A run has recorded that both Deployments are recreated, and was killed when the service-controller was gone."""

    def test_the_router_is_deleted_at_once_whatever_a_run_may_wait(self):
        scene = incomplete(timedelta(days=9), recreated=UID)
        assert writes(scene) == [("delete", ROUTER)]
        assert not scene.deletes[0].attended

    def test_so_it_is_while_skupper_starts_over_with_the_site(self):
        assert writes(started_over(timedelta(minutes=1), UID)) == [("delete", ROUTER)]

    def test_not_while_nobody_would_create_it_again(self):
        scene = incomplete(recreated=UID)
        scene.a.remove(DEPLOYMENT, "net", CREATOR)
        assert (writes(scene), finding(scene).severity) == ([], Severity.ERROR)

    def test_nor_while_it_is_another_router(self):
        scene = incomplete(timedelta(minutes=2), recreated="uid-of-the-former")
        assert writes(scene) == []


class TestConnectors:
    """A site whose router has connectors has had a service-controller."""

    def scene(self, **marks: str) -> Site:
        scene = incomplete(**marks)
        scene.a.add_connectors("net", "id-a", "b-net-1234")
        return scene

    def test_if_somebody_has_deleted_it_a_person_decides(self):
        scene = self.scene()
        assert (writes(scene), scene.site.state) == ([], SiteState.DOWN)

    def test_if_we_have_deleted_it_skupper_starts_over(self):
        scene = self.scene(recreated=f"uid-of-{CONTROLLER}")
        assert (len(scene.deletes), scene.site.state) == (1, SiteState.STARTING)
