"""A parked token never stays out of use for long, whatever keeps a run from seeing what replaces it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from reconcile.kinds import DEPLOYMENT, ROUTE, SECRET
from reconcile.skupper.plan import Change, LinkState, Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.selection import Selection
from reconcile.skupper.waits import WaitKind
from tests.skupper.fakes import plan
from tests.skupper.played_fleet import TYPE, PlayedFleet, replace_ca

LATER = timedelta(minutes=2)
IN_TIME = timedelta(seconds=70)
"""After the parking: a run that has watched it judges the new token."""
YEARS = timedelta(days=3650)


@pytest.fixture
def fleet() -> PlayedFleet:
    """b dials a; its old token is parked for the new one, which has not connected yet."""
    found = PlayedFleet(("a", "b"), {"n": ("a", "b")})
    found.converge()
    assert [report.state for report in found.plan().links] == [LinkState.UP]
    (old,) = found.tokens("b")
    found.works = lambda _dialler, _issuer, token: token == old
    replace_ca(found, "a")
    for _ in range(60):
        found.second()
        if parked(found):
            break
    assert parked(found) == [old]
    return found


def parked(fleet: PlayedFleet) -> list[str]:
    return [
        name
        for (kind, _, name), document in fleet.fakes["b"].bodies.items()
        if kind == SECRET and "qontract-skupper/parked" in document["metadata"].get("annotations", {})
    ]


def steps(found: Plan, name: str) -> list[Change]:
    return [change for change in found.changes if change.name == name and change.cluster == "b"]


def restores(found: Plan, name: str) -> bool:
    """True if the only step is the one that makes the Secret a token again, and its rotation is open again."""
    expected = {"labels": {TYPE: "connection-token"}}
    nothing = dict.fromkeys(f"qontract-skupper/{name}" for name in ("parked", "former-link", "replacement"))
    metadata = {**expected, "annotations": nothing}
    return [(change.ready, change.body) for change in steps(found, name)] == [(True, {"metadata": metadata})]


def by_a_wrong_clock(fleet: PlayedFleet) -> PlanInput:
    inputs = fleet.inputs()
    snapshots = {
        name: replace(snapshot, heartbeat_at=inputs.now, clock_ahead=-YEARS)
        for name, snapshot in inputs.snapshots.items()
    }
    return replace(inputs, snapshots=snapshots, now=inputs.now + YEARS)


def with_an_issuer_that_is_down(fleet: PlayedFleet) -> PlanInput:
    fleet.unread = frozenset("a")
    return replace(fleet.inputs(), now=fleet.now + LATER)


def with_a_filter(fleet: PlayedFleet) -> PlanInput:
    return replace(fleet.inputs(), selection=Selection(clusters=frozenset("b")), now=fleet.now + LATER)


def with_an_issuer_without_a_host(fleet: PlayedFleet) -> PlanInput:
    fleet.fakes["a"].remove(ROUTE, "net", "skupper-inter-router")
    return replace(fleet.inputs(), now=fleet.now + LATER)


def with_an_issuer_without_certificates(fleet: PlayedFleet) -> PlanInput:
    fleet.fakes["a"].remove(SECRET, "net", "skupper-site-ca")
    return replace(fleet.inputs(), now=fleet.now + LATER)


def with_a_restarted(name: str) -> Callable[[PlayedFleet], PlanInput]:
    def restarted(fleet: PlayedFleet) -> PlanInput:
        router = fleet.fakes[name].bodies[DEPLOYMENT, "net", "skupper-router"]
        moment = (fleet.now + timedelta(seconds=10)).isoformat()
        began = {"type": "Available", "status": "True", "lastTransitionTime": moment}
        router["status"] = {"readyReplicas": 1, "conditions": [began]}
        return replace(fleet.inputs(), now=fleet.now + IN_TIME)

    return restarted


def with_a_dialler_that_has_not_loaded_it(fleet: PlayedFleet) -> PlanInput:
    fleet.fakes["b"].add_connectors("net", fleet.site_id("b"))
    return replace(fleet.inputs(), now=fleet.now + IN_TIME)


def with_a_dialler_that_is_made_again(fleet: PlayedFleet) -> PlanInput:
    fleet.fakes["b"].remove(DEPLOYMENT, "net", "skupper-service-controller")
    return replace(fleet.inputs(), now=fleet.now + IN_TIME)


def test_a_new_token_that_did_not_connect_has_failed(fleet: PlayedFleet):
    (old,) = parked(fleet)
    found = plan(replace(fleet.inputs(), now=fleet.now + IN_TIME))
    assert steps(found, old)
    assert not restores(found, old)


@pytest.mark.parametrize(
    "met",
    [
        with_a_restarted("a"),
        with_a_restarted("b"),
        with_a_dialler_that_has_not_loaded_it,
        with_a_dialler_that_is_made_again,
        by_a_wrong_clock,
        with_an_issuer_that_is_down,
        with_a_filter,
        with_an_issuer_without_a_host,
        with_an_issuer_without_certificates,
    ],
)
def test_a_token_is_restored_if_what_replaces_it_cannot_be_judged(
    fleet: PlayedFleet, met: Callable[[PlayedFleet], PlanInput]
):
    (old,) = parked(fleet)
    assert restores(plan(met(fleet)), old)


@pytest.mark.parametrize("age", [timedelta(minutes=-2), timedelta(minutes=3)], ids=["to come", "long ago"])
def test_a_rotation_that_no_run_has_watched_is_tried_again(fleet: PlayedFleet, age: timedelta):
    """The run was killed: what is down now need not be down because of the new token."""
    (old,) = parked(fleet)
    assert restores(plan(replace(fleet.inputs(), now=fleet.now + age)), old)


def test_a_token_stays_parked_if_the_clock_of_the_run_that_parked_it_is_a_little_ahead(fleet: PlayedFleet):
    (old,) = parked(fleet)
    (step,) = steps(plan(replace(fleet.inputs(), now=fleet.now - timedelta(seconds=20))), old)
    assert step.waits_for is not None
    assert step.waits_for.kind is WaitKind.PROVEN


def test_a_run_stays_until_it_is_decided_although_the_issuer_cannot_be_read(fleet: PlayedFleet):
    (old,) = parked(fleet)
    fleet.unread = frozenset("a")
    (step,) = steps(fleet.plan(), old)
    assert step.waits_for is not None
    assert step.waits_for.kind is WaitKind.PROVEN


def test_nothing_is_restored_before_the_issuer_has_answered(fleet: PlayedFleet):
    (old,) = parked(fleet)
    fleet.unread = frozenset("a")
    inputs = replace(fleet.inputs(), now=fleet.now + LATER, awaited=frozenset("a"))
    assert not steps(plan(inputs), old)


def test_the_rotation_is_tried_again_once_the_issuer_can_be_read(fleet: PlayedFleet):
    fleet.unread = frozenset("a")
    fleet.run(120)
    assert not parked(fleet)
    fleet.unread, fleet.works = frozenset(), lambda *_: True
    (before,) = {each.token for each in fleet.connections.values()}
    fleet.run(300)
    assert {each.token for each in fleet.connections.values()} != {before}


def test_an_unreadable_time_of_parking_proves_no_link(fleet: PlayedFleet):
    (old,) = parked(fleet)
    fleet.fakes["b"].bodies[SECRET, "net", old]["metadata"]["annotations"]["qontract-skupper/parked"] = "?"
    (link,) = fleet.plan().links
    assert link.state is LinkState.DELIVERED


def test_the_active_uplink_of_an_edge_site_is_restored_if_no_declared_one_comes_up():
    fleet = PlayedFleet(("a", "b", "e"), {"n": ("a", "b", "e")}, edges=frozenset("e"))
    fleet.converge()
    (active,) = {each.token for each in fleet.connections.values() if each.dialler == "e"}
    issuer = fleet.tokens("e")[active]
    other = next(name for name in "ab" if name != issuer)
    fleet.works = lambda _dialler, _issuer, token: token == active or _dialler != "e"
    fleet.networks = {"n": (other, "e")}
    fleet.run(200)
    assert fleet.tokens("e").get(active) == issuer


def test_an_edge_site_both_of_whose_uplinks_are_undeclared_changes_to_the_declared_ones():
    """The uplink on standby goes first: it would take over from the one that is parked."""
    fleet = PlayedFleet(tuple("abcdefg"), {"n": tuple("abcdefg")}, edges=frozenset("e"), every=3)
    fleet.converge()
    former = set(fleet.tokens("e").values())
    fleet.works = lambda dialler, issuer, _: (
        dialler != "e" or issuer in former or former.isdisjoint(fleet.tokens("e").values())
    )
    fleet.networks = {"n": tuple(name for name in "abcdefg" if name not in former)}
    fleet.run(400)
    assert len(former) == len(set(fleet.tokens("e").values()) - former) == 2
    assert not fleet.plan().errors


def test_a_token_is_restored_before_anything_that_may_fail_in_its_namespace(fleet: PlayedFleet):
    (old,) = parked(fleet)
    found = plan(replace(fleet.inputs(), now=fleet.now + LATER))
    there = [change for change in found.ready if change.work_key == ("b", "net")]
    assert len(there) > 1
    assert there[0].name == old
