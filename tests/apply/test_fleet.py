"""The clusters of a run: opened and read side by side, each failing for itself, all closed at the end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from reconcile.apply.fleet import CannotOpenError, Fleet, Target
from reconcile.apply.observing import Accounts
from reconcile.apply.watching import MOST_STREAMS
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift import errors
from reconcile.skupper.list_requests import ListRequest, Probe, Reading
from reconcile.skupper.live import ObjectKey
from tests.waiting import until

from .fakes import LABEL, Clock, FakeClient, error
from .fleets import BEGAN

PATIENCE = 30
"""Seconds after which a test gives up on another thread."""
TRACE = ListRequest(CONFIG_MAP, labels=LABEL)
READS = (TRACE, ListRequest(SECRET, labels=LABEL))


@dataclass
class Answers:
    """Which clusters have answered or failed."""

    names: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, name: str) -> None:
        with self._changed:
            self.names.append(name)
            self._changed.notify_all()

    def wait_for(self, *names: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: set(names) <= set(self.names), PATIENCE)


def target(client: FakeClient, opens=None, *, namespaces=("net",), probes_for=lambda _: ()) -> Target:
    return Target(
        name=client.cluster,
        open=opens or (lambda: Accounts(client)),
        readings=(Reading(presence_list=TRACE, lists=READS, probes_for=probes_for, namespaces=namespaces),),
    )


@contextmanager
def fleet_of(*targets: Target) -> Iterator[tuple[Fleet, Answers]]:
    fleet = Fleet(targets, threads=2)
    try:
        yield fleet, Answers()
    finally:
        fleet.close()


def read(*targets: Target) -> Fleet:
    with fleet_of(*targets) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for(*(target.name for target in targets))
        return fleet


def keys(fleet: Fleet, cluster: str) -> set[ObjectKey]:
    return set(fleet.known()[0][cluster].objects)


def test_a_cluster_is_read_by_all_its_lists():
    a = FakeClient("a")
    a.put("x")
    a.put("s", kind=SECRET)
    assert keys(read(target(a)), "a") == {ObjectKey(CONFIG_MAP, "net", "x"), ObjectKey(SECRET, "net", "s")}


def test_what_the_lists_do_not_show_is_looked_for_by_name():
    a = FakeClient("a")
    a.put("x", labels={})
    probe = Probe(ListRequest(CONFIG_MAP, fields="metadata.name=x"), ("net",))
    assert keys(read(target(a, probes_for=lambda _: (probe,))), "a") == {ObjectKey(CONFIG_MAP, "net", "x")}


def test_a_cluster_that_no_network_names_costs_one_list_if_nothing_is_there():
    a = FakeClient("a")
    read(target(a, namespaces=()))
    assert sorted(a.asked) == [("get", None, "kube-system"), ("list", None, None)]


def test_clusters_that_show_their_objects_are_not_asked_who_they_are():
    clients = FakeClient("a"), FakeClient("b")
    for client in clients:
        client.put("x")
    read(*map(target, clients))
    assert [client.times("get") for client in clients] == [0, 0]


def test_a_cluster_that_shows_its_objects_is_identified_once_another_one_shows_none():
    a, b = FakeClient("a", identity="1"), FakeClient("b", identity="1")
    a.put("x")
    with fleet_of(target(a), target(b)) as (fleet, answers):
        fleet.read(answers)
        until(lambda: problems(fleet) == {"a": True, "b": True})


LEASES = ListRequest(CONFIG_MAP, fields="metadata.name=lease")


def beating(client: FakeClient) -> Target:
    reading = Reading(
        presence_list=TRACE,
        lists=(*READS, LEASES),
        probes_for=lambda _: (),
        heartbeats=(LEASES,),
        namespaces=("net",),
    )
    return Target(name=client.cluster, open=lambda: Accounts(client), readings=(reading,))


def test_heartbeats_are_listed_again_when_asked_for_and_not_watched():
    a = FakeClient("a", listed_at=BEGAN)
    a.put("lease")
    with fleet_of(beating(a)) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        fleet.watch([("a", "net")], lambda: None, lambda _: None, longest=1)
        a.listed_at = BEGAN + timedelta(minutes=5)
        before = a.times("list")
        fleet.refresh((), answers)
        until(lambda: not fleet.refreshing)
        assert fleet.known()[0]["a"].heartbeat_at == a.listed_at
        assert a.times("list") == before + 1
        until(lambda: len(a.watched) >= len(READS))
        assert LEASES.fields not in a.watched


def test_a_cluster_that_does_not_say_what_time_it_is_proves_no_heartbeat_to_be_old():
    assert read(beating(FakeClient("a"))).known()[0]["a"].heartbeat_at is None


@pytest.mark.parametrize("kind", [errors.ServerFault, errors.Forbidden])
def test_heartbeats_that_cannot_be_listed_again_stay_as_they_were(kind: type):
    a = FakeClient("a", listed_at=BEGAN)
    with fleet_of(beating(a)) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        a.fail("list", error(kind))
        fleet.refresh((), answers)
        until(lambda: not fleet.refreshing)
        assert (fleet.known()[0]["a"].heartbeat_at, fleet.failures) == (BEGAN, ())


@contextmanager
def refreshed(client: FakeClient, *work_keys: tuple[str, str], happens=lambda: None) -> Iterator[Fleet]:
    """A watched fleet that lists these work keys again after something has happened."""
    with fleet_of(beating(client)) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for(client.cluster)
        happens()
        client.asked.clear()
        fleet.refresh(work_keys, answers)
        until(lambda: not fleet.refreshing)
        yield fleet


def test_what_no_watch_has_told_is_listed_again():
    a = FakeClient("a")
    a.put("gone")
    with refreshed(a, ("a", "net"), happens=lambda: [a.put("x"), a.drop("gone")]) as fleet:
        assert keys(fleet, "a") == {ObjectKey(CONFIG_MAP, "net", "x")}
        assert a.times("list") == len(READS) + 1


def test_a_cluster_on_which_nothing_is_asked_for_lists_its_heartbeats_only():
    a = FakeClient("a")
    with refreshed(a, ("b", "net"), happens=lambda: a.put("x")) as fleet:
        assert keys(fleet, "a") == set()
        assert a.times("list") == 1


def test_without_cluster_wide_rights_only_the_namespaces_asked_for_are_listed_again():
    a = FakeClient("a", cluster_wide=False)
    with fleet_of(target(a, namespaces=("net", "other"))) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        a.asked.clear()
        fleet.refresh([("a", "net")], answers)
        until(lambda: not fleet.refreshing)
        assert a.asked == [("list", "net", None)] * len(READS)


def test_a_list_that_fails_ends_no_cluster_and_changes_nothing():
    a = FakeClient("a", listed_at=BEGAN)
    a.put("x")

    def fail() -> None:
        a.drop("x")
        a.fail("list", error(errors.Unreachable))

    with refreshed(a, ("a", "net"), happens=fail) as fleet:
        assert keys(fleet, "a") == {ObjectKey(CONFIG_MAP, "net", "x")}
        assert (fleet.known()[0]["a"].heartbeat_at, fleet.failures) == (BEGAN, ())


def test_a_namespace_that_may_no_longer_be_listed_leaves_the_others_listed():
    a = FakeClient("a", cluster_wide=False)
    with fleet_of(target(a, namespaces=("net", "other"))) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        a.fail("list", error(errors.Forbidden), namespace="net")
        a.put("x", "other")
        fleet.refresh([("a", "net"), ("a", "other")], answers)
        until(lambda: not fleet.refreshing)
        assert keys(fleet, "a") == {ObjectKey(CONFIG_MAP, "other", "x")}


def problems(fleet: Fleet) -> dict[str, bool]:
    return {name: bool(snapshot.problem) for name, snapshot in fleet.known()[0].items()}


def test_two_clusters_with_one_api_server_fail_and_a_third_does_not():
    a, b, c = FakeClient("a", identity="1"), FakeClient("b", identity="1"), FakeClient("c", identity="2")
    fleet = read(target(a), target(b), target(c))
    assert problems(fleet) == {"a": True, "b": True, "c": False}
    assert [failure.cluster for failure in fleet.failures] == ["a", "b"]


def test_a_cluster_with_the_api_server_of_one_whose_data_is_refused_fails_alone():
    a, b = FakeClient("a", identity="1"), FakeClient("b", identity="1")
    refused = replace(target(a), refused=True)
    assert problems(read(refused, target(b))) == {"a": False, "b": True}


def test_two_clusters_that_show_the_same_object_fail_where_kube_system_may_not_be_read():
    a = FakeClient("a")
    a.put("x")
    fleet = read(
        target(a), target(FakeClient("c")), Target(name="b", open=target(a).open, readings=target(a).readings)
    )
    assert problems(fleet) == {"a": True, "b": True, "c": False}


def test_an_object_that_a_watch_shows_on_a_second_cluster_makes_both_fail():
    a, b = FakeClient("a"), FakeClient("b")
    a.put("x")
    fleet = read(target(a), target(b))
    assert problems(fleet) == {"a": False, "b": False}
    fleet.clusters.caches["b"].take(CONFIG_MAP, a.get(CONFIG_MAP, "x", "net"))
    assert problems(fleet) == {"a": True, "b": True}


def test_a_cluster_whose_twin_cannot_be_listed_fails():
    a, b = FakeClient("a", identity="1"), FakeClient("b", identity="1")
    b.fail("list", error(errors.ServerFault))
    fleet = read(target(a), target(b))
    assert problems(fleet) == {"a": True, "b": True}
    assert "so it is" in fleet.failures[1].message


def test_a_cluster_that_no_network_names_is_read_whole_if_something_is_there():
    a = FakeClient("a")
    a.put("x")
    a.put("s", kind=SECRET)
    assert ObjectKey(SECRET, "net", "s") in keys(read(target(a, namespaces=())), "a")


def test_a_cluster_that_fails_is_unknown_and_the_others_are_read():
    a, b = FakeClient("a"), FakeClient("b")
    a.fail("list", error(errors.Unreachable))
    snapshots, pending = read(target(a), target(b)).known()
    assert (bool(snapshots["a"].problem), snapshots["b"].problem, pending) == (True, None, frozenset())


def test_a_cluster_that_cannot_be_opened_says_why():
    def opens():
        raise CannotOpenError("its secret is missing")

    (failure,) = read(target(FakeClient("a"), opens)).failures
    assert (failure.cluster, failure.message) == ("a", "its secret is missing")


def test_a_surprise_while_a_cluster_is_read_fails_that_cluster_alone():
    a, b = FakeClient("a"), FakeClient("b")
    a.fail("list", ZeroDivisionError("who would have thought"))
    (failure,) = read(target(a), target(b)).failures
    assert failure.message.startswith("a: cannot be read: unexpected ZeroDivisionError in tests.apply.")
    assert "who would have thought" not in failure.message


@contextmanager
def one_that_hangs(*, opening: bool = False) -> Iterator[tuple[Fleet, Answers, Clock, threading.Event]]:
    """A cluster that is read (or opened) when the event is set, and another one that is read."""
    go_on, asked, clock = threading.Event(), threading.Event(), Clock()
    a = FakeClient("a")

    def hang() -> Accounts:
        asked.set()
        assert go_on.wait(PATIENCE)
        return Accounts(a)

    if not opening:
        a.before("list", hang)
    hanging = target(a, hang) if opening else target(a)
    fleet = Fleet([hanging, target(FakeClient("b"))], threads=2, read_within=90, clock=clock)
    answers = Answers()
    try:
        fleet.read(answers)
        answers.wait_for("b")
        assert asked.wait(PATIENCE)
        yield fleet, answers, clock, go_on
    finally:
        go_on.set()
        fleet.close()


LATE = {
    False: "a: cannot read: unreachable: it was not read completely within 90 s; retry, or raise --request-timeout",
    True: "a: cannot read: unreachable: its token was not read within 270 s; check the secret store, and retry",
}


@pytest.mark.parametrize(("opening", "limit"), [(False, 90), (True, 270)])
def test_a_cluster_whose_thread_hangs_is_given_up_and_named_with_the_limit(opening: bool, limit: int):
    with one_that_hangs(opening=opening) as (fleet, _, clock, _):
        clock.now += limit + 1
        fleet.give_up_late()
        assert [failure.message for failure in fleet.failures] == [LATE[opening]]
        assert fleet.pending == frozenset()


@pytest.mark.parametrize(("opening", "limit"), [(False, 90), (True, 270)])
def test_a_cluster_that_may_still_answer_is_not_given_up(opening: bool, limit: int):
    with one_that_hangs(opening=opening) as (fleet, _, clock, _):
        clock.now += limit - 1
        fleet.give_up_late()
        assert (fleet.failures, fleet.pending) == ((), {"a"})


def test_a_cluster_that_was_given_up_stays_unknown_though_it_answers_later():
    with one_that_hangs() as (fleet, answers, clock, go_on):
        clock.now += 91
        fleet.give_up_late()
        go_on.set()
        answers.wait_for("a")
        assert fleet.known()[0]["a"].problem == LATE[False]
        assert [failure.message for failure in fleet.failures] == [LATE[False]]


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        (MemoryError(), "out of memory"),
        (RuntimeError("can't start new thread"), "no more threads can be started"),
    ],
)
def test_a_lack_of_memory_or_threads_is_named(lack: Exception, words: str):
    a = FakeClient("a")
    a.fail("list", lack)
    (failure,) = read(target(a)).failures
    assert failure.message.startswith(f"a: cannot be read: {words} in ")


def test_a_cluster_that_is_still_being_read_is_pending():
    a, b = FakeClient("a"), FakeClient("b")
    answers_now = threading.Event()
    b.before("list", lambda: answers_now.wait(PATIENCE))
    with fleet_of(target(a), target(b)) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        assert (set(fleet.known()[0]), fleet.pending) == ({"a"}, {"b"})
        answers_now.set()
        answers.wait_for("b")
        assert (set(fleet.known()[0]), fleet.pending) == ({"a", "b"}, frozenset())


def test_a_cluster_whose_writes_hang_holds_up_no_other_one():
    released, written = threading.Event(), threading.Event()
    with fleet_of(target(FakeClient("a")), target(FakeClient("b"))) as (fleet, _):
        for _ in range(4):
            fleet.submit("a", lambda: released.wait(PATIENCE))
        fleet.submit("b", written.set)
        assert written.wait(PATIENCE)
        released.set()


def test_closing_closes_every_account():
    a, b = FakeClient("a"), FakeClient("b")
    read(target(a), target(b))
    assert (a.closed, b.closed) == (True, True)


@pytest.mark.parametrize("readers", [1, 5])
def test_accounts_that_are_opened_while_all_is_closed_are_closed_too(readers: int):
    """The close of the first account waits until all the others are open."""
    first, others = FakeClient("a"), [FakeClient(f"b{number}") for number in range(readers)]
    opens_now = threading.Event()
    dealt_with = threading.Semaphore(0)

    class Closing(FakeClient):
        def close(self) -> None:
            opens_now.set()
            for _ in () if self.closed else others:
                assert dealt_with.acquire(timeout=PATIENCE)
            self.closed = True

    def late(client: FakeClient):
        client.before("list", dealt_with.release)

        def close() -> None:
            client.closed = True
            dealt_with.release()

        client.close = close

        def opens() -> Accounts:
            opens_now.wait(PATIENCE)
            return Accounts(client)

        return target(client, opens)

    first = Closing("a")
    with fleet_of(target(first), *map(late, others)) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        fleet.close()
        answers.wait_for(*(client.cluster for client in others))
    assert [client.closed for client in (first, *others)] == [True] * (1 + readers)
    assert [client.asked for client in others] == [[]] * readers


def test_nothing_is_watched_once_all_is_closed():
    a = FakeClient("a")
    fleet = read(target(a))
    fleet.watch([("a", "net")], lambda: None, lambda _: None, longest=1)
    assert a.times("watch") == 0


def test_a_cluster_that_is_given_up_while_it_is_watched_is_unknown_from_then_on():
    """It has more namespaces than are watched, so it is listed; then its token expires."""
    a = FakeClient("a", cluster_wide=False)
    spaces = tuple(f"n{number}" for number in range(MOST_STREAMS))
    lost = threading.Event()
    with fleet_of(target(a, namespaces=spaces)) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        a.fail("list", error(errors.Unauthorised))
        fleet.watch([("a", "n1")], lost.set, lambda _: None, longest=PATIENCE)
        assert lost.wait(PATIENCE)
        assert [failure.message for failure in fleet.failures] == [str(error(errors.Unauthorised))]
        assert fleet.known()[0]["a"].problem == str(error(errors.Unauthorised))


def test_a_watch_that_is_refused_is_reported_with_its_error():
    a = FakeClient("a")
    a.fail("watch", error(errors.Forbidden))
    refusals: list[str] = []
    reported = threading.Semaphore(0)

    def refused(refusal: errors.ClusterError) -> None:
        refusals.append(str(refusal))
        reported.release()

    with fleet_of(target(a)) as (fleet, answers):
        fleet.read(answers)
        answers.wait_for("a")
        fleet.watch([("a", "net")], lambda: None, refused, longest=PATIENCE)
        for _ in READS:
            assert reported.acquire(timeout=PATIENCE)
    assert refusals == [str(error(errors.Forbidden))] * len(READS)


def test_the_requests_of_both_accounts_of_a_cluster_are_counted():
    a, admin = FakeClient("a"), FakeClient("a")
    fleet = read(target(a, lambda: Accounts(a, admin)))
    a.counts.add(writes=2)
    admin.counts.add(reads=1, writes=1)
    assert fleet.requests() == {"a": (len(READS) + 4, 3)}
