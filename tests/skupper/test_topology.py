"""Who links to whom, proved on arbitrary networks; networkx judges paths, so that we do not judge ourselves."""

import random
from dataclasses import replace

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from reconcile.engines import check_definitions
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition, Strategy
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology.components import components
from reconcile.skupper.topology.disjoint import paths
from reconcile.skupper.topology.reachability import can_dial
from tests.skupper.networks import networks, public_fleet
from tests.skupper.resolving import links, resolve_sites


def interior_graph(network: Network) -> nx.Graph:
    graph = nx.Graph()
    edges = {site.key for site in resolve_sites(network) if site.edge}
    graph.add_nodes_from(site.key for site in resolve_sites(network) if site.wanted and not site.edge)
    graph.add_edges_from((link.dialler, link.issuer) for link in links(network) if link.dialler not in edges)
    return graph


def pairs(network: Network) -> set[frozenset[SiteKey]]:
    return {frozenset({link.dialler, link.issuer}) for link in links(network)}


@given(networks(), st.randoms())
def test_the_order_of_the_input_does_not_matter(network: Network, rng: random.Random):
    shuffled = list(network.sites)
    rng.shuffle(shuffled)
    assert links(network) == links(replace(network, sites=tuple(shuffled)))


@given(networks())
def test_nobody_dials_an_edge_site_or_one_that_is_not_reachable(network: Network):
    sites = {site.key: site for site in resolve_sites(network)}
    for link in links(network):
        assert not sites[link.issuer].edge
        assert can_dial(sites[link.dialler], sites[link.issuer])


@given(networks())
def test_nobody_dials_a_private_site_from_outside_without_a_peering(network: Network):
    clusters = {site.cluster.name: site.cluster for site in network.sites}
    for link in links(network):
        source, target = clusters[link.dialler.cluster], clusters[link.issuer.cluster]
        if target.private and source.name != target.name:
            peered = target.name in source.vpc_peers or source.name in target.vpc_peers
            assert peered or (source.internal and target.internal)


@given(networks())
def test_each_pair_is_linked_at_most_once(network: Network):
    assert len(pairs(network)) == len(links(network))


@given(networks())
def test_deleted_sites_have_no_links(network: Network):
    deleted = {SiteKey(site.cluster.name, site.namespace) for site in network.sites if site.delete}
    assert not deleted & {end for link in links(network) for end in (link.dialler, link.issuer)}


@given(networks())
def test_a_network_is_one_component_or_refused(network: Network):
    live = [site for site in resolve_sites(network) if site.wanted]
    graph = interior_graph(network)
    graph.add_nodes_from(site.key for site in live)
    graph.add_edges_from((link.dialler, link.issuer) for link in links(network))
    interior = interior_graph(network)
    whole = nx.is_connected(graph) and nx.is_connected(interior) if len(interior) else len(live) < 2
    refused = any(f.rule == "not-connected" for f in check_definitions(Definitions(networks=(network,))))
    assert refused != (whole or len(live) < 2)


@given(networks())
def test_the_parts_of_a_network_hold_every_live_site_once(network: Network):
    sites = resolve_sites(network)
    parts = components(sites, links(network))
    assert sorted(key for part in parts for key in part) == [site.key for site in sites if site.wanted]


@given(networks(strategy=Strategy.REDUNDANT))
def test_redundant_has_as_many_disjoint_paths_as_mesh_up_to_the_redundancy(network: Network):
    redundant, mesh = interior_graph(network), interior_graph(replace(network, strategy=Strategy.MESH))
    for one in mesh:
        for other in mesh:
            if one < other:
                assert min(count(redundant, one, other), network.redundancy) >= min(
                    count(mesh, one, other), network.redundancy
                )


def count(graph: nx.Graph, one: SiteKey, other: SiteKey) -> int:
    """Node-disjoint paths; the direct link, which networkx leaves out of its cut, counts as one."""
    if graph.has_edge(one, other):
        rest = graph.copy()
        rest.remove_edge(one, other)
        return 1 + nx.connectivity.local_node_connectivity(rest, one, other)
    return nx.connectivity.local_node_connectivity(graph, one, other)


@given(networks(strategy=Strategy.REDUNDANT))
def test_redundant_links_are_among_those_of_mesh(network: Network):
    assert pairs(network) <= pairs(replace(network, strategy=Strategy.MESH))


@given(networks(strategy=Strategy.REDUNDANT))
def test_no_link_of_redundant_can_be_taken_away(network: Network):
    graph = interior_graph(network)
    for one, other in list(graph.edges):
        assert count(graph, one, other) <= network.redundancy


@given(st.integers(3, 14))
def test_two_paths_cost_one_link_a_site_where_everyone_reaches_everyone(size: int):
    assert len(links(public_fleet(size, strategy=Strategy.REDUNDANT))) == size


@given(st.integers(2, 14))
def test_mesh_links_every_pair_where_everyone_reaches_everyone(size: int):
    assert len(links(public_fleet(size, strategy=Strategy.MESH))) == size * (size - 1) // 2


@given(st.integers(4, 20), st.data())
def test_a_site_that_joins_a_ring_moves_one_link(size: int, data: st.DataObject):
    fleet = public_fleet(size, strategy=Strategy.REDUNDANT)
    newcomer = data.draw(st.integers(0, size - 1))
    before = replace(fleet, sites=fleet.sites[:newcomer] + fleet.sites[newcomer + 1 :])
    assert len(pairs(before) - pairs(fleet)) <= 1


@given(networks(strategy=Strategy.MESH))
def test_in_a_mesh_no_link_between_interior_sites_moves_when_a_site_joins(network: Network):
    smaller = replace(network, sites=network.sites[1:])
    kept = {key for site in resolve_sites(smaller) if not site.edge for key in [site.key]}
    moved = pairs(smaller) - pairs(network)
    assert not {pair for pair in moved if pair <= kept}


def edge_fleet(edges: int, issuers: int, redundancy: int) -> Network:
    sites = public_fleet(issuers, strategy=Strategy.MESH).sites
    private = tuple(
        SiteDefinition(Cluster(f"private-{n:02}", f"https://p{n}", private=True), "net") for n in range(edges)
    )
    return Network("n", "1.9.6", settings={"image": "i"}, redundancy=redundancy, sites=(*sites, *private))


def uplinks(network: Network) -> dict[SiteKey, set[SiteKey]]:
    found: dict[SiteKey, set[SiteKey]] = {}
    for link in links(network):
        if link.dialler.cluster.startswith("private"):
            found.setdefault(link.dialler, set()).add(link.issuer)
    return found


def uplinks_moved(network: Network, newcomer: str) -> int:
    """How many uplinks of the other edge sites move when the sites on this cluster join."""
    sites = tuple(site for site in network.sites if site.cluster.name != newcomer)
    before, waits_for = uplinks(replace(network, sites=sites)), uplinks(network)
    return sum(len(chosen - waits_for[edge]) for edge, chosen in before.items())


@given(st.integers(1, 20), st.integers(1, 8), st.integers(1, 3))
def test_uplinks_are_spread_evenly(edges: int, issuers: int, redundancy: int):
    found = uplinks(edge_fleet(edges, issuers, redundancy))
    wanted = min(redundancy, issuers)
    load: dict[SiteKey, int] = {}
    for chosen in found.values():
        assert len(chosen) == wanted
        for issuer in chosen:
            load[issuer] = load.get(issuer, 0) + 1
    assert max(load.values()) <= -(-edges * wanted // issuers) + 1


@given(st.integers(2, 18), st.integers(2, 8), st.integers(1, 3), st.data())
def test_an_edge_site_that_joins_moves_few_uplinks_of_others(
    edges: int, issuers: int, redundancy: int, data: st.DataObject
):
    """The bound: one for each interior site, which may have to hand on one of its guests."""
    network = edge_fleet(edges, issuers, redundancy)
    newcomer = data.draw(st.integers(0, edges - 1))
    assert uplinks_moved(network, f"private-{newcomer:02}") <= issuers


@given(st.integers(2, 18), st.integers(2, 8), st.integers(1, 3), st.data())
def test_an_interior_site_that_joins_moves_few_uplinks(
    edges: int, issuers: int, redundancy: int, data: st.DataObject
):
    """The bound: its own even share, which it takes over, and one for each other interior site."""
    network = edge_fleet(edges, issuers, redundancy)
    newcomer = data.draw(st.integers(0, issuers - 1))
    share = -(-edges * min(redundancy, issuers) // issuers)
    assert uplinks_moved(network, f"cluster-{newcomer:02}") <= share + issuers - 1


@given(
    st.integers(2, 9).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
    )
)
def test_disjoint_paths_are_counted_as_networkx_counts_them(case: tuple[int, set[tuple[int, int]]]):
    size, edges = case
    graph = nx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from((one, other) for one, other in edges if one != other)
    neighbours = {node: set(graph[node]) for node in graph}
    expected = (
        1 + nx.connectivity.local_node_connectivity(nx.restricted_view(graph, [], [(0, 1)]), 0, 1)
        if graph.has_edge(0, 1)
        else nx.connectivity.local_node_connectivity(graph, 0, 1)
    )
    assert paths(neighbours, 0, 1, size) == expected
