"""Following a fleet: what is seen when, how long it takes, and that nothing is applied."""

import threading
from collections.abc import Callable

import pytest

from reconcile.apply.following import READ_AGAIN, Following
from reconcile.apply.refreshing import EVERY
from reconcile.apply.running import Outcome
from reconcile.skupper.plan import LinkReport, LinkState, SiteReport, SiteState
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link

from .fakes import FakeClient, change, manifest
from .fleets import BEGAN, FakeFleet, Planner, Played

A, B = SiteKey("a", "net"), SiteKey("b", "net")


class Looking:
    """Somebody who looks at two clusters, with all that they saw."""

    def __init__(self, *late: str) -> None:
        self.fleet = FakeFleet(FakeClient("a"), FakeClient("b"), late=late)
        self.played = Played(self.fleet)
        self.planner = Planner(sites=tuple(self.site(key) for key in (A, B)))
        self.stop = threading.Event()
        self.opened = 0
        self.seen: list[tuple[float, Outcome]] = []

    def site(self, key: SiteKey, state: SiteState = SiteState.READY) -> SiteReport:
        return SiteReport(network="n", key=key, name="s", mode="interior", state=state)

    def link(self, state: LinkState) -> None:
        self.planner.links = (LinkReport(network="n", link=Link(B, A), state=state),)

    def follow(self, longest: float, enough: Callable[[Outcome], bool] = lambda _: False) -> None:
        def saw(outcome: Outcome) -> bool:
            self.seen.append((self.played.now(), outcome))
            return enough(outcome)

        def opened() -> FakeFleet:
            self.opened += 1
            return self.fleet

        Following(
            opened, lambda fleet: self.planner(fleet, BEGAN, 0), saw, stop=self.stop, wakeup=self.played
        ).follow(longest)


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_it_ends_as_soon_as_enough_was_seen(looking: Looking) -> None:
    looking.link(LinkState.REQUESTED)
    looking.played.steps += [lambda: None, lambda: looking.link(LinkState.UP)]
    looking.follow(600, lambda outcome: not outcome.plan.unfinished)
    assert [outcome.plan.links[0].converged for _, outcome in looking.seen][-2:] == [False, True]
    assert looking.played.now() < EVERY


def test_nothing_is_applied(looking: Looking) -> None:
    looking.planner.declared = [change("x")]
    looking.follow(100)
    assert (looking.fleet.handed_out, looking.fleet.clients["a"].names()) == ([], set())


def test_what_a_watch_shows_is_seen_at_once(looking: Looking) -> None:
    looking.played.steps.append(lambda: looking.fleet.see("a", manifest("x")))
    looking.follow(600, lambda _: len(looking.seen) == 2)
    assert looking.played.now() == 0


def test_nothing_is_seen_before_every_cluster_has_answered() -> None:
    looking = Looking("b")
    looking.played.steps += [lambda: None, lambda: looking.fleet.answer("b")]
    looking.follow(0)
    assert looking.seen
    assert not looking.fleet.pending


def test_a_cluster_that_could_not_be_read_is_a_failure() -> None:
    looking = Looking("b")
    looking.played.steps.append(lambda: looking.fleet.lose("b"))
    looking.follow(0)
    assert looking.seen[-1][1].failures == ["it is gone"]


def test_it_ends_when_the_time_is_over_with_what_was_listed_for_that(looking: Looking) -> None:
    looking.link(LinkState.DOWN)
    looking.follow(40)
    assert 40 <= looking.seen[-1][0] < 45
    assert looking.fleet.refreshed[-1] == {A, B}


def test_all_clusters_are_watched_though_only_what_is_not_as_declared_is_awaited(looking: Looking) -> None:
    looking.planner.sites = (looking.site(A, SiteState.STARTING), looking.site(B))
    looking.follow(20)
    assert looking.fleet.watched[0] == {A, ("a", ""), ("b", "")}
    assert looking.fleet.refreshed[0] == {A}


def test_after_a_while_everything_is_read_again(looking: Looking) -> None:
    looking.follow(2.5 * READ_AGAIN)
    assert (looking.opened, looking.fleet.closed) == (3, 3)


def test_it_ends_when_it_is_stopped(looking: Looking) -> None:
    looking.played.steps += [lambda: None, looking.stop.set]
    looking.follow(float("inf"))
    assert looking.fleet.closed == 1
