"""With exactly the rights of ``deploy/rbac`` everything works, and for what else is asked a run names the right."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from reconcile.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    SECRET,
)
from reconcile.skupper.definitions import Cluster, Network, SiteDefinition
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

COLLECTED = 60.0
"""Seconds for the garbage collector; a real one takes its time on a busy machine."""


@dataclass(frozen=True)
class Life:
    """What three sites go through with the rights of these files."""

    first: RunResult
    second: RunResult
    recreated: RunResult
    """The site of a was removed by hand; with cluster-wide rights, that of p is not declared any more as well."""
    undeclared: dict | None
    """What is left of that of p."""
    removed: RunResult
    """The site of b is marked ``delete``, and p is declared again; afterwards all of b is collected."""
    late: RunResult
    """Skupper has stopped, and p waits for a token that was requested long ago."""


@pytest.fixture(scope="module")
def life(request: pytest.FixtureRequest, backend: Backend) -> Life:
    with three_clusters(backend) as fleet:
        for cluster in fleet.servers:
            Granting(fleet, cluster.name).provide(*request.param)
        declared = fleet.network.sites
        first, second = fleet.run(), fleet.run()
        fleet["a"].remove(CONFIG_MAP, names.SITE, "net")
        until(lambda: fleet["a"].find(DEPLOYMENT, names.ROUTER, "net") is None, COLLECTED)
        if request.param == CLUSTER_WIDE:
            fleet.drop_site("p")
        recreated = fleet.run()
        undeclared = fleet["p"].find(CONFIG_MAP, names.SITE, "net")
        fleet.change(sites=declared)
        fleet.change_site("b", delete=True)
        removed = fleet.run()
        kinds = (CONFIG_MAP, DEPLOYMENT)
        until(lambda: not [o for kind in kinds for o in fleet["b"].objects(kind, namespace="net")], COLLECTED)
        fleet.skupper.stop()
        request_long_ago(fleet)
        return Life(first, second, recreated, undeclared, removed, fleet.run(wait=0))


def request_long_ago(fleet: Harness) -> None:
    """Take the token of p away, and have the request of another one look old."""
    drop_links(fleet, "p")
    planned = fleet.run(dry_run=True).outcome.plan.changes
    (request,) = (c.body for c in planned if c.verb is Verb.CREATE and c.kind == SECRET and not c.hand_over)
    annotations = {**request["metadata"]["annotations"], names.TRIGGERED: "2020-01-01T00:00:00+00:00"}
    fleet["a"].load({**request, "metadata": {**request["metadata"], "annotations": annotations}})


EITHER = pytest.mark.parametrize("life", [NAMESPACED, CLUSTER_WIDE], ids=FILES, indirect=True)
ONLY_CLUSTER_WIDE = pytest.mark.parametrize("life", [CLUSTER_WIDE], ids=FILES[1:], indirect=True)


@EITHER
def test_all_comes_up_and_stays(life: Life):
    assert life.first.all_up
    assert said(life.first) == []
    assert life.second.writes == 0
    assert said(life.second) == []


@ONLY_CLUSTER_WIDE
def test_with_cluster_wide_rights_a_cluster_is_read_by_ten_requests(life: Life):
    assert max(total for total, _ in life.second.requests.values()) <= 10


@EITHER
def test_tokens_of_an_issuer_that_was_recreated_are_replaced(life: Life):
    assert life.recreated.all_up
    assert said(life.recreated) == []


@ONLY_CLUSTER_WIDE
def test_a_site_that_is_not_declared_any_more_is_found_with_cluster_wide_rights(life: Life):
    assert life.recreated.all_up
    assert life.undeclared is None


@EITHER
def test_a_site_is_removed_with_its_links(life: Life):
    assert life.removed.all_up
    assert said(life.removed) == []


@EITHER
def test_an_old_request_is_retriggered(life: Life):
    assert [action for action in life.late.actions if "'patch'" in action and "'Secret'" in action]
    assert said(life.late) == []


def test_the_role_of_a_site_holds_what_the_site_controller_is_granted():
    config = {"ingress": "route", "ingressHost": "example.com"}
    cluster = Cluster("a", "https://api.a.example:6443")
    (site,) = resolve_sites(Network("n", "1.9.6", sites=(SiteDefinition(cluster, "net", config=config),)))
    granted = {
        Right(verb, resource, group)
        for rule in objects.rules(site)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted <= {*rights("site.yaml"), *rights("custom-host.yaml")}


@pytest.fixture
def lone(backend: Backend) -> Iterator[Harness]:
    """A cluster with one site, and no rights yet."""
    with harness(backend, ["a"]) as made:
        yield made


def test_a_namespace_that_is_missing_is_distinguished_from_a_missing_right_by_who_may_get_namespaces(
    lone: Harness,
):
    granting = Granting(lone, "a")
    granting.provide(*CLUSTER_WIDE)
    lone.change(sites=(*lone.network.sites, SiteDefinition(lone.cluster("a"), "missing")))
    result = lone.run(wait=0)
    assert [finding.rule for finding in result.outcome.plan.findings] == ["missing-namespace"]
    assert said(result) == []
    with granting.without(rights("cluster.yaml")[-1], "cluster.yaml", cluster_wide=True):
        (complaint,) = said(lone.run(wait=0))
    assert complaint.startswith(
        "a/missing: cannot apply ServiceAccount skupper-site-controller: forbidden (403)"
    )
    assert "the account needs patch on serviceaccounts in namespace missing" in complaint


def test_an_account_for_one_namespace_works_there_and_says_what_it_cannot_read(backend: Backend):
    with harness(backend, ["a", "b"]) as fleet:
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
            fleet["a"].objects(CONFIG_MAP, namespace="other", labels={"qontract-skupper/instance": "test"})
            == []
        )


def test_an_explicit_host_needs_the_rights_of_its_own_file(lone: Harness):
    granting = Granting(lone, "a")
    granting.provide("site.yaml")
    lone.change_site("a", config={"ingress": "route", "ingressHost": "apps.a.example"})
    (complaint,) = said(lone.run(wait=0))
    expected = "get, list, watch, create on routes/custom-host.route.openshift.io in namespace net"
    assert complaint.startswith("a/net: cannot apply Role.rbac.authorization.k8s.io ")
    assert f"the account needs {expected}" in complaint
    granting.apply("custom-host.yaml")
    granting.until_held(rights("custom-host.yaml")[-1])
    assert said(lone.run(wait=0)) == []
    for right in rights("custom-host.yaml"):
        disturb(lone)
        with granting.without(right, "custom-host.yaml"):
            (complaint,) = said(lone.run(wait=0))
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
