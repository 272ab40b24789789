"""With exactly the rights of ``deploy/rbac`` everything works, and for what else is asked a run names the right."""

from dataclasses import replace

import pytest

from reconcile.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    SECRET,
)
from reconcile.skupper.definitions import SiteDefinition
from reconcile.skupper.plan import LinkState, Verb
from reconcile.skupper.v1 import names, objects
from tests.clusters.backends import Backend
from tests.end_to_end import legacy_install
from tests.end_to_end.granting import Granting, Right, disturb, drop_links, rights, said
from tests.end_to_end.harness import Harness, RunResult, harness, three_clusters
from tests.skupper.resolving import resolve_sites
from tests.waiting import until

NAMESPACED = ("site.yaml",)
CLUSTER_WIDE = ("site.yaml", "cluster.yaml")
FILES = ["namespaced", "cluster-wide"]
EITHER = pytest.mark.parametrize("files", [NAMESPACED, CLUSTER_WIDE], ids=FILES)

COLLECTED = 60.0
"""Seconds for the garbage collector; a real one takes its time on a busy machine."""


def provide(fleet: Harness, *files: str) -> None:
    for cluster in fleet.servers:
        Granting(fleet, cluster.name).provide(*files)


@pytest.fixture(scope="module")
def two_runs(request: pytest.FixtureRequest, backend: Backend) -> tuple[RunResult, RunResult]:
    """A first run and the next one, with the rights of these files."""
    with three_clusters(backend) as fleet:
        provide(fleet, *request.param)
        return fleet.run(), fleet.run()


@pytest.mark.parametrize("two_runs", [NAMESPACED, CLUSTER_WIDE], ids=FILES, indirect=True)
def test_all_comes_up_and_stays(two_runs: tuple[RunResult, RunResult]):
    first, second = two_runs
    assert first.all_up
    assert said(first) == []
    assert second.writes == 0
    assert said(second) == []


@pytest.mark.parametrize("two_runs", [CLUSTER_WIDE], ids=FILES[1:], indirect=True)
def test_with_cluster_wide_rights_a_cluster_is_read_by_ten_requests(two_runs: tuple[RunResult, RunResult]):
    assert max(total for total, _ in two_runs[1].requests.values()) <= 10


@EITHER
def test_a_site_is_removed_with_its_links(fleet: Harness, files: tuple[str, ...]):
    provide(fleet, *files)
    fleet.run()
    fleet.change_site("b", delete=True)
    result = fleet.run()
    assert result.all_up
    assert said(result) == []
    kinds = (CONFIG_MAP, DEPLOYMENT)
    until(lambda: not [o for kind in kinds for o in fleet["b"].objects(kind, namespace="net")], COLLECTED)


def test_a_site_that_is_not_declared_any_more_is_found_with_cluster_wide_rights(fleet: Harness):
    provide(fleet, *CLUSTER_WIDE)
    fleet.run()
    fleet.drop_site("b")
    assert fleet.run().all_up
    assert fleet["b"].find(CONFIG_MAP, names.SITE, "net") is None


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
@EITHER
def test_tokens_of_an_issuer_that_was_recreated_are_replaced(fleet: Harness, files: tuple[str, ...]):
    provide(fleet, *files)
    fleet.run()
    fleet["a"].remove(CONFIG_MAP, names.SITE, "net")
    until(lambda: fleet["a"].find(DEPLOYMENT, names.ROUTER, "net") is None, COLLECTED)
    result = fleet.run()
    assert result.all_up
    assert said(result) == []


def test_an_old_request_is_retriggered(fleet: Harness):
    provide(fleet, *NAMESPACED)
    fleet.run()
    fleet.skupper.stop()
    drop_links(fleet, "b")
    planned = fleet.run(dry_run=True).outcome.plan.changes
    (request,) = (c.body for c in planned if c.verb is Verb.CREATE and c.kind == SECRET and not c.hand_over)
    annotations = {**request["metadata"]["annotations"], names.TRIGGERED: "2020-01-01T00:00:00+00:00"}
    fleet["a"].load({**request, "metadata": {**request["metadata"], "annotations": annotations}})
    result = fleet.run(wait=0)
    assert [action for action in result.actions if "patch" in action]
    assert said(result) == []


def test_the_role_of_a_site_holds_what_the_site_controller_is_granted(fleet: Harness):
    site = replace(fleet.network.sites[0], config={"ingress": "route", "ingressHost": "example.com"})
    fleet.change(sites=(site,))
    (site,) = resolve_sites(fleet.network)
    granted = {
        Right(verb, resource, group)
        for rule in objects.rules(site)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted <= {*rights("site.yaml"), *rights("custom-host.yaml")}


def test_a_namespace_that_is_missing_is_distinguished_from_a_missing_right_by_who_may_get_namespaces(
    fleet: Harness,
):
    provide(fleet, *CLUSTER_WIDE)
    fleet.change(sites=(*fleet.network.sites, SiteDefinition(fleet.cluster("a"), "missing")))
    granting = Granting(fleet, "a")
    result = fleet.run(wait=0)
    assert [finding.rule for finding in result.outcome.plan.findings] == ["missing-namespace"]
    assert said(result) == []
    with granting.without(rights("cluster.yaml")[-1], "cluster.yaml", cluster_wide=True):
        (complaint,) = said(fleet.run(wait=0))
    assert complaint.startswith(
        "a/missing: cannot apply ServiceAccount skupper-site-controller: forbidden (403)"
    )
    assert "the account needs patch on serviceaccounts in namespace missing" in complaint


def test_an_account_for_one_namespace_works_there_and_says_what_it_cannot_read(fleet: Harness):
    Granting(fleet, "a").provide("site.yaml")
    fleet.change(sites=(*fleet.network.sites, SiteDefinition(fleet.cluster("a"), "other")))
    result = fleet.run()
    between = {link: state for link, state in result.states.items() if "a/other" not in link}
    assert set(between.values()) == {LinkState.UP}
    assert {state for link, state in result.states.items() if "a/other" in link} == {LinkState.UNKNOWN}
    (complaint,) = said(result)
    assert complaint.startswith("a/other: cannot list ")
    assert "in namespace other" in complaint
    assert (
        fleet["a"].objects(CONFIG_MAP, namespace="other", labels={"qontract-skupper/instance": "test"}) == []
    )


def test_an_explicit_host_needs_the_rights_of_its_own_file(fleet: Harness):
    granting = Granting(fleet, "a")
    granting.provide("site.yaml")
    fleet.change_site("a", config={"ingress": "route", "ingressHost": "apps.a.example"})
    (complaint,) = said(fleet.run(wait=0))
    expected = "get, list, watch, create on routes/custom-host.route.openshift.io in namespace net"
    assert complaint.startswith("a/net: cannot apply Role.rbac.authorization.k8s.io ")
    assert f"the account needs {expected}" in complaint
    granting.apply("custom-host.yaml")
    granting.until_held(rights("custom-host.yaml")[-1])
    assert said(fleet.run(wait=0)) == []
    for right in rights("custom-host.yaml"):
        disturb(fleet)
        with granting.without(right, "custom-host.yaml"):
            (complaint,) = said(fleet.run(wait=0))
        assert f"the account needs {right} in namespace net" in complaint


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
def test_a_take_over_needs_the_right_of_its_own_file(backend: Backend):
    with harness(backend, ["a", "b"]) as fleet:
        legacy_install.install(fleet, "a", "b")
        granting = Granting(fleet, "a")
        granting.provide("site.yaml")
        (complaint,) = said(fleet.run(wait=0, take_over=True))
        assert complaint.startswith("a/net: cannot patch Route.route.openshift.io ")
        (right,) = rights("take-over.yaml")
        assert f"the account needs {right} in namespace net" in complaint
        granting.apply("take-over.yaml")
        assert said(fleet.run(take_over=True)) == []
