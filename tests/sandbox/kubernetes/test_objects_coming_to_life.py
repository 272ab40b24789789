"""What controllers do: Deployments, load balancers, Routes, namespaces."""

from typing import Any

import pytest

from reconcile import kinds
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.controllers import Behaviour
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.sandbox.kubernetes.conftest import Api, client, config_map
from tests.sandbox.kubernetes.conversation import IMAGE, MERGE, deployment, secret, service
from tests.waiting import until

DEPLOYMENTS = "/apis/apps/v1/namespaces/a/deployments"
SECRETS = "/api/v1/namespaces/a/secrets"
SERVICES = "/api/v1/namespaces/a/services"
ROUTE = {"apiVersion": "route.openshift.io/v1", "kind": "Route"}
ROUTES = "/apis/route.openshift.io/v1/namespaces/a/routes"
BALANCED = service(type="LoadBalancer", ports=[{"port": 80}])


def status(api: Api, path: str) -> dict[str, Any]:
    return api("GET", path).body.get("status", {})


def test_a_deployment_becomes_available(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment(IMAGE, replicas=2))
    until(lambda: status(api, f"{DEPLOYMENTS}/d").get("readyReplicas") == 2)
    assert status(api, f"{DEPLOYMENTS}/d")["conditions"][0]["status"] == "True"


def test_a_changed_deployment_is_observed_again(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment(IMAGE))
    changed = api("PATCH", f"{DEPLOYMENTS}/d", {"spec": {"replicas": 3}}, content_type=MERGE)
    assert changed.body["metadata"]["generation"] == 2
    until(lambda: status(api, f"{DEPLOYMENTS}/d").get("observedGeneration") == 2)
    assert status(api, f"{DEPLOYMENTS}/d")["availableReplicas"] == 3


def mounting_a_secret() -> dict[str, Any]:
    waiting = deployment(IMAGE)
    waiting["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "secret": {"secretName": "s"}}]
    return waiting


def test_a_deployment_without_pods_is_available_and_has_none_ready(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment(IMAGE, replicas=0))
    until(lambda: status(api, f"{DEPLOYMENTS}/d").get("conditions"))
    found = status(api, f"{DEPLOYMENTS}/d")
    assert (found["conditions"][0]["status"], found.get("readyReplicas", 0)) == ("True", 0)


def test_a_deployment_whose_pods_wait_for_a_secret_is_not_available(api: Api) -> None:
    api("POST", DEPLOYMENTS, mounting_a_secret())
    until(lambda: status(api, f"{DEPLOYMENTS}/d").get("conditions"))
    found = status(api, f"{DEPLOYMENTS}/d")
    assert (found["conditions"][0]["status"], found.get("readyReplicas", 0)) == ("False", 0)


def test_a_deployment_becomes_available_once_the_secret_of_its_pods_is_there(api: Api) -> None:
    api("POST", DEPLOYMENTS, mounting_a_secret())
    until(lambda: status(api, f"{DEPLOYMENTS}/d").get("unavailableReplicas") == 1)
    api("POST", SECRETS, secret())
    until(lambda: status(api, f"{DEPLOYMENTS}/d").get("readyReplicas") == 1)
    assert "unavailableReplicas" not in status(api, f"{DEPLOYMENTS}/d")


@pytest.mark.simulation
def test_a_deployment_comes_to_rest(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment(IMAGE))
    until(lambda: status(api, f"{DEPLOYMENTS}/d"))
    before = api("GET", f"{DEPLOYMENTS}/d").version
    api("POST", SERVICES, BALANCED)
    until(lambda: status(api, f"{SERVICES}/svc")["loadBalancer"])
    assert api("GET", f"{DEPLOYMENTS}/d").version == before


def test_a_load_balancer_gets_an_address(api: Api) -> None:
    api("POST", SERVICES, BALANCED)
    until(lambda: status(api, f"{SERVICES}/svc")["loadBalancer"])
    assert status(api, f"{SERVICES}/svc")["loadBalancer"]["ingress"][0]["ip"]


def test_a_pending_load_balancer_never_gets_one(plain: Api) -> None:
    plain("POST", SERVICES, BALANCED)
    plain("POST", DEPLOYMENTS, deployment(IMAGE))
    until(lambda: status(plain, f"{DEPLOYMENTS}/d"))
    assert status(plain, f"{SERVICES}/svc") == {"loadBalancer": {}}


def test_load_balancers_can_take_their_time() -> None:
    spec = ClusterSpec("slow", namespaces=("a",), behaviour=Behaviour(delay=0.001, load_balancers=0.2))
    with ApiServers([spec]) as fleet:
        api = client(fleet, "slow")
        api("POST", SERVICES, BALANCED)
        assert status(api, f"{SERVICES}/svc") == {"loadBalancer": {}}
        until(lambda: status(api, f"{SERVICES}/svc")["loadBalancer"])


def test_load_balancers_of_two_clusters_have_different_addresses() -> None:
    specs = [
        ClusterSpec(name, namespaces=("a",), behaviour=Behaviour(delay=0.001)) for name in ("one", "two")
    ]
    with ApiServers(specs) as fleet:
        each = [client(fleet, spec.name) for spec in specs]
        for api in each:
            api("POST", SERVICES, BALANCED)
        found = [until(lambda api=api: status(api, f"{SERVICES}/svc")["loadBalancer"]) for api in each]
    assert len({balancer["ingress"][0]["ip"] for balancer in found}) == 2


@pytest.mark.simulation
def test_a_pending_load_balancer_gets_its_address_once_the_cluster_can_give_one(plain: Api) -> None:
    plain("POST", SERVICES, BALANCED)
    plain.cluster.behave(Behaviour(delay=0.001))
    until(lambda: status(plain, f"{SERVICES}/svc")["loadBalancer"])


def test_a_cluster_ip_service_gets_no_load_balancer(api: Api) -> None:
    api("POST", SERVICES, service(ports=[{"port": 80}]))
    api("POST", SERVICES, {**BALANCED, "metadata": {"name": "balanced"}})
    until(lambda: status(api, f"{SERVICES}/balanced")["loadBalancer"])
    assert status(api, f"{SERVICES}/svc") == {"loadBalancer": {}}


def test_services_get_different_addresses(api: Api) -> None:
    one = api("POST", SERVICES, service(ports=[{"port": 80}]))
    two = api("POST", SERVICES, {**service(ports=[{"port": 80}]), "metadata": {"name": "two"}})
    assert one.body["spec"]["clusterIP"] != two.body["spec"]["clusterIP"]


def test_a_route_without_a_host_gets_one_of_the_cluster_and_is_admitted(api: Api) -> None:
    api(
        "POST", ROUTES, {**ROUTE, "metadata": {"name": "r"}, "spec": {"to": {"kind": "Service", "name": "s"}}}
    )
    until(lambda: status(api, f"{ROUTES}/r"))
    route = api("GET", f"{ROUTES}/r").body
    assert route["spec"]["host"] == "r-a.apps.shift.example"
    admitted = route["status"]["ingress"][0]
    assert (admitted["host"], admitted["conditions"][0]["type"]) == ("r-a.apps.shift.example", "Admitted")


def test_a_route_keeps_the_host_that_it_asks_for(api: Api) -> None:
    spec = {"host": "own.example", "to": {"kind": "Service", "name": "s"}}
    api("POST", ROUTES, {**ROUTE, "metadata": {"name": "r"}, "spec": spec})
    until(lambda: status(api, f"{ROUTES}/r"))
    assert status(api, f"{ROUTES}/r")["ingress"][0]["host"] == "own.example"


def test_applying_a_route_again_without_its_host_changes_nothing(api: Api) -> None:
    body = {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": {"name": "r"},
        "spec": {"to": {"kind": "Service", "name": "s"}},
    }
    for _ in range(2):
        answer = api("PATCH", f"{ROUTES}/r?fieldManager=x", body, content_type="application/apply-patch+yaml")
        until(lambda: status(api, f"{ROUTES}/r"))
    assert answer.body["spec"]["host"] == "r-a.apps.shift.example"
    assert answer.version == api("GET", f"{ROUTES}/r").version


def test_a_deleted_namespace_takes_its_content_with_it(api: Api) -> None:
    api("POST", "/api/v1/namespaces/a/configmaps", config_map())
    api(
        "POST", ROUTES, {**ROUTE, "metadata": {"name": "r"}, "spec": {"to": {"kind": "Service", "name": "s"}}}
    )
    deleted = api("DELETE", "/api/v1/namespaces/a")
    assert deleted.body["status"]["phase"] == "Terminating"
    until(lambda: api("GET", "/api/v1/namespaces/a").status == 404)
    assert api.cluster.objects(kinds.CONFIG_MAP, "a") == []
    assert api.cluster.objects(kinds.ROUTE, "a") == []


def test_a_finalizer_inside_holds_a_namespace(api: Api) -> None:
    path = "/api/v1/namespaces/a/configmaps"
    api("POST", path, config_map("held", metadata={"finalizers": ["example.com/hold"]}))
    api("POST", path, config_map("free"))
    api("DELETE", "/api/v1/namespaces/a")
    until(lambda: api("GET", path).names == ["held"])
    assert api("GET", "/api/v1/namespaces/a").body["status"]["phase"] == "Terminating"
    api("PATCH", f"{path}/held", {"metadata": {"finalizers": None}}, content_type=MERGE)
    until(lambda: api("GET", "/api/v1/namespaces/a").status == 404)


def test_a_namespace_can_be_made_again(api: Api) -> None:
    old = api("GET", "/api/v1/namespaces/a").body["metadata"]["uid"]
    api("DELETE", "/api/v1/namespaces/a")
    until(lambda: api("GET", "/api/v1/namespaces/a").status == 404)
    new = api("POST", "/api/v1/namespaces", {"metadata": {"name": "a"}})
    assert (new.status, new.body["metadata"]["uid"] != old) == (201, True)
