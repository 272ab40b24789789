"""Who is reported when a cluster is given up, and that it is reported once."""

import pytest

from reconcile.apply.cache import ClusterCache
from reconcile.apply.sinks import LOST_AFTER, Grace, Sink

from .fakes import Clock


@pytest.fixture
def lost() -> list[str]:
    return []


@pytest.fixture
def sink(lost: list[str]) -> Sink:
    return Sink(ClusterCache(), lambda: None, lambda _: None, lost.append)


def test_a_cluster_is_given_up_once(sink: Sink, lost: list[str]):
    for reason in ("silent", "still silent"):
        sink.give_up(reason)
    assert lost == ["silent"]


def test_a_cluster_that_is_given_up_is_not_watched_any_more(sink: Sink):
    sink.give_up("silent")
    assert sink.stop.is_set()


def test_a_cluster_is_not_given_up_for_what_the_end_of_a_run_breaks(sink: Sink, lost: list[str]):
    sink.stop.set()
    sink.give_up("the client is closed")
    assert lost == []


def test_a_surprise_in_a_thread_gives_the_cluster_up_without_words_of_an_object(sink: Sink, lost: list[str]):
    def fails() -> None:
        raise KeyError("c2VjcmV0")

    sink.guard("a", fails)
    assert [reason.partition(" in ")[0] for reason in lost] == ["a: cannot be watched: unexpected KeyError"]


def test_the_time_without_an_answer_begins_with_the_first_attempt_that_failed():
    clock = Clock()
    grace = Grace(clock)
    clock.now = 100
    assert not grace.is_over(began=100 - LOST_AFTER)
    clock.now = 100.1
    assert grace.is_over(began=100)


def test_an_answer_gives_the_whole_time_again():
    clock = Clock()
    grace = Grace(clock)
    assert not grace.is_over(began=0)
    clock.now = 2 * LOST_AFTER
    grace.renew()
    assert not grace.is_over(began=2 * LOST_AFTER)
