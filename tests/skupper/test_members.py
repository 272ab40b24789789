"""Who is in a network, drawn at random and seen through statuses that partly lie."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1.members import Membership
from reconcile.skupper.v1.observed_state import ObservedState
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.resolving import resolve

Pair = tuple[str, str]
OURS_IDS = ("a", "b", "c", "d")
STRANGERS = ("x", "y", "z")


@dataclass
class World:
    """Sites a to d of the data, one on each cluster, and strangers x to z; ids are the names."""

    edges: frozenset[str] = frozenset()
    links: frozenset[Pair] = frozenset()
    lost: frozenset[Pair] = frozenset()
    """Links of strangers that are gone; everyone still remembers the records of those strangers."""
    stale: frozenset[str] = frozenset()
    """Sites whose router is down: their status is an old one, which lists everything linked with everything."""
    tokens: frozenset[Pair] = frozenset()
    networks: dict[str, str] = field(default_factory=lambda: dict.fromkeys(OURS_IDS, "n"))
    unread: frozenset[str] = frozenset()
    fakes: dict[str, FakeCluster] = field(default_factory=dict, repr=False)

    def build(self) -> "World":
        for name in OURS_IDS:
            fake = self.fakes[name] = FakeCluster(name)
            fake.add_site("net", site_id=name, edge=name in self.edges)
            if name in self.stale:
                fake.add(DEPLOYMENT, down(name))
                everyone = {one: [(one, other) for other in ALL if other != one] for one in ALL}
                self.write(name, everyone)
            else:
                self.write(name, self.records(name))
        for dialler, issuer in self.tokens:
            self.fakes[dialler].add(SECRET, copied_token("net", f"to-{issuer}", issuer))
        return self

    def records(self, viewer: str) -> dict[str, list[Pair]]:
        """Every member that the viewer lists, with the links that it lists for it."""
        seen = {one: self.own(one) for one in reach(viewer, self.links)}
        for pair in self.lost:
            for stranger in set(pair) & set(STRANGERS) - seen.keys():
                seen[stranger] = [link for link in self.lost if stranger in link]
        return seen

    def own(self, site: str) -> list[Pair]:
        listed = [link for link in self.links if site in link]
        return [link for link in listed if link[0] == site or link[0] not in self.edges]

    def write(self, viewer: str, records: dict[str, list[Pair]]) -> None:
        document = {"siteStatus": [self.entry(site, links) for site, links in sorted(records.items())]}
        data = {"NetworkStatus": json.dumps(document)}
        found = body(CONFIG_MAP, "net", "skupper-network-status", labels={}, data=data)
        self.fakes[viewer].add(CONFIG_MAP, found)

    def entry(self, site: str, links: list[Pair]) -> dict[str, object]:
        listed = [
            {"name": f"r-{dialler}", "direction": "incoming"}
            if issuer == site
            else {"name": f"r-{issuer}", "direction": "outgoing"}
            for dialler, issuer in links
        ]
        mode = "edge" if site in self.edges else "interior"
        name = f"{site}-net"
        record = {"identity": site, "name": name, "nameSpace": "net", "startTime": 1_700_000_000_000_000}
        return {
            "site": record,
            "routerStatus": [{"router": {"name": f"0/r-{site}", "mode": mode}, "links": listed}],
        }

    def members(self) -> Membership:
        networks = tuple(
            Network(
                identifier=network,
                version="1.9.6",
                settings={"image": "image"},
                sites=tuple(self.site(one) for one in OURS_IDS if self.networks.get(one) == network),
            )
            for network in sorted(set(self.networks.values()))
        )
        snapshots = {name: fake.snapshot() for name, fake in self.fakes.items() if name not in self.unread}
        snapshots |= {name: ClusterSnapshot(problem="it is down") for name in self.unread}
        desired = resolve(Definitions(networks=networks))
        return Membership(
            ObservedState(PlanInput(desired=desired, ownership=OURS, now=NOW, snapshots=snapshots))
        )

    def site(self, name: str) -> SiteDefinition:
        cluster = Cluster(name, f"https://{name}", private=False)
        return SiteDefinition(cluster, "net", config={"edge": name in self.edges})


ALL = (*OURS_IDS, *STRANGERS)


def down(owner: str) -> dict:
    condition = {"type": "Available", "status": "False", "lastTransitionTime": "2026-03-01T11:00:00Z"}
    return body(DEPLOYMENT, "net", "skupper-router", owner=owner, status={"conditions": [condition]})


def copied_token(
    namespace: str, name: str, issuer: str, kind: str = "connection-token", **annotations
) -> dict:
    metadata = {"annotations": {"skupper.io/generated-by": issuer, **annotations}}
    return body(SECRET, namespace, name, labels={"skupper.io/type": kind}, metadata=metadata)


def key(name: str) -> SiteKey:
    return SiteKey(name, "net")


def reach(start: str, links) -> set[str]:
    reached = {start}
    while new := {end for link in links if set(link) & reached for end in link} - reached:
        reached |= new
    return reached


def ours(names) -> set[SiteKey]:
    return {key(name) for name in names if name in OURS_IDS}


def ids(members) -> set[str]:
    return {member.site_id for member in members}


PAIRS = [(one, other) for one in ALL for other in ALL if one != other]


@st.composite
def worlds(draw, **fixed) -> World:
    edges = draw(st.frozensets(st.sampled_from(ALL), max_size=3))
    legal = [pair for pair in PAIRS if pair[1] not in edges]
    links = draw(st.frozensets(st.sampled_from(legal), max_size=7))
    return World(edges=edges, links=links, **{name: draw(drawn) for name, drawn in fixed.items()}).build()


def test_a_network_is_what_is_linked():
    assert World(links=frozenset({("b", "a"), ("d", "c")})).build().members().component(key("a")) == ours(
        "ab"
    )


@given(worlds())
def test_the_component_of_a_site_is_all_that_is_linked_with_it(world):
    members = world.members()
    for name in OURS_IDS:
        assert members.component(key(name)) == ours(reach(name, world.links))


@given(worlds())
def test_strangers_are_those_members_that_the_data_does_not_have(world):
    members = world.members()
    for name in OURS_IDS:
        found = members.strangers(key(name))
        assert ids(found) == reach(name, world.links) & set(STRANGERS)
        assert all(key(name) in member.seen_by for member in found)


@given(worlds(), st.frozensets(st.sampled_from([p for p in PAIRS if set(p) & set(STRANGERS)]), max_size=4))
def test_an_interior_site_that_ended_is_no_stranger_though_it_is_still_listed(world, lost):
    # What is linked still, or is an edge site, is not what this is about.
    gone = set(STRANGERS) - {end for link in world.links for end in link} - world.edges
    lost = frozenset(pair for pair in lost if set(pair) & set(STRANGERS) <= gone)
    members = World(edges=world.edges, links=world.links, lost=lost).build().members()
    for name in OURS_IDS:
        assert ids(members.strangers(key(name))) == reach(name, world.links) & set(STRANGERS)


@given(worlds(stale=st.frozensets(st.sampled_from(OURS_IDS), min_size=1, max_size=3)))
def test_the_status_of_a_site_whose_router_is_down_does_not_count(world):
    stale = world.members()
    for name in world.stale:
        world.fakes[name].remove(CONFIG_MAP, "net", "skupper-network-status")
    absent = world.members()
    for name in OURS_IDS:
        assert stale.component(key(name)) == absent.component(key(name))
        assert ids(stale.strangers(key(name))) == ids(absent.strangers(key(name)))
        assert all(name not in member.seen_by for member in stale.strangers(key(name)))


@given(worlds(tokens=st.frozensets(st.sampled_from([p for p in PAIRS if p[0] in OURS_IDS]), max_size=4)))
def test_an_active_token_joins_its_site_and_the_one_that_issued_it(world):
    members = world.members()
    for name in OURS_IDS:
        assert members.component(key(name)) == ours(reach(name, world.links | world.tokens))


@given(worlds(tokens=st.frozensets(st.sampled_from([p for p in PAIRS if p[0] in OURS_IDS]), max_size=4)))
def test_components_do_not_overlap(world):
    members = world.members()
    for name in OURS_IDS:
        part = members.component(key(name))
        assert key(name) in part
        assert all(members.component(other) == part for other in part)


@given(worlds(unread=st.frozensets(st.sampled_from(OURS_IDS), min_size=1, max_size=2)))
def test_a_site_of_a_cluster_that_cannot_be_read_is_known_by_its_name(world):
    members = world.members()
    for name in set(OURS_IDS) - world.unread:
        assert not ids(members.strangers(key(name))) & set(OURS_IDS)


def test_a_site_that_is_being_removed_is_no_stranger():
    world = World(links=frozenset({("b", "a")}), networks={"a": "n"}).build()
    assert world.members().strangers(key("a")) == ()


def test_a_site_is_known_while_anything_that_it_owns_is_left():
    world = World(links=frozenset({("b", "a")}), networks={"a": "n"}, edges=frozenset("b")).build()
    world.fakes["b"].remove(CONFIG_MAP, "net", "skupper-site")
    world.fakes["b"].remove(CONFIG_MAP, "net", "skupper-network-status")
    assert world.members().strangers(key("a")) == ()


def recreated(*, ago: timedelta) -> Membership:
    """The edge site b is new, and a still lists the one that was there before."""
    world = World(links=frozenset({("b", "a")}), edges=frozenset("b")).build()
    kept = CONFIG_MAP, "net", "skupper-site"
    world.fakes["b"].bodies = {kept: world.fakes["b"].bodies[kept]}
    new = world.fakes["b"].bodies[kept]["metadata"]
    new["uid"], new["creationTimestamp"] = "new", f"{NOW - ago:%Y-%m-%dT%H:%M:%SZ}"
    return world.members()


def test_the_former_id_of_a_site_that_was_just_recreated_is_no_stranger():
    assert recreated(ago=timedelta(seconds=30)).strangers(key("a")) == ()


def test_after_two_minutes_a_site_of_the_same_name_is_a_stranger():
    assert ids(recreated(ago=timedelta(minutes=3)).strangers(key("a"))) == {"b"}


def test_a_stranger_has_name_namespace_and_start():
    (found,) = World(links=frozenset({("x", "a")})).build().members().strangers(key("a"))
    assert (found.name, found.namespace, found.site_id, found.key) == ("x-net", "net", "x", None)
    assert found.since == datetime.fromtimestamp(1_700_000_000, UTC)


def test_the_copy_at_the_issuer_joins_nothing():
    world = World(networks={"a": "n", "b": "m"}).build()
    world.fakes["a"].add_link_secret("net", "x", "b/net", "a/net", issued_by="a")
    assert world.members().component(key("b")) == ours("b")


def test_a_token_that_a_policy_forbids_joins_nothing():
    world = World(tokens=frozenset({("b", "a")})).build()
    secret = world.fakes["b"].bodies[SECRET, "net", "to-a"]
    secret["metadata"]["labels"]["internal.skupper.io/disabled"] = "true"
    assert world.members().component(key("b")) == ours("b")


def test_a_claim_that_was_refused_joins_nothing():
    world = World().build()
    for name, annotations in (("open", {}), ("refused", {"internal.skupper.io/last-failed": "now"})):
        issuer = {"open": "a", "refused": "c"}[name]
        world.fakes["b"].add(SECRET, copied_token("net", name, issuer, "token-claim", **annotations))
    assert world.members().component(key("b")) == ours("ab")


def test_what_a_site_sees_has_the_sites_of_the_data_and_the_others():
    seen = World(links=frozenset({("x", "a"), ("b", "a")})).build().members().seen_by(key("a"))
    assert {(member.site_id, member.key) for member in seen} == {
        ("a", key("a")),
        ("b", key("b")),
        ("x", None),
    }


def test_a_gateway_is_recognised_by_its_id_or_namespace():
    (found,) = World(links=frozenset({("x", "a")})).build().members().strangers(key("a"))
    assert not found.gateway
    assert replace(found, site_id="gateway_pc_0").gateway
    assert replace(found, namespace="gateway-pc").gateway
