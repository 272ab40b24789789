"""Who is in a network, drawn at random and seen through statuses that partly lie."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import CONFIG_MAP, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.v1.members import Membership
from reconcile.skupper.v1.observed_state import ObservedState
from tests.skupper.fakes import NOW, body
from tests.skupper.reported import (
    ALL,
    OTHERS,
    OURS_IDS,
    PAIRS,
    ReportedFleet,
    copied_token,
    ids,
    key,
    ours,
    reach,
)


@st.composite
def reported_fleets(draw, **fixed) -> ReportedFleet:
    edges = draw(st.frozensets(st.sampled_from(ALL), max_size=3))
    legal = [pair for pair in PAIRS if pair[1] not in edges]
    links = draw(st.frozensets(st.sampled_from(legal), max_size=7))
    return ReportedFleet(
        edges=edges, links=links, **{name: draw(drawn) for name, drawn in fixed.items()}
    ).build()


def test_a_network_is_what_is_linked():
    assert ReportedFleet(links=frozenset({("b", "a"), ("d", "c")})).build().members().component(
        key("a")
    ) == ours("ab")


@given(reported_fleets())
def test_the_component_of_a_site_is_all_that_is_linked_with_it(fleet):
    members = fleet.members()
    for name in OURS_IDS:
        assert members.component(key(name)) == ours(reach(name, fleet.links))


@given(reported_fleets())
def test_unknown_members_are_those_that_the_data_does_not_have(fleet):
    members = fleet.members()
    for name in OURS_IDS:
        found = members.unknown_members(key(name))
        assert ids(found) == reach(name, fleet.links) & set(OTHERS)
        assert all(key(name) in member.seen_by for member in found)


@given(
    reported_fleets(), st.frozensets(st.sampled_from([p for p in PAIRS if set(p) & set(OTHERS)]), max_size=4)
)
def test_an_interior_site_that_ended_is_no_unknown_member_though_it_is_still_listed(fleet, lost):
    # What is linked still, or is an edge site, is not what this is about.
    gone = set(OTHERS) - {end for link in fleet.links for end in link} - fleet.edges
    lost = frozenset(pair for pair in lost if set(pair) & set(OTHERS) <= gone)
    members = ReportedFleet(edges=fleet.edges, links=fleet.links, lost=lost).build().members()
    for name in OURS_IDS:
        assert ids(members.unknown_members(key(name))) == reach(name, fleet.links) & set(OTHERS)


@given(reported_fleets(stale=st.frozensets(st.sampled_from(OURS_IDS), min_size=1, max_size=3)))
def test_the_status_of_a_site_whose_router_is_down_does_not_count(fleet):
    stale = fleet.members()
    for name in fleet.stale:
        fleet.fakes[name].remove(CONFIG_MAP, "net", "skupper-network-status")
    absent = fleet.members()
    for name in OURS_IDS:
        assert stale.component(key(name)) == absent.component(key(name))
        assert ids(stale.unknown_members(key(name))) == ids(absent.unknown_members(key(name)))
        assert all(name not in member.seen_by for member in stale.unknown_members(key(name)))


@given(
    reported_fleets(
        tokens=st.frozensets(st.sampled_from([p for p in PAIRS if set(p) <= set(OURS_IDS)]), max_size=4)
    )
)
def test_an_active_token_joins_its_site_and_the_one_that_issued_it(fleet):
    members = fleet.members()
    for name in OURS_IDS:
        assert members.component(key(name)) == ours(reach(name, fleet.links | fleet.tokens))


@given(
    reported_fleets(tokens=st.frozensets(st.sampled_from([p for p in PAIRS if p[0] in OURS_IDS]), max_size=4))
)
def test_components_do_not_overlap(fleet):
    members = fleet.members()
    for name in OURS_IDS:
        part = members.component(key(name))
        assert key(name) in part
        assert all(members.component(other) == part for other in part)


@given(reported_fleets(unread=st.frozensets(st.sampled_from(OURS_IDS), min_size=1, max_size=2)))
def test_a_site_of_a_cluster_that_cannot_be_read_is_known_by_its_name(fleet):
    members = fleet.members()
    for name in set(OURS_IDS) - fleet.unread:
        assert not ids(members.unknown_members(key(name))) & set(OURS_IDS)


def test_a_site_that_is_being_removed_is_no_unknown_member():
    fleet = ReportedFleet(links=frozenset({("b", "a")}), networks={"a": "n"}, left=frozenset("b")).build()
    assert fleet.members().unknown_members(key("a")) == ()


def test_a_site_is_known_while_anything_that_it_owns_is_left():
    fleet = ReportedFleet(
        links=frozenset({("b", "a")}), networks={"a": "n"}, edges=frozenset("b"), left=frozenset("b")
    ).build()
    fleet.fakes["b"].remove(CONFIG_MAP, "net", "skupper-site")
    fleet.fakes["b"].remove(CONFIG_MAP, "net", "skupper-network-status")
    assert fleet.members().unknown_members(key("a")) == ()


def created(
    *, ago: timedelta, member: str = "b-net", account_for: timedelta = timedelta(days=1)
) -> Membership:
    """The edge site b is new, its ServiceAccount older, and a lists a member that began between the two."""
    fleet = ReportedFleet(links=frozenset({("b", "a")}), edges=frozenset("b")).build()
    kept = CONFIG_MAP, "net", "skupper-site"
    fleet.fakes["b"].bodies = {kept: fleet.fakes["b"].bodies[kept]}
    remembered = fleet.fakes["a"].bodies[CONFIG_MAP, "net", "skupper-network-status"]["data"]
    began = NOW - ago - min(account_for, timedelta(minutes=10))
    for old, changed in (("b-net", member), ("1700000000000000", f"{began.timestamp():.0f}000000")):
        remembered["NetworkStatus"] = remembered["NetworkStatus"].replace(old, changed)
    new = fleet.fakes["b"].bodies[kept]["metadata"]
    outlives = body(SERVICE_ACCOUNT, "net", "skupper-site-controller")
    outlives["metadata"]["creationTimestamp"] = f"{NOW - ago - account_for:%Y-%m-%dT%H:%M:%SZ}"
    fleet.fakes["b"].add(SERVICE_ACCOUNT, outlives)
    new["uid"], new["creationTimestamp"] = "new", f"{NOW - ago:%Y-%m-%dT%H:%M:%SZ}"
    return fleet.members()


def test_the_former_id_of_a_site_that_was_just_recreated_is_no_unknown_member():
    assert created(ago=timedelta(seconds=30)).unknown_members(key("a")) == ()


def test_nor_is_it_if_the_new_one_has_another_name():
    members = created(ago=timedelta(seconds=30), member="former")
    assert members.unknown_members(key("a")) == ()


def test_what_began_while_a_site_was_made_for_the_first_time_was_no_former_one():
    members = created(ago=timedelta(seconds=30), member="other", account_for=timedelta(seconds=1))
    assert ids(members.unknown_members(key("a"))) == {"b"}


def test_after_two_minutes_a_site_of_the_same_name_is_an_unknown_member():
    assert ids(created(ago=timedelta(minutes=3)).unknown_members(key("a"))) == {"b"}


def test_an_unknown_member_has_name_namespace_and_start():
    (found,) = ReportedFleet(links=frozenset({("x", "a")})).build().members().unknown_members(key("a"))
    assert (found.name, found.namespace, found.site_id, found.key) == ("x-net", "net", "x", None)
    assert found.since == datetime.fromtimestamp(1_700_000_000, UTC)


def test_the_copy_at_the_issuer_joins_nothing():
    fleet = ReportedFleet(networks={"a": "n", "b": "m"}).build()
    fleet.fakes["a"].add_link_secret("net", "x", "b/net", "a/net", issued_by="a")
    assert fleet.members().component(key("b")) == ours("b")


def test_a_token_that_a_policy_forbids_joins_nothing():
    fleet = ReportedFleet(tokens=frozenset({("b", "a")})).build()
    secret = fleet.fakes["b"].bodies[SECRET, "net", "to-a"]
    secret["metadata"]["labels"]["internal.skupper.io/disabled"] = "true"
    assert fleet.members().component(key("b")) == ours("b")


def test_a_claim_that_was_refused_joins_nothing():
    fleet = ReportedFleet().build()
    for name, annotations in (("open", {}), ("refused", {"internal.skupper.io/last-failed": "now"})):
        issuer = {"open": "a", "refused": "c"}[name]
        fleet.fakes["b"].add(SECRET, copied_token("net", name, issuer, "token-claim", **annotations))
    assert fleet.members().component(key("b")) == ours("ab")


def test_what_a_site_sees_has_the_sites_of_the_data_and_the_others():
    seen = ReportedFleet(links=frozenset({("x", "a"), ("b", "a")})).build().members().seen_by(key("a"))
    assert {(member.site_id, member.key) for member in seen} == {
        ("a", key("a")),
        ("b", key("b")),
        ("x", None),
    }


def test_a_gateway_is_recognised_by_its_id_or_namespace():
    (found,) = ReportedFleet(links=frozenset({("x", "a")})).build().members().unknown_members(key("a"))
    assert not found.gateway
    assert replace(found, site_id="gateway_pc_0").gateway
    assert replace(found, namespace="gateway-pc").gateway


def test_a_status_is_parsed_once_for_all_plans_that_see_the_same_object():
    inputs = ReportedFleet(links=frozenset({("a", "b")})).build().inputs()

    first, second = (ObservedState(inputs).site(key("a")).status for _ in range(2))

    assert first is not None
    assert first is second


def test_a_status_that_changed_is_parsed_again():
    fleet = ReportedFleet(links=frozenset({("a", "b")})).build()
    before = ObservedState(fleet.inputs()).site(key("a")).status
    fleet.write("a", {"a": []})

    after = ObservedState(fleet.inputs()).site(key("a")).status

    assert before is not None
    assert after is not None
    assert (before.sites.keys(), after.sites.keys()) == ({"a", "b"}, {"a"})
