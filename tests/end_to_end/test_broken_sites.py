"""Sites that were up and that somebody has broken: what is said of them, and that nothing else is hidden."""

import time
from dataclasses import dataclass

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, NAMESPACE, SECRET
from reconcile.sandbox.skupper import certificates
from reconcile.skupper.plan import LinkState, SiteReport, SiteState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import RunResult, harness, three_clusters
from tests.waiting import until

LINK = "b/net -> a/net"
LOST = {"a": "skupper-site-ca", "b": "skupper-site-server"}


@dataclass(frozen=True)
class Runs:
    """Runs over two interior sites and an edge site that were up; each finds what was broken before it."""

    stopped: RunResult
    """The router of a is scaled to zero."""
    back: RunResult
    """It is scaled up again."""
    exposed: RunResult
    """The cluster of b is private for a while."""
    broken: RunResult
    """One service-controller is scaled to zero, another is gone; two sites lost a Secret; one gets more memory."""


@pytest.fixture(scope="module")
def runs(backend: Backend) -> Runs:
    with three_clusters(backend) as fleet, fleet.client("a") as a:
        assert fleet.run().all_up
        a.patch(DEPLOYMENT, "skupper-router", "net", {"spec": {"replicas": 0}})
        stopped = fleet.run(wait=0)
        a.patch(DEPLOYMENT, "skupper-router", "net", {"spec": {"replicas": 1}})
        back = fleet.run()
        fleet.private |= {"b"}
        fleet.change_site("b", cluster=fleet.cluster("b"))
        exposed = fleet.run(wait=1)
        fleet.private -= {"b"}
        fleet.change_site("b", cluster=fleet.cluster("b"))
        a.patch(DEPLOYMENT, "skupper-service-controller", "net", {"spec": {"replicas": 0}})
        fleet["p"].remove(DEPLOYMENT, "skupper-service-controller", "net")
        for cluster, secret in LOST.items():
            fleet[cluster].remove(SECRET, secret, "net")
        fleet.change_site("a", config={"routerMemory": "1Gi"})
        broken = fleet.run(wait=0)
        return Runs(stopped, back, exposed, broken)


def site(result: RunResult, cluster: str) -> SiteReport:
    (found,) = [site for site in result.outcome.plan.sites if site.key.cluster == cluster]
    return found


def pending(result: RunResult, cluster: str) -> list[str]:
    return [setting.name for setting in site(result, cluster).pending]


def test_a_router_that_is_scaled_to_zero_is_down_at_once_and_so_are_its_links(runs: Runs):
    found = site(runs.stopped, "a")
    assert found.state is SiteState.DOWN
    assert found.reason.endswith("oc -n net scale deploy/skupper-router --replicas=1")
    assert {runs.stopped.states[LINK], runs.stopped.states["p/net -> a/net"]} == {LinkState.DOWN}


def test_a_router_that_is_scaled_up_again_comes_back(runs: Runs):
    assert runs.back.all_up


def test_a_service_controller_that_is_scaled_to_zero_is_named_and_links_stay_up(runs: Runs):
    reason = site(runs.broken, "a").reason
    assert reason.startswith("deployment skupper-service-controller is scaled to 0 replicas")
    assert runs.broken.states[LINK] is LinkState.UP


def test_a_service_controller_that_is_gone_is_named(runs: Runs):
    assert site(runs.broken, "p").reason.startswith("deployment skupper-service-controller is gone; ")


@pytest.mark.parametrize(("cluster", "secret"), LOST.items())
def test_a_certificate_that_is_gone_is_an_error_and_its_links_stay_up(runs: Runs, cluster: str, secret: str):
    errors = [error for error in runs.broken.outcome.plan.errors if f" in {cluster}/net " in error.message]
    assert [(error.rule, secret in error.message) for error in errors] == [("lost-secret", True)]
    assert runs.broken.errors.keys() == {"lost-secret"}
    assert runs.broken.states[LINK] is LinkState.UP


def test_memory_is_pending_until_the_deployments_are_recreated(runs: Runs):
    assert pending(runs.broken, "a") == ["router-memory"]


def test_a_cluster_that_became_private_is_an_error_that_names_the_open_routes(runs: Runs):
    message = runs.exposed.errors["exposed-site"]
    assert "must not accept links (cluster b is private)" in message
    assert "Route skupper-inter-router (" in message
    assert (site(runs.exposed, "b").mode, pending(runs.exposed, "b")) == ("interior", ["router-mode"])


@pytest.fixture(scope="module")
def created(backend: Backend) -> RunResult:
    """A first run: a is declared with many settings, and in b there is a CA already."""
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
    authority = {
        "metadata": {"name": "skupper-site-ca", "namespace": "net"},
        "type": "kubernetes.io/tls",
        "data": certificates.new_authority("example CA", at=time.time()),
    }
    with harness(backend, ["a", "b"], config={"a": config}) as fleet, fleet.client("b") as client:
        client.create(SECRET, authority)
        return fleet.run()


def test_a_ca_of_ones_own_is_used(created: RunResult):
    assert created.all_up


def test_what_a_site_is_created_with_is_in_effect(created: RunResult):
    assert [site.pending for site in created.outcome.plan.sites] == [(), ()]


@pytest.mark.simulation("a lone API server does not delete what is in a namespace")
def test_a_namespace_that_is_being_deleted_is_named_and_nothing_is_promised_there(backend: Backend):
    with harness(backend, ["a", "b"]) as fleet, fleet.client("a") as client:
        assert fleet.run().all_up
        held = {"metadata": {"name": "held", "namespace": "net", "finalizers": ["example.com/wait"]}}
        client.create(CONFIG_MAP, held)
        fleet["a"].remove(NAMESPACE, "net")
        until(lambda: not fleet.objects(DEPLOYMENT, "a"))
        result = fleet.run(dry_run=True)
        assert result.errors["terminating-namespace"].startswith("namespace a/net is being deleted since ")
        assert [action for action in result.actions if "'a'" in action] == []
        client.patch(CONFIG_MAP, "held", "net", {"metadata": {"finalizers": None}})
