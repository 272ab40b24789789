"""What it takes to make a site, and how it ends half-way."""

import copy
from collections.abc import Callable

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, SECRET, SERVICE
from reconcile.sandbox.skupper import certificates
from reconcile.sandbox.skupper.clock import ManualClock
from tests.sandbox.skupper.namespaces import CONTROLLER, RULES, SkupperNamespace, controller_spec
from tests.waiting import until

Make = Callable[..., SkupperNamespace]


def half_made(site: SkupperNamespace) -> tuple[bool, bool, bool]:
    """Whether it has a router, a configuration, a service-controller."""
    return (
        site.get(DEPLOYMENT, "skupper-router") is not None,
        site.get(CONFIG_MAP, "skupper-internal") is not None,
        site.get(DEPLOYMENT, "skupper-service-controller") is not None,
    )


def idle(place: Make) -> None:
    """Wait until another site has been made: whatever was going to happen before has happened."""
    place().site(ingress="none")


def test_nothing_happens_without_a_site_controller(place: Make) -> None:
    site = place()
    site.declare(ingress="none")
    idle(place)

    assert half_made(site) == (False, False, False)


def test_a_site_controller_made_after_the_config_map_finds_it(place: Make) -> None:
    site = place()
    site.declare(ingress="none")
    site.install()

    site.wait_for(DEPLOYMENT, "skupper-service-controller")


def test_a_site_controller_that_watches_another_namespace_does_nothing(place: Make) -> None:
    site = place()
    site.install(env={"WATCH_NAMESPACE": "elsewhere"})
    site.declare(ingress="none")
    idle(place)

    assert half_made(site) == (False, False, False)


def test_the_namespace_to_watch_may_be_a_field_reference(place: Make) -> None:
    site = place()
    site.install()
    site.delete(DEPLOYMENT, CONTROLLER)
    spec = controller_spec("1.9.6", {})
    reference = {"fieldRef": {"fieldPath": "metadata.namespace"}}
    spec["template"]["spec"]["containers"][0]["env"] = [{"name": "WATCH_NAMESPACE", "valueFrom": reference}]
    site.make(DEPLOYMENT, CONTROLLER, spec=spec)
    site.declare(ingress="none")

    site.wait_for(DEPLOYMENT, "skupper-service-controller")


def test_a_site_controller_scaled_to_nothing_does_nothing(place: Make) -> None:
    site = place()
    site.install()
    site.patch(DEPLOYMENT, CONTROLLER, {"spec": {"replicas": 0}})
    idle(place)
    site.declare(ingress="none")
    idle(place)

    assert half_made(site) == (False, False, False)


def test_an_ignored_config_map_makes_no_site(place: Make) -> None:
    site = place()
    site.install()
    site.declare(labels={"internal.skupper.io/site-controller-ignore": "false"}, ingress="none")
    idle(place)

    assert half_made(site) == (False, False, False)


def test_a_site_controller_without_rights_waits_for_them(place: Make, clock: ManualClock) -> None:
    site = place()
    site.install(rules=[])
    site.declare(ingress="none")
    idle(place)
    assert site.log == ""

    site.patch(ROLE, CONTROLLER, {"rules": RULES})
    clock.advance(1)
    site.wait_for(DEPLOYMENT, "skupper-service-controller")


def test_a_role_that_lacks_a_right_leaves_the_site_half_made(place: Make) -> None:
    site = place()
    rules = copy.deepcopy(RULES)
    rules[1]["verbs"] = ["get", "list", "watch", "update", "delete"]
    site.install(rules=rules)
    site.declare(ingress="none")

    site.said('deployments is forbidden: User "system:serviceaccount:')
    assert half_made(site) == (False, False, False)


def test_rights_that_the_site_controller_lacks_cannot_be_handed_on(place: Make) -> None:
    site = place()
    rules = copy.deepcopy(RULES)
    rules[1]["resources"].remove("daemonsets")
    site.install(rules=rules)
    site.declare(ingress="none")

    site.said(
        'is attempting to grant RBAC permissions not currently held: {APIGroups:["apps"], Resources:["daemonsets"]'
    )
    assert half_made(site) == (True, True, False)


def test_routes_on_plain_kubernetes_make_nothing(place: Make) -> None:
    site = place("west")
    site.install()
    site.declare(ingress="route")

    site.said("OpenShift cluster not detected for --ingress type route")
    assert half_made(site) == (False, False, False)


@pytest.mark.parametrize("ingress", ["", "magic"])
def test_a_bad_ingress_stops_after_the_router(place: Make, ingress: str) -> None:
    site = place()
    site.install()
    site.declare(ingress=ingress)

    site.said("Could not determine ingress type")
    assert half_made(site) == (True, True, False)


def test_a_bad_router_mode_leaves_a_router_that_never_starts(place: Make) -> None:
    site = place()
    site.install()
    site.declare(router_mode="inner", ingress="none")

    site.wait_for(DEPLOYMENT, "skupper-service-controller")
    assert site.get(SECRET, "skupper-site-server") is None
    assert site.get(CONFIG_MAP, "skupper-network-status") is None


def test_a_half_made_site_is_not_resumed(place: Make) -> None:
    site = place()
    site.install()
    site.declare(ingress="magic")
    site.said("Could not determine ingress type")

    site.edit_config(ingress="none")
    site.restart(CONTROLLER)
    site.said("Skupper site exists", times=2)
    assert half_made(site) == (True, True, False)


def test_a_half_made_site_is_cured_by_removing_its_router(place: Make) -> None:
    site = place()
    site.install()
    site.declare(ingress="magic")
    site.said("Could not determine ingress type")
    # A site-controller that has just started may look at the ConfigMap twice: were the router gone by then, it would
    # make it again for the old ingress.
    site.edit_config(ingress="none")
    idle(place)

    site.delete(DEPLOYMENT, "skupper-router")
    site.patch(CONFIG_MAP, "skupper-site", {"metadata": {"annotations": {"touched": "once"}}})
    site.wait_for(CONFIG_MAP, "skupper-network-status")


def test_a_ca_that_exists_is_used_and_gets_no_owner(place: Make, clock: ManualClock) -> None:
    site = place()
    data = certificates.new_authority("our-own-ca", at=clock.now())
    site.make(SECRET, "skupper-site-ca", data=data)
    site.site(ingress="none")

    ca = site.wait_for(SECRET, "skupper-site-ca")
    assert site.token("link-1")["data"]["ca.crt"] == data["tls.crt"]
    assert "ownerReferences" not in ca["metadata"]


def test_a_ca_with_another_kind_of_key_ends_the_creation(place: Make) -> None:
    site = place()
    site.make(SECRET, "skupper-site-ca", data={"tls.crt": "Zm9v", "tls.key": "YmFy"})
    site.install()
    site.declare(ingress="none")

    site.said("Secret skupper-site-ca is not a usable CA")
    assert half_made(site) == (False, False, False)


def test_objects_that_exist_are_left_as_they_are(place: Make) -> None:
    site = place()
    site.make(SERVICE, "skupper-router-local", spec={"ports": [{"port": 1, "name": "mine"}]})
    site.site(ingress="none")

    assert site.wait_for(SERVICE, "skupper-router-local")["spec"]["ports"][0]["name"] == "mine"


def test_deleting_the_config_map_removes_everything_it_owns(place: Make) -> None:
    site = place().site(ingress="none")
    site.request("link-1")
    until(lambda: site.is_token("link-1"))
    site.delete(CONFIG_MAP, "skupper-site")

    until(lambda: not any(name.startswith("skupper-") for name in site.names(SECRET) | site.names(SERVICE)))
    assert site.get(SECRET, "link-1") is not None
