"""Sites that move between networks never join them."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.kinds import SECRET
from reconcile.skupper.plan import LinkState, Verb
from tests.skupper.played_fleet import PlayedFleet, joined


def two_networks() -> PlayedFleet:
    fleet = PlayedFleet(tuple("abcdef"), {"n": tuple("abc"), "m": tuple("def")})
    fleet.settle()
    assert {report.state for report in fleet.plan().links} == {LinkState.UP}
    return fleet


def test_a_site_that_moves_leaves_its_old_network_before_it_joins_the_new_one():
    fleet = two_networks()
    fleet.networks = {"n": tuple("ab"), "m": tuple("cdef")}
    look = NothingJoined(fleet)
    fleet.run(60, look=look)
    assert fleet.component("c") == frozenset("cdef")


class NothingJoined:
    """Looks at a fleet each second: no two sites of different networks are connected that were not already."""

    def __init__(self, fleet: PlayedFleet) -> None:
        self.before = set(joined(fleet))

    def __call__(self, fleet: PlayedFleet) -> None:
        now = set(joined(fleet))
        assert now <= self.before
        self.before = now


def test_the_links_of_the_old_network_go_at_once_and_without_a_budget():
    fleet = two_networks()
    fleet.networks = {"n": tuple("ab"), "m": tuple("cdef")}
    cut = [c for c in fleet.plan().changes if c.verb is Verb.DELETE and c.kind == SECRET]
    assert len(cut) == 2
    assert all(change.ready and not change.removal for change in cut)


def test_the_reason_says_that_the_site_moves():
    fleet = two_networks()
    fleet.networks = {"n": tuple("ab"), "m": tuple("cdef")}
    cut = [c for c in fleet.plan().changes if c.verb is Verb.DELETE and c.kind == SECRET]
    assert {change.reason for change in cut} == {"c/net moves from network n to m"}


def test_a_network_that_is_split_is_cut_first():
    fleet = PlayedFleet(tuple("abcd"), {"n": tuple("abcd")})
    fleet.settle()
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
    fleet.settle()
    assert fleet.component("a") == frozenset("abcdef")


def test_no_link_is_made_while_a_cluster_with_the_old_link_does_not_answer():
    fleet = two_networks()
    fleet.unread = frozenset("c")
    fleet.networks = {"n": tuple("ab"), "m": tuple("cdef")}
    look = NothingJoined(fleet)
    fleet.run(120, look=look)
    fleet.unread = frozenset()
    fleet.run(60, look=look)
    assert fleet.component("c") == frozenset("cdef")


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_no_path_ever_joins_two_networks_that_had_none(seed: int):
    """Over random assignments of sites to networks, clusters that do not answer, killed runs and dead tokens."""
    drawn = random.Random(seed)
    names = tuple("abcdefg")
    fleet = PlayedFleet(names, {"n": names[:4], "m": names[4:]}, drawn=drawn)
    fleet.settle()
    for _ in range(6):
        assigned = {name: drawn.choice(["n", "m", "o"]) for name in names}
        fleet.networks = {
            network: tuple(name for name in names if assigned[name] == network) for network in ("n", "m", "o")
        }
        fleet.unread = frozenset(name for name in names if drawn.random() < 0.15)
        dead = drawn.random() < 0.3
        fleet.works = lambda _d, _i, token, dead=dead: not dead or hash_of(token) % 3 > 0
        look = NothingJoined(fleet)
        fleet.run(drawn.randint(3, 60), kills=drawn.choice([0.0, 0.5]), look=look)
    fleet.unread, fleet.works = frozenset(), lambda *_: True
    fleet.run(200)
    assert not set(joined(fleet))
    for network, sites in fleet.networks.items():
        assert all(fleet.component(site) == frozenset(sites) for site in sites), network


def hash_of(token: str) -> int:
    return int(token[-4:], 16)
