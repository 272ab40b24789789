"""Who is in a network, drawn at random and seen through statuses that partly lie."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.v1.members import Membership
from tests.skupper.fakes import NOW
from tests.skupper.worlds import ALL, OURS_IDS, PAIRS, STRANGERS, World, copied_token, ids, key, ours, reach


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
