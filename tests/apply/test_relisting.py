"""Listing in turn: how soon a change is noticed, what is listed when, and what is given up."""

import pytest

from reconcile.apply.cache import ClusterCache
from reconcile.apply.observing import Accounts
from reconcile.apply.relisting import AWAITED_EVERY, LISTERS, LOOK_EVERY, OTHERS_EVERY, Relister
from reconcile.apply.scopes import Scope
from reconcile.apply.sinks import LOST_AFTER, Sink
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.openshift import errors
from reconcile.skupper.list_requests import ListRequest

from .fakes import LABEL, Clock, FakeClient, Stop, error

READS = (
    ListRequest(CONFIG_MAP, labels=LABEL),
    ListRequest(SECRET, labels=LABEL),
    ListRequest(DEPLOYMENT, labels=LABEL),
)
EVERYWHERE = ("one", "two", "three")


class Relisted:
    """Three namespaces, three LISTs each, listed by one thread for as long as a test says."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.client = FakeClient("a", cluster_wide=False)
        self.cache = ClusterCache()
        self.reported: list[str] = []
        self.told_at: list[float] = []
        self.plays: list = []
        """What happens while a thread waits, with the moment."""

    def work(self, until: float, *, awaited=EVERYWHERE, costs: float = 0.0) -> None:
        """`costs` is how long one LIST takes."""
        answer = self.client.list

        def slow(*words, **options):
            self.clock.now += costs
            return answer(*words, **options)

        self.client.list = slow
        stop = Stop(self.clock, until)
        stop.plays = self.plays
        sink = Sink(
            self.cache,
            lambda: self._tell("changed"),
            lambda refusal: self._tell(f"refused: {refusal}"),
            lambda reason: self._tell(f"lost: {reason}"),
            self.clock,
            stop,
        )
        scopes = [Scope(read, namespace, "0") for read in READS for namespace in EVERYWHERE]
        self.relister = Relister(scopes, Accounts(self.client), sink)
        self.relister.attend(awaited)
        self.relister.work()

    def at(self, moment: float, happens) -> None:
        """Have something happen at the first request from that moment on."""

        def probe() -> None:
            if self.clock.now >= moment:
                happens()
            else:
                self.client.before("list", probe)

        self.client.before("list", probe)

    def lists(self, namespace: str) -> float:
        """How often all of a namespace was listed."""
        return self.client.times("list", namespace) / len(READS)

    def _tell(self, what: str) -> None:
        self.reported.append(what)
        self.told_at.append(self.clock.now)


@pytest.fixture
def relisted() -> Relisted:
    return Relisted()


def test_where_something_is_awaited_all_is_listed_at_once(relisted: Relisted):
    relisted.work(until=0.5)
    assert [relisted.lists(namespace) for namespace in EVERYWHERE] == [1, 1, 1]


def test_a_change_where_something_is_awaited_is_noticed_within_seconds(relisted: Relisted):
    relisted.at(7, lambda: relisted.client.put("x", "two"))
    relisted.work(until=20)
    assert relisted.reported == ["changed"]
    assert relisted.told_at[0] <= 7 + AWAITED_EVERY


def test_a_change_where_nothing_is_awaited_is_noticed_as_well(relisted: Relisted):
    relisted.at(7, lambda: relisted.client.put("x", "two"))
    relisted.work(until=60, awaited=("one",))
    assert relisted.reported == ["changed"]
    assert relisted.told_at[0] <= 7 + OTHERS_EVERY + LOOK_EVERY


def test_where_nothing_is_awaited_lists_are_few(relisted: Relisted):
    relisted.work(until=60, awaited=("one",))
    assert relisted.lists("one") >= 60 / (AWAITED_EVERY + LOOK_EVERY)
    assert relisted.lists("two") <= 60 / OTHERS_EVERY


def test_a_namespace_that_becomes_awaited_is_listed_soon(relisted: Relisted):
    relisted.at(1, lambda: relisted.relister.attend(("one", "two")))
    relisted.work(until=4 + AWAITED_EVERY + LOOK_EVERY, awaited=("one",))
    assert relisted.lists("two") >= 1
    assert relisted.lists("three") == 0


def test_a_namespace_that_becomes_awaited_while_all_is_idle_is_listed_soon(relisted: Relisted):
    relisted.plays.append((1, lambda: relisted.relister.attend(("two",))))
    relisted.work(until=1 + 2 * LOOK_EVERY, awaited=())
    assert [relisted.lists(namespace) for namespace in EVERYWHERE] == [0, 1, 0]


def test_slow_lists_are_not_sent_faster_than_they_are_answered(relisted: Relisted):
    relisted.work(until=100, costs=2)
    assert len(relisted.client.asked) <= 50
    assert min(relisted.lists(namespace) for namespace in EVERYWHERE) >= 4


def test_threads_are_no_more_than_namespaces_and_never_many(relisted: Relisted):
    def threads(count: int) -> int:
        sink = Sink(relisted.cache, lambda: None, lambda _: None, lambda _: None)
        scopes = [Scope(read, f"n{number}", "0") for read in READS for number in range(count)]
        return Relister(scopes, Accounts(relisted.client), sink).threads

    assert [threads(0), threads(2), threads(60), threads(600)] == [0, 2, LISTERS, LISTERS]


def test_a_namespace_that_is_forbidden_is_reported_and_the_others_go_on(relisted: Relisted):
    refusal = error(errors.Forbidden, namespace="two")
    relisted.client.fail("list", refusal, namespace="two")
    relisted.work(until=20)
    assert relisted.reported == [f"refused: {refusal}"] * len(READS)
    assert relisted.lists("two") == 1
    assert relisted.lists("one") > 3


def test_a_namespace_that_fails_while_others_answer_is_given_up_alone(relisted: Relisted):
    failure = error(errors.ServerFault, namespace="two")
    relisted.client.fail("list", failure, namespace="two")
    relisted.work(until=30)
    assert relisted.reported == [f"refused: {failure}"]
    assert LOST_AFTER < relisted.told_at[0] <= LOST_AFTER + AWAITED_EVERY
    assert relisted.lists("three") > 5


def test_a_cluster_that_does_not_answer_is_given_up_once(relisted: Relisted):
    relisted.client.fail("list", error(errors.Unreachable))
    relisted.work(until=60)
    assert relisted.reported == [f"lost: {error(errors.Unreachable)}"]
    assert LOST_AFTER < relisted.told_at[0] <= LOST_AFTER + AWAITED_EVERY


def test_a_cluster_that_fails_for_a_moment_is_not_given_up(relisted: Relisted):
    relisted.at(30, lambda: relisted.client.fail("list", error(errors.Unreachable), times=6))
    relisted.at(60, lambda: relisted.client.fail("list", error(errors.Unreachable), times=6))
    relisted.work(until=100)
    assert relisted.reported == []


def test_an_account_that_is_not_accepted_any_more_ends_the_cluster_at_once(relisted: Relisted):
    relisted.at(10, lambda: relisted.client.fail("list", error(errors.Unauthorised)))
    relisted.work(until=60)
    assert relisted.reported == [f"lost: {error(errors.Unauthorised)}"]
