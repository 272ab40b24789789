"""A token is replaced without ever losing a link that works for long."""

import random

import pytest

from reconcile.kinds import SECRET
from reconcile.skupper.plan import LinkState
from tests.skupper.played_fleet import PlayedFleet, replace_ca


def up(names: str = "ab", **rest) -> PlayedFleet:
    fleet = PlayedFleet(tuple(names), {"n": tuple(names)}, **rest)
    fleet.converge()
    assert all(report.converged for report in fleet.plan().links)
    return fleet


def restored() -> tuple[PlayedFleet, str]:
    """A fleet of which the token of a new CA did not connect, and the old token, which is in use again."""
    fleet = up(every=3)
    (old,) = fleet.tokens("b")
    replace_ca(fleet, "a")
    fleet.works = lambda _dialler, _issuer, token: token == old
    fleet.run(200)
    return fleet, old


def test_a_new_token_that_connects_replaces_the_old_one():
    fleet = up()
    (old,) = fleet.tokens("b")
    replace_ca(fleet, "a")
    fleet.converge()
    (new,) = fleet.tokens("b")
    assert new != old
    assert fleet.connections[frozenset("ab")].token == new


def test_a_new_token_that_does_not_connect_leaves_the_old_one_in_use():
    fleet, old = restored()
    assert fleet.connections[frozenset("ab")].token == old
    (finding,) = fleet.plan().errors
    assert finding.rule == "failed-rotation"


def test_a_rotation_that_failed_is_not_tried_again_by_itself():
    fleet, _ = restored()
    began = fleet.connections[frozenset("ab")].began
    fleet.every = 10
    fleet.run(600)
    assert fleet.connections[frozenset("ab")].began == began


def test_the_command_of_the_finding_has_it_tried_again():
    fleet, old = restored()
    fleet.works = lambda *_: True
    (finding,) = fleet.plan().errors
    command = f"oc -n net annotate secret {old} qontract-skupper/replacement-"
    assert command in finding.message
    del fleet.fakes["b"].bodies[SECRET, "net", old]["metadata"]["annotations"]["qontract-skupper/replacement"]
    fleet.converge()
    assert old not in fleet.tokens("b")


def test_the_token_of_a_later_ca_is_tried_although_that_of_the_former_one_failed():
    fleet, old = restored()
    bad = set(fleet.tokens("b"))
    replace_ca(fleet, "a", 3)
    fleet.works = lambda _dialler, _issuer, token: token == old or token not in bad
    fleet.converge()
    assert not bad & set(fleet.tokens("b"))
    assert frozenset("ab") in fleet.connections


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.exhaustive("one is a sample"))])
def test_no_two_links_of_neighbours_are_parked_at_once(seed: int):
    names = "abcdef"
    fleet = up(names, drawn=random.Random(seed), every=3)
    for index, name in enumerate(names):
        replace_ca(fleet, name, index + 10)

    def look(fleet: PlayedFleet) -> None:
        parked = [frozenset((name, issuer)) for name in names for token, issuer in parked_tokens(fleet, name)]
        near = {
            name: {other for pair in fleet.connections for other in pair if name in pair} for name in names
        }
        for one in parked:
            for other in parked:
                around = set(one).union(*(near[end] for end in one))
                assert one == other or not around & other

    fleet.run(300, look=look)
    assert parked_total(fleet) == 0
    assert {report.state for report in fleet.plan().links} == {LinkState.UP}


def parked_tokens(fleet: PlayedFleet, name: str) -> list[tuple[str, str]]:
    return [
        (secret, document["metadata"]["annotations"]["qontract-skupper/issuer"].partition("/")[0])
        for (kind, _, secret), document in fleet.fakes[name].bodies.items()
        if kind == SECRET and "qontract-skupper/parked" in document["metadata"].get("annotations", {})
    ]


def parked_total(fleet: PlayedFleet) -> int:
    return sum(len(parked_tokens(fleet, name)) for name in fleet.names)


def test_links_that_turn_their_direction_at_one_site_do_not_wait_for_each_other():
    """The others dial the first site until its cluster becomes private."""
    fleet = up("abc")
    fleet.hidden = frozenset("a")
    fleet.converge()
    assert set(fleet.tokens("a").values()) == {"b", "c"}
    assert not {"a"} & {issuer for name in "bc" for issuer in fleet.tokens(name).values()}
    assert {report.state for report in fleet.plan().links} == {LinkState.UP}


def test_a_site_at_which_links_turn_always_keeps_one():
    fleet = up("abc")
    fleet.hidden = frozenset("a")

    def look(fleet: PlayedFleet) -> None:
        assert fleet.component("a") == frozenset("abc")

    fleet.run(120, look=look)


def test_an_uplink_that_moves_to_a_site_that_does_not_answer_comes_back():
    fleet = up("abe", edges=frozenset("e"))
    (used,) = {issuer for pair in fleet.connections if "e" in pair for issuer in pair - {"e"}}
    (other,) = set("ab") - {used}
    fleet.works = lambda dialler, issuer, _token: (dialler, issuer) != ("e", other)
    fleet.networks = {"n": (other, "e")}
    fleet.run(200)
    assert frozenset({"e", used}) in fleet.connections
