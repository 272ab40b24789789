"""Sites that move between networks never join them."""

from reconcile.skupper.plan import LinkState, Verb
from tests.skupper.played_fleet import NothingJoined, PlayedFleet


def two_networks() -> PlayedFleet:
    fleet = PlayedFleet(tuple("abcdef"), {"n": tuple("abc"), "m": tuple("def")})
    fleet.converge()
    assert {report.state for report in fleet.plan().links} == {LinkState.UP}
    return fleet


def test_a_site_that_moves_leaves_its_old_network_before_it_joins_the_new_one():
    fleet = two_networks()
    fleet.networks = {"n": tuple("ab"), "m": tuple("cdef")}
    look = NothingJoined(fleet)
    fleet.run(60, look=look)
    assert fleet.component("c") == frozenset("cdef")


def test_the_links_of_the_old_network_go_at_once_and_without_a_budget():
    fleet = two_networks()
    fleet.networks = {"n": tuple("ab"), "m": tuple("cdef")}
    cut = [c for c in fleet.plan().changes if c.cluster == "c" and c.name in fleet.tokens("c")]
    assert len(cut) == 2
    assert all(c.verb is Verb.DELETE and c.ready and not c.removal for c in cut)


def test_the_reason_says_that_the_site_moves():
    fleet = two_networks()
    fleet.networks = {"n": tuple("ab"), "m": tuple("cdef")}
    cut = [c for c in fleet.plan().changes if c.cluster == "c" and c.name in fleet.tokens("c")]
    assert {change.reason for change in cut} == {"c/net moves from network n to m"}


def test_a_network_that_is_split_is_cut_first():
    fleet = PlayedFleet(tuple("abcd"), {"n": tuple("abcd")})
    fleet.converge()
    fleet.networks = {"n": tuple("ac"), "m": tuple("bd")}
    look = NothingJoined(fleet)
    assert look.before
    fleet.run(60, look=look)
    assert fleet.component("a") == frozenset("ac")
    assert fleet.component("b") == frozenset("bd")


def test_networks_that_are_merged_keep_their_links():
    fleet = two_networks()
    tokens = {name: set(fleet.tokens(name)) for name in fleet.names}
    fleet.networks = {"n": tuple("abcdef")}
    deleted = [c.name for c in fleet.plan().ready if c.verb is Verb.DELETE]
    assert not set(deleted) & set().union(*tokens.values())
    fleet.converge()
    assert fleet.component("a") == frozenset("abcdef")


def test_no_link_is_made_while_a_cluster_that_holds_an_old_token_does_not_answer():
    """The tokens of b and c, which dial a, are on their own clusters."""
    fleet = two_networks()
    fleet.unread = frozenset("b")
    fleet.networks = {"n": tuple("bc"), "m": tuple("adef")}
    look = NothingJoined(fleet)
    fleet.run(60, look=look)
    assert fleet.component("a") == frozenset("abc")
    fleet.unread = frozenset()
    fleet.run(60, look=look)
    assert fleet.component("a") == frozenset("adef")
