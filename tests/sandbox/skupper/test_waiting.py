"""Load balancers that take their time, or never come."""

from collections.abc import Callable

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.sandbox.skupper.clock import ManualClock
from tests.sandbox.skupper.namespaces import CONTROLLER, SkupperNamespace

Make = Callable[..., SkupperNamespace]


@pytest.fixture
def waiting(place: Make) -> SkupperNamespace:
    """A site whose load balancer never comes."""
    site = place("south")
    site.install()
    site.declare(ingress="loadbalancer")
    site.said("Waiting for LoadBalancer IP or hostname...")
    return site


@pytest.fixture
def given_up(waiting: SkupperNamespace, clock: ManualClock) -> SkupperNamespace:
    clock.advance(121)
    waiting.said("Failed to get LoadBalancer IP or Hostname for service skupper-router")
    return waiting


def has_controller(site: SkupperNamespace) -> bool:
    return site.get(DEPLOYMENT, "skupper-service-controller") is not None


def test_creation_goes_on_when_the_load_balancer_has_an_address(place: Make) -> None:
    site = place("west").site(ingress="loadbalancer")

    site.wait_for(DEPLOYMENT, "skupper-service-controller")
    annotations = site.token("link-1")["metadata"]["annotations"]
    assert (annotations["inter-router-port"], annotations["edge-port"]) == ("55671", "45671")
    assert annotations["inter-router-host"]


def test_a_link_to_a_load_balancer_comes_up(place: Make) -> None:
    issuer, dialler = place("west").site(ingress="loadbalancer"), place().site(ingress="none")
    dialler.dial(issuer, "link-1")

    dialler.linked(issuer)


def test_while_it_waits_there_is_a_router_but_nothing_to_run_it(waiting: SkupperNamespace) -> None:
    assert waiting.get(DEPLOYMENT, "skupper-router") is not None
    assert waiting.get(SECRET, "skupper-site-server") is None
    assert waiting.get(CONFIG_MAP, "skupper-network-status") is None


def test_token_requests_wait_with_it(waiting: SkupperNamespace, place: Make) -> None:
    waiting.request("link-1")
    # Other namespaces have site-controllers of their own, which go on.
    place("south").site(ingress="none")

    assert "Generating token" not in waiting.log


def test_it_gives_up_after_two_minutes(waiting: SkupperNamespace, clock: ManualClock) -> None:
    clock.advance(119)
    waiting.said("Waiting for LoadBalancer", times=2)
    clock.advance(2)

    waiting.said("Error initialising skupper: Failed to get LoadBalancer IP or Hostname")
    assert not has_controller(waiting)


def test_having_given_up_it_never_resumes(given_up: SkupperNamespace) -> None:
    given_up.edit_config(ingress="none")
    given_up.restart(CONTROLLER)
    given_up.said("Skupper site exists", times=2)

    assert not has_controller(given_up)


def test_a_token_issued_meanwhile_has_no_host(given_up: SkupperNamespace) -> None:
    annotations = given_up.token("link-1")["metadata"]["annotations"]

    assert (annotations["inter-router-host"], annotations["edge-host"]) == ("", "")


def test_a_site_controller_that_restarts_forgets_what_it_waited_for(
    waiting: SkupperNamespace, clock: ManualClock
) -> None:
    waiting.restart(CONTROLLER)
    waiting.said("Skupper site exists")
    clock.advance(121)
    waiting.token("link-1")

    assert "Error initialising" not in waiting.log
    assert not has_controller(waiting)
