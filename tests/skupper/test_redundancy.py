"""A redundancy that the data asks for and the clusters do not allow is a warning."""

from dataclasses import replace

import pytest

from reconcile.engines import check_definitions
from reconcile.findings import Finding, Severity
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition, Strategy
from tests.skupper.networks import public_fleet


def private(name: str) -> SiteDefinition:
    return SiteDefinition(Cluster(name, f"https://{name}.private", private=True), "net")


def network(
    size: int, redundancy: int, *others: SiteDefinition, strategy: Strategy = Strategy.REDUNDANT
) -> Network:
    """Sites on as many public clusters, and others, with a redundancy that the data asks for."""
    fleet = public_fleet(size, strategy=strategy, redundancy=redundancy)
    return replace(fleet, sites=(*fleet.sites, *others), asks_for_redundancy=True, path="/n.yml")


def found(entry: Network) -> list[Finding]:
    return [each for each in check_definitions(Definitions(networks=(entry,))) if each.rule == "redundancy"]


@pytest.mark.parametrize(("size", "redundancy"), [(3, 2), (4, 3), (12, 3)])
def test_enough_sites_give_no_warning(size: int, redundancy: int) -> None:
    assert found(network(size, redundancy)) == []


def test_too_few_interior_sites_are_a_warning_that_names_two_of_them() -> None:
    (warning,) = found(network(3, 3))
    assert warning.severity is Severity.WARNING
    assert "cluster-00/net and cluster-01/net have 2. " in warning.message
    assert (warning.datafile, warning.dotted) == ("/n.yml", "topology.redundancy")


def test_a_site_that_only_one_other_reaches_is_found_among_many() -> None:
    ends = [private(name) for name in ("p1", "p2", "p3")]
    peers = {"p1": {"p2"}, "p2": {"p1"}, "p3": set()}
    inner = [
        replace(
            end,
            cluster=replace(end.cluster, vpc_peers=frozenset(peers[end.cluster.name])),
            config={"edge": False},
        )
        for end in ends
    ]
    (warning,) = found(network(1, 2, *inner))
    assert "cluster-00/net and p3/net have 1. " in warning.message


def test_a_mesh_is_as_redundant_as_it_can_be() -> None:
    assert found(network(3, 3, strategy=Strategy.MESH)) == []


def test_an_edge_site_that_reaches_too_few_clusters_is_named_with_its_uplinks() -> None:
    (warning,) = found(network(2, 3, private("p"), strategy=Strategy.MESH))
    assert "they reach interior sites on fewer clusters: p/net (2). " in warning.message


def test_many_edge_sites_are_counted() -> None:
    edges = [private(f"p{n}") for n in range(6)]
    (warning,) = found(network(2, 3, *edges, strategy=Strategy.MESH))
    assert "p3/net (2) and 2 more. " in warning.message


def test_the_default_asks_for_nothing() -> None:
    assert found(replace(network(2, 3, private("p")), asks_for_redundancy=False)) == []
