"""What becomes of Services with the annotation ``skupper.io/proxy``."""

from collections.abc import Callable
from typing import Any

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE
from tests.sandbox.skupper.namespaces import SkupperNamespace
from tests.waiting import until

Make = Callable[..., SkupperNamespace]
Json = dict[str, Any]

ROUTER = {"application": "skupper-router", "skupper.io/component": "router"}
SPEC = {"selector": {"app": "vault"}, "ports": [{"port": 8200, "targetPort": 8201}]}
PROXY = {"skupper.io/proxy": "tcp"}


def site_with_service(place: Make, **annotations: str) -> SkupperNamespace:
    site = place().site(ingress="none")
    site.wait_for(DEPLOYMENT, "skupper-service-controller")
    add_service(site, "vault", **annotations)
    return site


def add_service(site: SkupperNamespace, name: str, **annotations: str) -> None:
    metadata = {"name": name, "namespace": site.namespace, "annotations": {**PROXY, **annotations}}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": SPEC}
    site.client.create(SERVICE, body)


def exposed_site(place: Make) -> SkupperNamespace:
    site = site_with_service(place)
    until(lambda: selector(site) == ROUTER)
    return site


def selector(site: SkupperNamespace) -> Json:
    found: Json = site.wait_for(SERVICE, "vault")["spec"]["selector"]
    return found


def target(site: SkupperNamespace, name: str = "vault") -> int:
    found: int = site.wait_for(SERVICE, name)["spec"]["ports"][0]["targetPort"]
    return found


def annotate(site: SkupperNamespace, **annotations: str | None) -> None:
    site.patch(SERVICE, "vault", {"metadata": {"annotations": annotations}})


def barrier(site: SkupperNamespace) -> None:
    """Wait until the service-controller has handled every event so far."""
    add_service(site, "zz-last")
    until(lambda: site.wait_for(SERVICE, "zz-last")["spec"]["selector"] == ROUTER)


def test_an_annotated_service_leads_to_the_router(place: Make) -> None:
    site = exposed_site(place)

    assert target(site) == 1025


def test_what_was_there_is_kept_in_annotations(place: Make) -> None:
    site = exposed_site(place)

    assert site.wait_for(SERVICE, "vault")["metadata"]["annotations"] == {
        **PROXY,
        "internal.skupper.io/originalSelector": "app=vault",
        "internal.skupper.io/originalTargetPort": "8200:8201",
        "internal.skupper.io/originalAssignedPort": "8200:1025",
    }


def test_a_second_service_gets_another_port_of_the_router(place: Make) -> None:
    site = exposed_site(place)
    add_service(site, "other")

    until(lambda: target(site, "other") == 1026)


def test_a_service_with_another_address_is_left_as_it_is(place: Make) -> None:
    site = site_with_service(place, **{"skupper.io/address": "elsewhere"})
    barrier(site)

    assert selector(site) == SPEC["selector"]


def test_a_selector_that_is_set_back_is_replaced_again(place: Make) -> None:
    site = exposed_site(place)
    site.patch(SERVICE, "vault", {"spec": {"selector": {**dict.fromkeys(ROUTER), "app": "vault"}}})

    until(lambda: selector(site) == ROUTER)
    kept = site.wait_for(SERVICE, "vault")["metadata"]["annotations"]
    assert kept["internal.skupper.io/originalSelector"] == "app=vault"


def test_without_the_annotation_the_service_is_restored(place: Make) -> None:
    site = exposed_site(place)
    annotate(site, **{"skupper.io/proxy": None})

    until(lambda: selector(site) == SPEC["selector"])
    assert target(site) == 8201
    assert site.wait_for(SERVICE, "vault")["metadata"].get("annotations", {}) == {}


def test_without_a_service_controller_nobody_restores_it(place: Make) -> None:
    site, other = exposed_site(place), exposed_site(place)
    site.delete(CONFIG_MAP, "skupper-site")
    site.gone(DEPLOYMENT, "skupper-service-controller")
    annotate(site, **{"skupper.io/proxy": None})
    barrier(other)

    assert selector(site) == ROUTER


def test_a_service_controller_that_comes_back_restores_it(place: Make) -> None:
    site = exposed_site(place)
    site.patch(DEPLOYMENT, "skupper-service-controller", {"spec": {"replicas": 0}})
    annotate(site, **{"skupper.io/proxy": None})
    site.patch(DEPLOYMENT, "skupper-service-controller", {"spec": {"replicas": 1}})

    until(lambda: selector(site) == SPEC["selector"])
