"""A watch that is kept open: when it goes on, when it begins again, and when its cluster is given up."""

from collections.abc import Callable, Iterator

import pytest

from reconcile.apply import streaming
from reconcile.apply.cache import ClusterCache
from reconcile.apply.scopes import Scope
from reconcile.apply.sinks import LOST_AFTER, Sink
from reconcile.apply.streaming import PAUSE, SHORT, Stream
from reconcile.kinds import CONFIG_MAP
from reconcile.openshift import errors
from reconcile.openshift.watching import WatchEvent
from reconcile.skupper.list_requests import ListRequest
from reconcile.skupper.live import LiveObject, ObjectKey

from .fakes import LABEL, Clock, FakeClient, Stop, error, manifest

LONG = 100 * LOST_AFTER


class Followed:
    """A watch that is followed for as long as a test wants, and what it reported."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.client = FakeClient("a")
        self.cache = ClusterCache()
        self.reported: list[str] = []
        self.given_up_at: float | None = None

    def follow(self, until: float) -> None:
        sink = Sink(
            self.cache,
            lambda: self.reported.append("changed"),
            lambda refusal: self.reported.append(f"refused: {refusal}"),
            self._lost,
            self.clock,
            Stop(self.clock, until),
        )
        scope = Scope(ListRequest(CONFIG_MAP, labels=LABEL), None, "0")
        Stream(scope, self.client, sink, longest=60).follow()

    def _lost(self, reason: str) -> None:
        self.reported.append(f"lost: {reason}")
        self.given_up_at = self.clock.now

    def play(self, *, lasts: float = 0.0, events: tuple = (), fails: BaseException | None = None) -> None:
        """Have the next watch open, tell these events, last so long, and then fail or end."""

        def playing(opened: Callable[[], object]) -> Iterator[WatchEvent]:
            opened()
            yield from events
            self.clock.now += lasts
            if fails:
                raise fails

        self.client.plays.append(playing)

    def refuse(self, fails: BaseException, times: int = 1000, *, after: float = 0.0) -> None:
        """Have the next watches not be opened."""

        def refusing(opened: Callable[[], object]) -> Iterator[WatchEvent]:
            self.clock.now += after
            raise fails
            yield

        self.client.plays += [refusing] * times

    @property
    def keys(self) -> set[str]:
        return {key.name for key in self.cache.snapshot().objects}


@pytest.fixture
def watch() -> Followed:
    return Followed()


def added(body: dict) -> WatchEvent:
    return WatchEvent("ADDED", body)


FAILURES = [
    error(errors.ServerFault, status=500),
    error(errors.Unreachable),
    error(errors.Throttled),
    error(errors.Invalid),
    error(errors.ClusterError),
    error(errors.NotFound),
]
EACH_FAILURE = pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)


@EACH_FAILURE
@pytest.mark.parametrize("lasts", [SHORT, LOST_AFTER, LONG])
def test_one_failure_of_a_watch_that_worked_does_not_give_the_cluster_up(
    watch: Followed, failure: errors.ClusterError, lasts: float
):
    watch.play(lasts=lasts, fails=failure)
    watch.follow(until=lasts + 100)
    assert watch.reported == []
    assert watch.client.times("watch") > 1


@EACH_FAILURE
def test_a_watch_that_fails_for_good_gets_the_whole_time_from_the_moment_of_its_failure(
    watch: Followed, failure: errors.ClusterError
):
    watch.play(lasts=LONG, fails=failure)
    watch.refuse(failure)
    watch.follow(until=LONG + 100)
    assert watch.reported == [f"lost: {failure}"]
    assert LONG + LOST_AFTER < watch.given_up_at <= LONG + LOST_AFTER + PAUSE


def test_watches_that_work_and_fail_time_and_again_do_not_give_the_cluster_up(watch: Followed):
    for _ in range(20):
        watch.play(lasts=LOST_AFTER, fails=error(errors.ServerFault))
    watch.follow(until=20 * (LOST_AFTER + PAUSE))
    assert watch.reported == []


def test_a_watch_that_fails_soon_after_it_has_delivered_something_has_worked(watch: Followed):
    for number in range(20):
        watch.play(events=(added(watch.client.put(f"x{number}")),), fails=error(errors.ServerFault))
    watch.follow(until=20 * PAUSE)
    assert watch.reported == ["changed"] * 20


def test_a_watch_that_is_opened_and_fails_at_once_time_and_again_gives_the_cluster_up(watch: Followed):
    for _ in range(20):
        watch.play(fails=error(errors.ServerFault))
    watch.follow(until=100)
    assert len(watch.reported) == 1
    assert LOST_AFTER < watch.given_up_at <= LOST_AFTER + PAUSE


def test_an_answer_between_failures_gives_the_whole_time_again(watch: Followed):
    watch.refuse(error(), times=3)
    watch.play()
    watch.refuse(error(), times=3)
    watch.play()
    watch.follow(until=7 * PAUSE)
    assert watch.reported == []


def test_an_attempt_that_is_silent_for_longer_than_the_time_is_enough(watch: Followed):
    watch.refuse(error(errors.Unreachable), after=10.5)
    watch.follow(until=100)
    assert watch.given_up_at == 10.5


@pytest.mark.parametrize("refusal", [errors.Forbidden, errors.Unauthorised])
def test_a_watch_that_is_refused_is_reported_and_not_tried_again(watch: Followed, refusal: type):
    watch.refuse(error(refusal))
    watch.follow(until=100)
    assert watch.reported == [f"refused: {error(refusal)}"]
    assert watch.client.times("watch") == 1


def test_watches_that_end_at_once_are_not_opened_as_fast_as_they_end(watch: Followed):
    watch.follow(until=10 * PAUSE)
    assert watch.client.times("watch") <= 12


def test_a_watch_goes_on_where_the_last_one_stopped(watch: Followed):
    watch.play(events=(added(watch.client.put("x")), added(watch.client.put("y"))))
    watch.follow(until=PAUSE)
    assert watch.client.asked[:2] == [("watch", None, "0"), ("watch", None, "2")]


def test_a_bookmark_moves_the_place_and_is_no_change(watch: Followed):
    watch.play(events=(WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": "77"}}),))
    watch.follow(until=PAUSE)
    assert watch.client.asked[1] == ("watch", None, "77")
    assert watch.reported == []


def test_an_expired_place_is_left_for_a_new_list(watch: Followed):
    watch.client.put("x")
    watch.play(lasts=LONG, fails=error(errors.Gone))
    watch.follow(until=LONG + 1)
    assert watch.client.asked[:3] == [("watch", None, "0"), ("list", None, None), ("watch", None, "1")]
    assert (watch.keys, watch.reported) == ({"x"}, ["changed"])


def test_a_list_that_fails_after_an_expired_place_is_tried_until_the_time_is_over(watch: Followed):
    watch.refuse(error(errors.Gone))
    watch.client.fail("list", error(errors.ServerFault))
    watch.follow(until=100)
    assert watch.reported == [f"lost: {error(errors.ServerFault)}"]
    assert LOST_AFTER < watch.given_up_at <= LOST_AFTER + PAUSE


def test_events_are_handled_and_reported(watch: Followed):
    watch.play(events=(added(watch.client.put("x")), added(watch.client.put("y"))))
    watch.play(events=(WatchEvent("DELETED", watch.client.drop("x")),))
    watch.follow(until=PAUSE)
    assert (watch.keys, watch.reported) == ({"y"}, ["changed"] * 3)


def test_an_event_that_the_cache_knows_already_is_not_reported(watch: Followed):
    body = watch.client.put("x")
    watch.cache.put(LiveObject.from_manifest(CONFIG_MAP, body))
    watch.play(events=(added(body),))
    watch.follow(until=PAUSE)
    assert watch.reported == []


def test_a_watch_that_is_stopped_in_time_gives_nothing_up(watch: Followed):
    watch.refuse(error())
    watch.follow(until=LOST_AFTER)
    assert watch.reported == []


def test_an_object_that_leaves_what_is_watched_and_comes_back_is_in_the_cache(watch: Followed):
    watch.play(events=(added(watch.client.put("x")),))
    left = {**watch.client.put("x", labels={}), "data": {}}
    watch.play(events=(WatchEvent("DELETED", left), added(watch.client.put("x"))))
    watch.follow(until=PAUSE)
    assert ObjectKey(CONFIG_MAP, "net", "x") in watch.cache.snapshot().objects


def test_a_watch_that_sends_more_than_we_read_gives_its_cluster_up_at_once(watch):
    watch.play(lasts=10, fails=error(errors.Excessive))
    watch.follow(LONG)
    assert watch.given_up_at == 10


def test_a_watch_that_shows_ever_more_objects_gives_its_cluster_up(watch, monkeypatch):
    monkeypatch.setattr(streaming, "MOST_OBJECTS", 3)
    watch.play(events=tuple(added(manifest(f"n-{number}")) for number in range(10)))
    watch.follow(LONG)
    assert watch.reported[-1].startswith(
        "lost: a: cannot watch configmaps: unreachable: it showed more than 3"
    )
    assert watch.cache.size == 4
