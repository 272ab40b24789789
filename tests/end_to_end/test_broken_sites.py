"""Sites that were up and that somebody has broken: what is said of them, and that nothing else is hidden."""

import time
from collections.abc import Iterator

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, NAMESPACE, SECRET
from reconcile.sandbox.skupper import certificates
from reconcile.skupper.plan import LinkState, SiteState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness, three_clusters
from tests.waiting import until

LINK = "b/net -> a/net"


@pytest.fixture
def fleet(backend: Backend) -> Iterator[Harness]:
    """Two interior sites and an edge site, linked."""
    with three_clusters(backend) as made:
        assert made.run().all_up
        yield made


def site(result: RunResult, cluster: str) -> tuple[SiteState, str]:
    (found,) = [site for site in result.outcome.plan.sites if site.key.cluster == cluster]
    return found.state, found.reason


def test_a_router_that_is_scaled_to_zero_is_down_at_once_and_so_are_its_links(fleet: Harness):
    with fleet.client("a") as client:
        client.patch(DEPLOYMENT, "skupper-router", "net", {"spec": {"replicas": 0}})
    result = fleet.run(wait=0)
    assert site(result, "a")[0] is SiteState.DOWN
    assert site(result, "a")[1].endswith("oc -n net scale deploy/skupper-router --replicas=1")
    assert {result.states[LINK], result.states["p/net -> a/net"]} == {LinkState.DOWN}


def test_a_router_that_is_scaled_up_again_comes_back(fleet: Harness):
    with fleet.client("a") as client:
        client.patch(DEPLOYMENT, "skupper-router", "net", {"spec": {"replicas": 0}})
        fleet.run(wait=0)
        client.patch(DEPLOYMENT, "skupper-router", "net", {"spec": {"replicas": 1}})
    until(lambda: fleet.run(wait=0).all_up)


def test_a_service_controller_that_is_scaled_to_zero_is_named_and_links_stay_up(fleet: Harness):
    with fleet.client("a") as client:
        client.patch(DEPLOYMENT, "skupper-service-controller", "net", {"spec": {"replicas": 0}})
    result = fleet.run(wait=0)
    assert site(result, "a")[1].startswith("deployment skupper-service-controller is scaled to 0 replicas")
    assert result.states[LINK] is LinkState.UP


def test_a_service_controller_that_is_gone_is_named(fleet: Harness):
    with fleet.client("b") as client:
        client.delete(DEPLOYMENT, "skupper-service-controller", "net")
    assert site(fleet.run(wait=0), "b")[1].startswith("deployment skupper-service-controller is gone; ")


@pytest.mark.parametrize("secret", ["skupper-site-ca", "skupper-site-server"])
def test_a_certificate_that_is_gone_is_an_error_and_its_links_stay_up(fleet: Harness, secret: str):
    with fleet.client("a") as client:
        client.delete(SECRET, secret, "net")
    result = fleet.run(wait=0)
    assert result.errors.keys() == {"lost-secret"}
    assert result.states[LINK] is LinkState.UP


def test_a_ca_of_ones_own_is_used(backend: Backend):
    with harness(backend, ["a", "b"]) as fleet:
        body = {
            "metadata": {"name": "skupper-site-ca", "namespace": "net"},
            "type": "kubernetes.io/tls",
            "data": certificates.new_authority("example CA", at=time.time()),
        }
        with fleet.client("a") as client:
            client.create(SECRET, body)
        assert fleet.run().all_up


@pytest.mark.simulation("a lone API server does not delete what is in a namespace")
def test_a_namespace_that_is_being_deleted_is_named_and_nothing_is_promised_there(fleet: Harness):
    with fleet.client("a") as client:
        held = {"metadata": {"name": "held", "namespace": "net", "finalizers": ["example.com/wait"]}}
        client.create(CONFIG_MAP, held)
        fleet["a"].remove(NAMESPACE, "net")
        until(lambda: not fleet.objects(DEPLOYMENT, "a"))
        result = fleet.run(dry_run=True)
        assert result.errors["terminating-namespace"].startswith("namespace a/net is being deleted since ")
        assert [action for action in result.actions if "'a'" in action] == []
        client.patch(CONFIG_MAP, "held", "net", {"metadata": {"finalizers": None}})


def test_a_cluster_that_became_private_is_an_error_that_names_the_open_routes(fleet: Harness):
    fleet.private |= {"b"}
    fleet.change_site("b", cluster=fleet.cluster("b"))
    result = fleet.run(wait=1)
    assert "must not accept links (cluster b is private)" in result.errors["exposed-site"]
    assert "Route skupper-inter-router (" in result.errors["exposed-site"]
    (site,) = [site for site in result.outcome.plan.sites if site.key.cluster == "b"]
    assert (site.mode, [setting.name for setting in site.pending]) == ("interior", ["router-mode"])


def test_memory_is_pending_until_the_deployments_are_recreated(fleet: Harness):
    fleet.change_site("a", config={"routerMemory": "1Gi"})
    result = fleet.run(wait=0)
    (site,) = [site for site in result.outcome.plan.sites if site.key.cluster == "a"]
    assert [setting.name for setting in site.pending] == ["router-memory"]


def test_what_a_site_is_created_with_is_in_effect(backend: Backend):
    config = {
        "routers": 2,
        "routerMemory": "1Gi",
        "controllerCpuLimit": "500m",
        "routerNodeSelector": {"pool": "infra"},
        "routerPodAntiaffinity": {"app": "x"},
        "routerLogging": "ROUTER:debug,error+",
        "runAsUser": 1001,
        "serviceSync": False,
    }
    with harness(backend, ["a", "b"], config={"a": config}) as fleet:
        result = fleet.run()
        assert result.all_up
        assert [site.pending for site in result.outcome.plan.sites] == [(), ()]
