"""What a changed ConfigMap, or a changed site-controller, does to a site that exists."""

import itertools
from collections.abc import Callable

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.sandbox.skupper.timing import AT_ONCE
from tests.sandbox.skupper.namespaces import CONTROLLER, SkupperNamespace
from tests.waiting import until

Make = Callable[..., SkupperNamespace]


def template(site: SkupperNamespace, name: str = "skupper-router") -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = site.wait_for(DEPLOYMENT, name)["spec"]["template"]
    return found


def pod_annotations(site: SkupperNamespace, name: str = "skupper-router") -> dict[str, str]:
    found: dict[str, str] = template(site, name)["metadata"].get("annotations", {})
    return found


def images(site: SkupperNamespace, name: str = "skupper-router") -> list[str]:
    return [container["image"] for container in template(site, name)["spec"]["containers"]]


def retag(site: SkupperNamespace, tag: str) -> None:
    container = {"name": "site-controller", "image": f"quay.io/skupper/site-controller:{tag}"}
    env = [{"name": "WATCH_NAMESPACE", "value": site.namespace}]
    pod = {"containers": [{**container, "env": env}]}
    site.patch(DEPLOYMENT, CONTROLLER, {"spec": {"template": {"spec": pod}}})


@pytest.fixture(scope="module")
def edited(shared: Make) -> SkupperNamespace:
    """A site for edits that change nothing."""
    return shared().site(ingress="none")


@pytest.mark.parametrize(
    "change",
    [
        {"router_memory": "1Gi"},
        {"routers": "3"},
        {"name": "other"},
        {"router_mode": "edge"},
        {"ingress": "nodeport"},
    ],
)
def test_most_edits_are_ignored(edited: SkupperNamespace, change: dict[str, str]) -> None:
    before = (edited.wait_for(DEPLOYMENT, "skupper-router")["spec"], edited.config())
    edited.edit_config(**change)

    assert (edited.wait_for(DEPLOYMENT, "skupper-router")["spec"], edited.config()) == before


def site_in_the_race(place: Make, *, restarts: bool) -> SkupperNamespace:
    """A site in a namespace where new logging levels restart the router, or do not."""
    for number in itertools.count(1):
        name = f"race-{restarts}-{number}".lower()
        if (AT_ONCE.chance("logging", "east", name, (("DEFAULT", "debug+"),)) < 0.5) == restarts:
            break
    return place("east", name).site(ingress="none")


def test_edited_logging_levels_are_taken_over(place: Make) -> None:
    site = place().site(ingress="none")
    site.edit_config(router_logging="debug")

    until(lambda: site.config()["log"] == {"DEFAULT": {"module": "DEFAULT", "enable": "debug+"}})


def test_edited_logging_levels_may_restart_the_router(place: Make) -> None:
    site = site_in_the_race(place, restarts=True)
    before = pods(site)
    site.edit_config(router_logging="debug")

    until(lambda: pods(site) != before)


def test_edited_logging_levels_may_leave_the_router_running(place: Make) -> None:
    site = site_in_the_race(place, restarts=False)
    before = template(site)
    site.edit_config(router_logging="debug")
    site.edit_config(anything="1")

    assert template(site) == before
    assert "DEFAULT" in site.config()["log"]


def pods(site: SkupperNamespace) -> list[str]:
    return [
        router["router"]["hostname"]
        for entry in site.status()["siteStatus"]
        for router in entry["routerStatus"]
    ]


def test_an_annotation_of_the_config_map_goes_to_all_pods(place: Make) -> None:
    site = place().site(ingress="none")
    site.patch(CONFIG_MAP, "skupper-site", {"metadata": {"annotations": {"note": "x"}}})

    until(lambda: pod_annotations(site).get("note") == "x")
    until(lambda: pod_annotations(site, "skupper-service-controller").get("note") == "x")


def test_an_excluded_annotation_stays_where_it_is(place: Make) -> None:
    site = place()
    site.install()
    site.declare(
        annotations={"skupper.io/exclude-annotations": "hash, noise", "hash": "1", "note": "x"},
        ingress="none",
    )
    site.wait_for(CONFIG_MAP, "skupper-network-status")

    assert pod_annotations(site) == {
        "prometheus.io/port": "9090",
        "prometheus.io/scrape": "true",
        "note": "x",
    }


def test_foreign_annotations_of_the_pods_are_swept_away(place: Make) -> None:
    site = place().site(ingress="none")
    site.restart("skupper-router")
    site.edit_config(anything="1")

    until(lambda: "restarted" not in pod_annotations(site))


def test_a_newer_site_controller_updates_version_and_images(place: Make) -> None:
    site = place()
    site.install(tag="1.5.0")
    site.declare(ingress="none")
    site.wait_for(CONFIG_MAP, "skupper-network-status")
    retag(site, "1.9.6")

    until(
        lambda: images(site) == ["quay.io/skupper/skupper-router:2.7.6", "quay.io/skupper/config-sync:1.9.6"]
    )
    until(lambda: images(site, "skupper-service-controller") == ["quay.io/skupper/service-controller:1.9.6"])
    until(lambda: [entry["site"]["siteVersion"] for entry in site.status()["siteStatus"]] == ["1.9.6"])


def test_a_site_newer_than_its_controller_is_not_updated(place: Make) -> None:
    site = place().site(ingress="none")
    before = images(site)
    retag(site, "1.5.0")

    site.said("Site (1.9.6) is newer than library (1.5.0); cannot update")
    assert images(site) == before


def test_a_restart_of_the_controller_restores_the_images(place: Make) -> None:
    site = place().site(ingress="none")
    pod = {"containers": [{"name": "service-controller", "image": "elsewhere/service-controller:1"}]}
    known = template(site, "skupper-service-controller")["spec"]["containers"][0]
    site.patch(
        DEPLOYMENT,
        "skupper-service-controller",
        {"spec": {"template": {"spec": {"containers": [{**known, **pod["containers"][0]}]}}}},
    )
    site.restart(CONTROLLER)

    until(lambda: images(site, "skupper-service-controller") == ["quay.io/skupper/service-controller:1.9.6"])


def test_logging_levels_are_taken_over_without_a_service_controller_too(place: Make) -> None:
    site = place().site(ingress="none", service_controller="false")
    site.edit_config(router_logging="debug")

    until(lambda: "DEFAULT" in site.config()["log"])
