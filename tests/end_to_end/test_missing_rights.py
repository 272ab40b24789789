"""Without any one of the rights of ``deploy/rbac`` a run says which it lacks, or does its work in another way."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reconcile.skupper.definitions import SiteDefinition
from tests.clusters.backends import Backend
from tests.end_to_end.granting import Granting, Right, disturb, drop_links, rights, said
from tests.end_to_end.harness import Harness, harness


@pytest.fixture(scope="module")
def linked_sites(backend: Backend) -> Iterator[Harness]:
    """A cluster with two sites, one of each ingress, and one site elsewhere, all up; for many small disturbances."""
    with harness(backend, ["a", "b"]) as made:
        extra = SiteDefinition(made.cluster("a"), "other", config={"ingress": "loadbalancer"})
        made.change(sites=(*made.network.sites, extra))
        granting = Granting(made, "a")
        granting.provide("site.yaml", namespaces=("net", "other"))
        assert made.run().all_up
        yield made


@contextmanager
def reading_cluster_wide(fleet: Harness) -> Iterator[Granting]:
    granting = Granting(fleet, "a")
    granting.apply("cluster.yaml")
    granting.until_held(rights("cluster.yaml")[-1], cluster_wide=True)
    try:
        yield granting
    finally:
        granting.withdraw("cluster.yaml")


def _resource(group: str, resource: str) -> object:
    """A case that a real server meets in `make test` if its refusal may be worded in a way of its own."""
    simulation = pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
    worded = {("", "secrets"), ("apps", "deployments"), ("rbac.authorization.k8s.io", "roles")}
    marks = () if (group, resource) in worded else simulation
    return pytest.param((group, resource), id=f"{group}/{resource}", marks=marks)


@pytest.mark.sampled(8, "all refusals are read by the same code")
@pytest.mark.parametrize(
    "resource", [_resource(*each) for each in sorted({(r.group, r.resource) for r in rights("site.yaml")})]
)
def test_without_a_right_in_its_namespace_a_run_names_it(
    linked_sites: Harness, resource: tuple[str, str], proof: bool, draw: random.Random
):
    """One right of each resource is drawn; with ``--proof`` it is every one."""
    granting = Granting(linked_sites, "a")
    found = [right for right in rights("site.yaml") if (right.group, right.resource) == resource]
    unnamed = {}
    for right in found if proof else draw.sample(found, 1):
        disturb(linked_sites)
        with granting.without(right, "site.yaml"):
            complaints = said(linked_sites.run(wait=0))
        expected = f"the account needs {right} in namespace net"
        if not any(line.startswith("a/net: ") and expected in line for line in complaints):
            unnamed[str(right)] = complaints
    assert unnamed == {}


@pytest.fixture(scope="module")
def whole(linked_sites: Harness) -> int:
    """Requests to a of a run with nothing to do and all rights; afterwards all that was disturbed is made again."""
    linked_sites.run()
    with reading_cluster_wide(linked_sites):
        result = linked_sites.run()
    assert (result.all_up, result.writes) == (True, 0)
    return result.requests["a"][0]


READS = sorted(right for right in rights("cluster.yaml") if right.resource != "namespaces")


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
@pytest.mark.sampled(3, "all kinds are read by the same code")
@pytest.mark.parametrize("right", [r for r in READS if r.verb == "list"], ids=str)
def test_a_kind_that_may_not_be_listed_cluster_wide_is_listed_by_namespace(
    linked_sites: Harness, whole: int, right: Right
):
    with (
        reading_cluster_wide(linked_sites) as granting,
        granting.without(right, "cluster.yaml", cluster_wide=True),
    ):
        result = linked_sites.run()
    assert said(result) == []
    assert result.writes == 0
    assert result.requests["a"][0] > whole


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
@pytest.mark.sampled(3, "all kinds are read by the same code")
@pytest.mark.parametrize("right", [r for r in READS if r.verb == "watch"], ids=str)
def test_a_watch_that_is_refused_ends_the_work_on_the_cluster_and_names_the_right(
    linked_sites: Harness, right: Right
):
    drop_links(linked_sites, "b")
    with reading_cluster_wide(linked_sites) as granting:
        with granting.without(right, "cluster.yaml", cluster_wide=True):
            result = linked_sites.run()
        (complaint,) = result.outcome.failures
        assert complaint.startswith(f"a: cannot watch {right.resource}: forbidden (403)")
        assert f"the account needs {right} in all namespaces" in complaint
        assert result.seconds < 20
        assert linked_sites.run().all_up
