"""Orders on clusters: tokens are rotated, a site is cut off and linked again, and runs in between respect that."""

import pytest

from reconcile.kinds import DEPLOYMENT, SECRET
from reconcile.skupper.orders import Order, OrderKind
from reconcile.skupper.plan import LinkState
from reconcile.skupper.sites import SiteKey
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, now, three_clusters

CUT_OFF = SiteKey("a", "net")


def order(kind: OrderKind) -> Order:
    return Order(kind=kind, sites=frozenset({CUT_OFF}), at=now(), by="alice")


def tokens(fleet: Harness) -> dict[str, str]:
    """The tokens that routers dial with -> the issuer."""
    return {
        secret["metadata"]["name"]: secret["metadata"]["annotations"]["qontract-skupper/issuer"]
        for secret in fleet.objects(SECRET)
        if secret["metadata"].get("labels", {}).get("skupper.io/type") == "connection-token"
    }


class Played:
    """What came of one rotation, one cut, a run, and the end of the cut."""

    def __init__(self, fleet: Harness) -> None:
        assert fleet.run().all_up
        routers = pods(fleet)
        self.first = tokens(fleet)
        self.dry = fleet.run(order=order(OrderKind.ROTATE), dry_run=True)
        self.rotating = fleet.run(order=order(OrderKind.ROTATE), pace=20.0, wait=600)
        self.rotated = tokens(fleet)
        self.again = fleet.run()
        self.cutting = fleet.run(order=order(OrderKind.CUT), pace=20.0, wait=600)
        self.cut = tokens(fleet)
        self.during = fleet.run()
        self.restarted = pods(fleet) != routers
        self.ending = fleet.run(order=order(OrderKind.END_CUT), pace=10.0, wait=600)
        self.after = fleet.run()


def pods(fleet: Harness) -> dict[str, object]:
    """The pod template of each router; another one would restart it."""
    return {
        found["metadata"]["uid"]: found["spec"]["template"]["metadata"]
        for found in fleet.objects(DEPLOYMENT)
        if found["metadata"]["name"] == "skupper-router"
    }


@pytest.fixture(scope="module")
def played(backend: Backend) -> Played:
    with three_clusters(backend) as fleet:
        return Played(fleet)


def states(run: RunResult) -> dict[str, LinkState]:
    return {link: state for link, state in run.states.items() if str(CUT_OFF) in link}


def test_a_dry_run_of_a_rotation_shows_its_marks_and_requests(played: Played):
    assert played.dry.writes == 0
    verbs = [line.partition(",")[0].strip("['") for line in played.dry.actions]
    assert verbs.count("patch") == 1
    assert verbs.count("create") == 2 * len([link for link in played.dry.states if str(CUT_OFF) in link])


def test_a_rotation_replaces_every_token_of_the_site(played: Played):
    assert played.rotating.all_up
    kept = played.first.keys() & played.rotated.keys()
    assert {played.first[name] for name in kept} == {"b/net"}
    assert len(kept) < len(played.first)
    assert sorted(played.first.values()) == sorted(played.rotated.values())


def test_a_run_after_a_rotation_writes_nothing(played: Played):
    assert played.again.writes == 0


def test_a_cut_deletes_the_tokens_at_both_ends_and_sees_the_links_gone(played: Played):
    assert not played.cutting.failures
    assert set(states(played.cutting).values()) == {LinkState.CUT}
    assert str(CUT_OFF) not in played.cut.values()


def test_a_run_while_a_site_is_cut_off_writes_nothing(played: Played):
    assert played.during.writes == 0
    assert set(states(played.during).values()) == {LinkState.CUT}


def test_neither_rotation_nor_cut_restarts_a_router(played: Played):
    assert not played.restarted


def test_the_end_of_a_cut_links_the_site_again(played: Played):
    assert played.ending.all_up
    assert played.after.writes == 0
