"""The run: what is begun when, what a failure ends and what it does not, and when the run is over."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from reconcile.apply import refreshing
from reconcile.apply.events import ChangeFailed, ChangeStarted, ClusterFailed, Event, Planned
from reconcile.apply.running import ATTENDED, GATHER, TICK
from reconcile.kinds import SECRET
from reconcile.openshift import errors
from reconcile.skupper.plan import LinkReport, LinkState, SiteReport, SiteState, Verb
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.waits import WaitKind

from .fakes import FakeClient, change, error, hand_over, wait
from .fleets import BEGAN, Scenario

WAIT = 30.0
PATIENCE = 30
"""Seconds after which a test gives up on another thread."""


@pytest.fixture
def scenario() -> Scenario:
    return Scenario()


def site(state: SiteState, cluster: str = "a", namespace: str = "net", since=BEGAN) -> SiteReport:
    key = SiteKey(cluster, namespace)
    return SiteReport(network="n", key=key, name="s", mode="interior", state=state, since=since)


def link(state: LinkState = LinkState.REQUESTED, since=BEGAN) -> LinkReport:
    return LinkReport(
        network="n", link=Link(SiteKey("b", "net"), SiteKey("a", "net")), state=state, since=since
    )


# -- making changes ------------------------------------------------------------------------------------------------


def test_what_is_planned_is_made(scenario: Scenario):
    scenario.declare(change("x"), change("y", cluster="b"))
    outcome = scenario.run()
    assert (scenario.fleet.clients["a"].names(), scenario.fleet.clients["b"].names()) == ({"x"}, {"y"})
    assert (outcome.writes, outcome.failures, outcome.plan.changes) == (2, [], ())


def test_a_run_with_nothing_to_do_plans_once_and_ends(scenario: Scenario):
    scenario.run(WAIT)
    assert scenario.plans == 1
    assert scenario.played.now() == 0


def test_changes_of_one_work_key_are_made_in_order(scenario: Scenario):
    names = [f"x{number}" for number in range(9)]
    scenario.declare(*(change(name) for name in names))
    scenario.run()
    assert scenario.started == names
    assert [name for verb, _, name in scenario.fleet.clients["a"].asked if verb == "apply"] == names


def test_a_work_key_that_is_busy_is_given_nothing_more_until_it_is_free(scenario: Scenario):
    scenario.declare(change("x"))
    handed_out = []
    scenario.then(
        lambda: scenario.declare(change("y")),
        lambda: handed_out.append(len(scenario.fleet.jobs)),
        scenario.fleet.work,
        lambda: handed_out.append(len(scenario.fleet.jobs)),
    )
    scenario.run()
    assert handed_out == [1, 1]
    assert scenario.started == ["x", "y"]


def test_work_keys_are_worked_on_at_the_same_time(scenario: Scenario):
    scenario.declare(change("x", "one"), change("y", "two"), change("z", cluster="b"))
    at_once = []
    scenario.then(lambda: at_once.extend(cluster for cluster, _ in scenario.fleet.jobs))
    scenario.run()
    assert at_once == ["a", "a", "b"]


def test_a_work_key_goes_on_while_another_one_takes_long(scenario: Scenario):
    scenario.declare(change("x", cluster="a"), change("y", cluster="b"))
    scenario.then(
        lambda: scenario.fleet.work("b"),
        lambda: scenario.declare(change("z", cluster="b")),
        lambda: scenario.fleet.work("b"),
    )
    scenario.run()
    assert scenario.started == ["y", "z", "x"]


def test_what_has_to_wait_for_something_is_not_made(scenario: Scenario):
    scenario.declare(change("x", waits_for=wait(WaitKind.ISSUED)))
    scenario.run()
    assert scenario.started == []


def test_what_becomes_ready_by_a_write_is_made_next(scenario: Scenario):
    scenario.declare(change("x"))
    scenario.listen = lambda event: (
        scenario.declare(change("y", cluster="b"))
        if event == ChangeStarted(change("x")) and len(scenario.planner.declared) == 1
        else None
    )
    scenario.run()
    assert scenario.started == ["x", "y"]


# -- counting ------------------------------------------------------------------------------------------------------


def test_each_removal_is_counted_for_the_plans_after_it(scenario: Scenario):
    for name in ("x", "y"):
        scenario.fleet.clients["a"].put(name)
    scenario.declare(change("x", verb=Verb.DELETE, removal=True), change("y", verb=Verb.DELETE))
    scenario.run()
    assert scenario.planner.removed == [0, 1]


def test_removals_in_a_work_key_that_is_still_at_work_are_counted(scenario: Scenario):
    a = scenario.fleet.clients["a"]
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(PATIENCE)

    for name in ("x", "y"):
        a.put(name)
    scenario.declare(*(change(name, verb=Verb.DELETE, removal=True) for name in ("x", "y")))
    a.before("delete", lambda: a.before("delete", hold))
    worker = threading.Thread(target=scenario.fleet.work)
    scenario.then(
        lambda: [worker.start(), reached.wait(PATIENCE)], lambda: [go_on.set(), worker.join(PATIENCE)]
    )
    scenario.run()
    assert scenario.planner.removed == [0, 1, 2]


def test_a_removal_that_fails_is_not_counted(scenario: Scenario):
    scenario.fleet.clients["a"].put("x")
    scenario.fleet.clients["a"].fail("delete", error(errors.Forbidden))
    scenario.declare(change("x", verb=Verb.DELETE, removal=True))
    scenario.run()
    assert set(scenario.planner.removed) == {0}


def test_a_removal_of_what_is_gone_already_is_counted_and_is_no_write(scenario: Scenario):
    a = scenario.fleet.clients["a"]
    a.put("x")
    a.before("delete", lambda: a.drop("x"))
    scenario.declare(change("x", verb=Verb.DELETE, removal=True))
    assert scenario.run().writes == 0
    assert scenario.planner.removed[-1] == 1


def test_a_delivery_that_found_no_token_is_no_write(scenario: Scenario):
    scenario.declare(change("t", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("t")))
    outcome = scenario.run()
    assert (outcome.writes, scenario.fleet.clients["a"].times("create")) == (0, 0)


def test_a_run_that_wrote_nothing_does_not_wait_for_what_is_older_than_it_would_wait(scenario: Scenario):
    scenario.declare(change("t", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("t")))
    scenario.planner.links = (link(since=BEGAN - timedelta(seconds=2 * WAIT)),)
    scenario.run(WAIT)
    assert scenario.played.now() == 0


# -- failing -------------------------------------------------------------------------------------------------------


def test_the_next_plan_knows_where_a_write_failed(scenario: Scenario):
    scenario.fleet.clients["a"].fail("apply", error(errors.Forbidden), name="x")
    scenario.declare(change("x", "one"), change("y", "two"))
    scenario.run()
    assert scenario.planner.given_up == {("a", "one")}


def test_a_change_that_fails_closes_its_work_key_only(scenario: Scenario):
    scenario.fleet.clients["a"].fail("apply", error(errors.Forbidden), name="x")
    scenario.declare(change("x", "one"), change("x2", "one"), change("y", "two"), change("z", cluster="b"))
    outcome = scenario.run()
    assert scenario.started == ["x", "y", "z"]
    assert outcome.failures == [str(error(errors.Forbidden))]
    assert outcome.writes == 2


@pytest.mark.parametrize(
    "kind", [errors.Forbidden, errors.Conflict, errors.Invalid, errors.ServerFault, errors.Throttled]
)
def test_a_work_key_that_is_closed_stays_closed(scenario: Scenario, kind: type):
    scenario.fleet.clients["a"].fail("apply", error(kind), times=1)
    scenario.declare(change("x"))
    scenario.then(scenario.fleet.work, lambda: scenario.declare(change("y")))
    scenario.planner.sites = (site(SiteState.STARTING, namespace="two"),)
    scenario.run(WAIT)
    assert scenario.started == ["x"]


def test_a_cluster_that_cannot_be_reached_is_closed_whole(scenario: Scenario):
    scenario.fleet.clients["a"].fail("apply", error(errors.Unreachable), name="x")
    scenario.declare(change("x", "one"), change("y", "two"), change("z", cluster="b"))
    scenario.then(scenario.fleet.work_first)
    outcome = scenario.run()
    assert scenario.started == ["x", "z"]
    assert outcome.failures == [str(error(errors.Unreachable))]


def test_a_token_that_cannot_be_read_at_its_issuer_costs_that_change_alone(scenario: Scenario):
    scenario.fleet.clients["b"].fail("get", error(errors.Unreachable, "b"))
    delivery = change("t", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("t"))
    scenario.declare(delivery, change("x"), change("y", cluster="b"))
    outcome = scenario.run()
    assert scenario.started == ["t", "x", "y"]
    assert outcome.failures == [str(error(errors.Unreachable, "b"))]


@pytest.mark.parametrize("issuer", ["a", "b"])
def test_a_delivery_that_is_refused_costs_that_change_alone_and_is_not_retried(
    scenario: Scenario, issuer: str
):
    scenario.fleet.clients[issuer].put("t", "issuer", kind=SECRET, data={"refuse": "QQ=="})
    delivery = change("t", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("t", "issuer", issuer))
    scenario.declare(delivery, change("x"))
    outcome = scenario.run()
    assert scenario.started == ["t", "x"]
    message = f"{issuer}/issuer: cannot deliver Secret t to a/net: it has a wrong key; delete it"
    assert outcome.failures == [message]
    assert scenario.fleet.clients["a"].times("create") == 0


def test_a_run_does_not_wait_for_a_link_whose_token_was_refused(scenario: Scenario):
    scenario.fleet.clients["b"].put("t", kind=SECRET, data={"refuse": "QQ=="})
    scenario.declare(change("t", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("t")))
    refused = Link(SiteKey("a", "net"), SiteKey("b", "net"))
    scenario.planner.links = (replace(link(LinkState.ISSUED), link=refused, credential="t"),)
    scenario.run(WAIT)
    assert scenario.played.now() == 0


def test_a_run_waits_for_a_link_beside_one_whose_token_was_refused(scenario: Scenario):
    scenario.fleet.clients["b"].put("t", kind=SECRET, data={"refuse": "QQ=="})
    scenario.declare(change("t", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("t")))
    other = Link(SiteKey("a", "net"), SiteKey("b", "net"))
    scenario.planner.links = (replace(link(LinkState.ISSUED), link=other, credential="other"),)
    scenario.run(WAIT)
    assert scenario.played.now() >= WAIT


def test_a_surprise_in_one_namespace_does_not_end_the_others(scenario: Scenario):
    scenario.fleet.clients["a"].fail("apply", ZeroDivisionError("with words of the object"), name="x")
    scenario.declare(change("x", "one"), change("x2", "one"), change("y", "two"), change("z", cluster="b"))
    outcome = scenario.run()
    assert scenario.started == ["x", "y", "z"]
    (failure,) = outcome.failures
    assert failure.startswith("a/one: cannot apply x: unexpected ZeroDivisionError in tests.apply.")
    assert "words of the object" not in failure


def test_a_surprise_on_an_object_without_a_namespace_names_its_cluster(scenario: Scenario):
    scenario.fleet.clients["a"].fail("apply", ZeroDivisionError())
    scenario.declare(change("x", ""))
    assert scenario.run().failures[0].startswith("a: cannot apply x: unexpected ZeroDivisionError in ")


def test_a_listener_that_fails_is_not_called_again_and_the_run_goes_on(scenario: Scenario):
    def listen(event) -> None:
        if isinstance(event, ChangeStarted):
            raise BrokenPipeError

    scenario.listen = listen
    scenario.declare(change("x"), change("y", cluster="b"))
    outcome = scenario.run()
    assert (scenario.fleet.clients["a"].names(), scenario.fleet.clients["b"].names()) == ({"x"}, {"y"})
    (failure,) = outcome.failures
    assert failure.startswith("progress is no longer reported: unexpected BrokenPipeError in tests.apply.")


def test_the_listener_is_called_by_the_thread_that_runs_alone(scenario: Scenario):
    """Even though another thread makes the changes."""
    callers = set()
    scenario.listen = lambda _: callers.add(threading.get_ident())
    scenario.declare(change("x"), change("y", cluster="b"))
    scenario.then(lambda: in_a_thread(scenario.fleet.work))
    scenario.run()
    assert scenario.started == ["x", "y"]
    assert callers == {threading.get_ident()}


def in_a_thread(job: Callable[[], None]) -> None:
    thread = threading.Thread(target=job)
    thread.start()
    thread.join()


def test_a_change_that_is_made_three_times_and_does_not_stay_is_reported_once(scenario: Scenario):
    scenario.planner.stubborn = True
    scenario.declare(change("x"))
    outcome = scenario.run()
    assert scenario.started == ["x", "x", "x"]
    assert outcome.failures == scenario.failed
    (message,) = outcome.failures
    assert message.startswith("a/net: ConfigMap x ")


def test_a_change_that_is_refused_is_reported_once(scenario: Scenario):
    scenario.planner.stubborn = True
    scenario.fleet.clients["a"].fail("apply", error(errors.Forbidden))
    scenario.declare(change("x"))
    assert scenario.run().failures == [str(error(errors.Forbidden))]


# -- reading -------------------------------------------------------------------------------------------------------


def test_a_cluster_that_answers_late_is_planned():
    scenario = Scenario(FakeClient("a"), FakeClient("b"), late=["b"])
    scenario.declare(change("x"), change("y", cluster="b"))
    scenario.then(scenario.fleet.work, lambda: scenario.fleet.answer("b"))
    scenario.run()
    assert scenario.started == ["x", "y"]


def test_a_run_does_not_end_while_a_cluster_has_not_answered():
    scenario = Scenario(FakeClient("a"), FakeClient("b"), late=["b"])
    scenario.then(*[lambda: None] * 50, lambda: scenario.fleet.answer("b"))
    scenario.declare(change("y", cluster="b"))
    scenario.run()
    assert scenario.started == ["y"]


def test_a_cluster_that_cannot_be_read_is_reported_once_and_fails_the_run():
    scenario = Scenario(FakeClient("a"), FakeClient("b"), late=["b"])
    scenario.declare(change("x"), change("y", cluster="b"))
    scenario.then(lambda: scenario.fleet.lose("b", "b: cannot be read"))
    outcome = scenario.run()
    assert scenario.started == ["x"]
    assert scenario.failed == outcome.failures == ["b: cannot be read"]


def test_a_cluster_that_no_network_names_is_reported_and_does_not_fail_the_run():
    scenario = Scenario(FakeClient("a"), FakeClient("b"), late=["b"])
    scenario.then(lambda: scenario.fleet.lose("b", "b: cannot be read", declared=False))
    assert scenario.run().failures == []
    assert scenario.failed == ["b: cannot be read"]


# -- waiting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [SiteState.ABSENT, SiteState.STARTING, SiteState.REMOVING])
def test_a_run_waits_for_a_site_on_its_way(scenario: Scenario, state: SiteState):
    scenario.declare(change("x"))
    scenario.planner.sites = (site(state),)
    scenario.run(WAIT)
    assert scenario.played.now() == WAIT


def test_a_run_waits_for_a_link_on_its_way(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.run(WAIT)
    assert scenario.played.now() == WAIT


@pytest.mark.parametrize("state", [LinkState.UP, LinkState.STANDBY, LinkState.SKIPPED])
def test_a_run_does_not_wait_for_a_link_that_is_as_it_should_be(scenario: Scenario, state: LinkState):
    scenario.declare(change("x"))
    scenario.planner.links = (link(state),)
    scenario.run(WAIT)
    assert scenario.played.now() == 0


@pytest.mark.parametrize(
    "state", [SiteState.READY, SiteState.DOWN, SiteState.KEPT, SiteState.UNKNOWN, SiteState.SKIPPED]
)
def test_a_run_does_not_wait_for_a_site_that_is_not_on_its_way(scenario: Scenario, state: SiteState):
    scenario.declare(change("x"))
    scenario.planner.sites = (site(state),)
    scenario.run(WAIT)
    assert scenario.played.now() == 0


SHOWN_NOWHERE = [
    WaitKind.CLEANED_UP,
    WaitKind.DROPPED,
    WaitKind.LOADED,
    WaitKind.REVOKED,
    WaitKind.ROTATED,
    WaitKind.SEPARATED,
    WaitKind.TURN,
]
"""What shows in no link and no site: a run waits for the change itself."""


@pytest.mark.parametrize("kind", SHOWN_NOWHERE)
def test_a_run_waits_for_what_a_change_has_to_wait_for(scenario: Scenario, kind: WaitKind):
    scenario.declare(change("x"), change("y", waits_for=wait(kind)))
    scenario.run(WAIT)
    assert scenario.played.now() == WAIT


def test_a_run_stays_longer_than_it_was_to_wait_to_see_a_replacement_proven(scenario: Scenario):
    scenario.declare(change("x"), change("y", waits_for=wait(WaitKind.PROVEN)))
    scenario.run(WAIT)
    assert scenario.played.now() == WAIT + ATTENDED


def test_a_run_that_does_not_wait_does_not_stay_to_see_a_replacement_proven(scenario: Scenario):
    scenario.declare(change("x"), change("y", waits_for=wait(WaitKind.PROVEN)))
    scenario.run(0)
    assert scenario.played.now() == 0


def test_a_change_that_a_run_must_see_through_is_not_begun_by_one_that_does_not_wait(scenario: Scenario):
    scenario.declare(change("x"), change("y", attended=True))
    assert scenario.run(0).writes == 1


def test_a_change_that_a_run_sees_through_can_be_undone_however_often_it_was_tried(scenario: Scenario):
    scenario.planner.stubborn = True
    scenario.declare(change("x", attended=True))
    begun: list[bool] = []

    def listen(event: Event) -> None:
        if isinstance(event, ChangeStarted):
            begun.append(event.change.attended)
        if len(begun) == 3:
            scenario.planner.declared = [change("x")]

    scenario.listen = listen
    scenario.run(WAIT)
    assert begun[:4] == [True, True, True, False]


@pytest.mark.parametrize("kind", [kind for kind in WaitKind if kind not in {*SHOWN_NOWHERE, WaitKind.PROVEN}])
def test_a_run_does_not_wait_for_a_change_whose_wait_shows_in_a_link_or_site(
    scenario: Scenario, kind: WaitKind
):
    scenario.declare(change("x"), change("y", waits_for=wait(kind)))
    scenario.run(WAIT)
    assert scenario.played.now() == 0


def test_the_wait_ends_when_nothing_is_worth_waiting_for(scenario: Scenario):
    def comes_up() -> None:
        scenario.planner.links = (link(LinkState.UP),)

    scenario.planner.links = (link(),)
    scenario.then(*[lambda: None] * 3, comes_up)
    scenario.run(WAIT)
    assert scenario.played.now() == 4 * TICK


def test_the_wait_begins_when_everything_has_been_done(scenario: Scenario):
    def later() -> None:
        scenario.played.clock.now += 100

    scenario.declare(change("x"))
    scenario.planner.links = (link(since=None), link())
    scenario.then(later)
    scenario.run(WAIT)
    assert scenario.played.now() == 100 + TICK + WAIT


def test_without_a_wait_nothing_is_waited_for_or_watched(scenario: Scenario):
    scenario.declare(change("x"), change("y", waits_for=wait(WaitKind.ISSUED)))
    scenario.planner.links = (link(),)
    scenario.run(0)
    assert (scenario.played.now(), scenario.fleet.watched) == (0, [])


def test_a_run_that_waits_plans_again_as_time_goes_by(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.run(WAIT)
    assert scenario.planner.moments[-1] == BEGAN + timedelta(seconds=WAIT)
    assert len(scenario.planner.moments) >= WAIT / TICK


def test_what_a_watch_shows_is_planned_at_once(scenario: Scenario):
    def show() -> None:
        scenario.declare(change("y"))
        scenario.fleet.see("a", scenario.fleet.clients["a"].put("x"))

    scenario.planner.links = (link(),)
    scenario.listen = lambda event: (
        began.append(scenario.played.now()) if isinstance(event, ChangeStarted) else None
    )
    began: list[float] = []
    scenario.then(show)
    scenario.run(WAIT)
    assert began == [0]


def test_what_is_awaited_is_watched_and_nothing_else(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.planner.sites = (
        site(SiteState.STARTING, namespace="coming"),
        site(SiteState.READY, namespace="there"),
    )
    scenario.declare(change("x", "later", waits_for=wait(WaitKind.CLEANED_UP)))
    scenario.run(WAIT)
    assert scenario.fleet.watched[-1] == {("b", "net"), ("a", "net"), ("a", "coming"), ("a", "later")}


def test_no_watch_is_longer_than_the_run_waits(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.run(WAIT)
    assert WAIT <= scenario.fleet.longest <= WAIT + ATTENDED


@pytest.mark.parametrize(("takes", "lingers"), [(0.0, GATHER), (0.3, 0.6), (5.0, TICK)])
def test_the_longer_planning_takes_the_more_is_gathered_before_the_next_plan(
    scenario: Scenario, takes: float, lingers: float
):
    def plan() -> None:
        scenario.played.clock.now += takes

    scenario.planner.planning = plan
    scenario.declare(change("x"))
    scenario.run()
    assert scenario.played.lingered == pytest.approx([GATHER, lingers])


def test_a_site_is_not_waited_for_once_its_work_key_is_closed(scenario: Scenario):
    scenario.fleet.clients["a"].fail("apply", error(errors.Forbidden))
    scenario.declare(change("x"))
    scenario.planner.sites = (site(SiteState.STARTING),)
    scenario.planner.links = (link(),)
    scenario.run(WAIT)
    assert scenario.played.now() == 0


def test_a_watch_that_is_refused_ends_the_wait_for_its_namespace_and_is_reported_once(scenario: Scenario):
    refusal = error(errors.Forbidden, namespace="net")
    scenario.planner.sites = (site(SiteState.STARTING),)
    scenario.then(lambda: [scenario.fleet.refuse_watch(refusal) for _ in range(3)])
    outcome = scenario.run(WAIT)
    assert scenario.played.now() == 0
    assert outcome.failures == scenario.failed == [str(refusal)]


def test_a_watch_that_is_refused_in_one_namespace_leaves_the_others_open(scenario: Scenario):
    scenario.planner.sites = (site(SiteState.STARTING), site(SiteState.STARTING, namespace="two"))
    scenario.then(lambda: scenario.fleet.refuse_watch(error(errors.Forbidden, namespace="net")))
    scenario.run(WAIT)
    assert scenario.played.now() == WAIT


def test_a_cluster_wide_watch_that_is_refused_closes_the_cluster(scenario: Scenario):
    scenario.planner.sites = (site(SiteState.STARTING), site(SiteState.STARTING, namespace="two"))
    scenario.then(lambda: scenario.fleet.refuse_watch(error(errors.Forbidden)))
    scenario.run(WAIT)
    assert scenario.played.now() == 0


def test_a_cluster_that_is_lost_during_the_wait_is_reported_once(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.then(lambda: scenario.fleet.lose("a", "a: silent"), lambda: None)
    outcome = scenario.run(WAIT)
    assert outcome.failures == scenario.failed == ["a: silent"]


# -- stopping ------------------------------------------------------------------------------------------------------


def test_a_stop_ends_the_wait(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.then(lambda: None, scenario.stop.set)
    outcome = scenario.run(WAIT)
    assert (outcome.stopped, scenario.played.now()) == (True, 2 * TICK)


def test_after_a_stop_what_was_begun_is_finished_and_nothing_new_is_begun(scenario: Scenario):
    scenario.declare(change("x"), change("x2"), change("y", cluster="b"))
    scenario.fleet.clients["a"].before("apply", scenario.stop.set)
    outcome = scenario.run(WAIT)
    assert scenario.started == ["x"]
    assert (outcome.stopped, outcome.writes) == (True, 1)
    assert [left.name for left in outcome.plan.changes] == ["x2", "y"]


def test_after_a_stop_a_job_that_is_still_out_is_waited_for(scenario: Scenario):
    scenario.declare(change("x"))
    scenario.then(scenario.stop.set, lambda: None, lambda: None)
    outcome = scenario.run()
    assert scenario.fleet.jobs == []
    assert (outcome.stopped, outcome.writes) == (True, 0)


def test_after_a_stop_clusters_that_have_not_answered_are_not_waited_for():
    scenario = Scenario(FakeClient("a"), late=["a"])
    scenario.then(scenario.stop.set)
    assert scenario.run(WAIT).stopped


def test_a_stop_before_the_beginning_begins_nothing(scenario: Scenario):
    scenario.stop.set()
    scenario.declare(change("x"))
    outcome = scenario.run(WAIT)
    assert (scenario.started, outcome.stopped) == ([], True)
    assert scenario.fleet.handed_out == []


def test_a_run_that_was_stopped_does_not_report_what_did_not_stay(scenario: Scenario):
    scenario.planner.stubborn = True
    scenario.declare(change("x"))
    scenario.then(*[scenario.fleet.work] * 3, scenario.stop.set)
    scenario.planner.links = (link(),)
    assert scenario.run(WAIT).failures == []


# -- reporting -------------------------------------------------------------------------------------------------------


def test_events_are_reported_in_the_order_in_which_things_happen(scenario: Scenario):
    scenario.fleet.clients["b"].fail("apply", error(errors.Forbidden, "b"))
    scenario.declare(change("x"), change("y", cluster="b"))
    scenario.run()
    kinds = [
        (type(event), event.change.name) if not isinstance(event, Planned) else Planned
        for event in scenario.events
    ]
    assert kinds == [Planned, (ChangeStarted, "x"), (ChangeStarted, "y"), (ChangeFailed, "y"), Planned]


def test_a_cluster_that_failed_is_reported_before_the_plan_that_knows_of_it():
    scenario = Scenario(FakeClient("a"), late=["a"])
    scenario.then(lambda: scenario.fleet.lose("a"))
    scenario.run()
    assert [type(event) for event in scenario.events][-2:] == [ClusterFailed, Planned]


def test_a_cluster_that_failed_gets_no_write_that_was_planned_before(scenario: Scenario):
    scenario.declare(change("x"))
    scenario.then(lambda: scenario.fleet.lose("a"), scenario.fleet.work)
    scenario.run()
    assert (scenario.fleet.handed_out, scenario.started) == (["a"], [])


# -- previewing ----------------------------------------------------------------------------------------------------


def test_a_preview_reports_every_change_and_applies_none(scenario: Scenario):
    scenario.declare(change("x"), change("y", cluster="b", waits_for=wait(WaitKind.ISSUED)))
    scenario.preview()
    assert scenario.started == ["x", "y"]
    assert (scenario.fleet.jobs, scenario.plans) == ([], 1)
    assert scenario.fleet.clients["a"].counts.writes == 0


def test_a_preview_waits_for_every_cluster():
    scenario = Scenario(FakeClient("a"), FakeClient("b"), late=["a", "b"])
    scenario.declare(change("x"), change("y", cluster="b"))
    scenario.then(
        lambda: scenario.fleet.answer("a"), lambda: None, lambda: scenario.fleet.lose("b", "b is down")
    )
    outcome = scenario.preview()
    assert scenario.started == ["x"]
    assert outcome.failures == ["b is down"]


def test_a_preview_that_is_stopped_does_not_pass_for_the_whole():
    scenario = Scenario(FakeClient("a"), FakeClient("b"), late=["b"])
    scenario.declare(change("x"), change("y", cluster="b"))
    scenario.then(scenario.stop.set)
    assert scenario.preview().stopped
    assert scenario.started == []


def test_a_preview_shows_what_would_be_delivered_without_reading_it(scenario: Scenario):
    scenario.declare(change("t", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("t")))
    scenario.preview()
    assert scenario.fleet.clients["b"].times("get") == 0


# -- listing again ---------------------------------------------------------------------------------------------------

ENDS = {("a", "net"), ("b", "net")}
"""Of the link that is awaited."""


def test_a_run_with_nothing_to_wait_for_lists_nothing_again(scenario: Scenario):
    scenario.run(WAIT)
    assert scenario.fleet.refreshed == []


def test_a_run_that_does_not_wait_lists_nothing_again(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.planner.planning = lambda: setattr(scenario.played.clock, "now", 5.0)
    scenario.run(0)
    assert scenario.fleet.refreshed == []


def test_a_run_that_waits_lists_what_is_awaited_every_15_seconds(scenario: Scenario):
    listed: list[float] = []
    scenario.planner.links = (link(),)
    scenario.fleet.on_refresh = lambda: listed.append(scenario.played.now())
    scenario.run(60.0)
    assert listed == [15, 30, 45, 60]


def test_a_run_that_waits_lists_where_something_is_awaited_and_nothing_else(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.planner.sites = (
        site(SiteState.READY, namespace="there"),
        site(SiteState.DOWN, namespace="down"),
    )
    scenario.run(60.0)
    assert scenario.fleet.refreshed[0] == ENDS


def test_what_is_awaited_is_listed_again_while_another_cluster_is_at_work(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.declare(change("x"))
    scenario.then(*[lambda: None] * 17, scenario.stop.set)
    scenario.run(WAIT)
    assert scenario.fleet.refreshed == [ENDS]


def test_what_a_run_waited_for_is_listed_again_before_its_verdict(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.run(10.0)
    assert scenario.fleet.refreshed == [ENDS]


@pytest.mark.parametrize("state", [SiteState.DOWN, SiteState.UNKNOWN])
def test_what_is_not_as_declared_is_listed_again_before_the_verdict(scenario: Scenario, state: SiteState):
    scenario.planner.links = (link(),)
    scenario.planner.sites = (site(state, namespace="down"),)
    scenario.run(10.0)
    assert scenario.fleet.refreshed == [{*ENDS, ("a", "down")}]


def test_a_link_to_a_cluster_that_was_given_up_is_not_listed_again_for_the_verdict(scenario: Scenario):
    scenario.planner.links = (link(LinkState.UNKNOWN),)
    scenario.then(lambda: [setattr(scenario.played.clock, "now", 5.0), scenario.fleet.lose("a")])
    scenario.run(WAIT)
    assert scenario.fleet.refreshed == []


def test_a_run_that_sees_everything_come_up_lists_nothing_before_its_verdict(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.then(*[lambda: None] * 5, lambda: setattr(scenario.planner, "links", (link(LinkState.UP),)))
    scenario.run(WAIT)
    assert scenario.fleet.refreshed == []


def test_a_verdict_is_not_based_on_heartbeats_of_more_than_15_seconds(scenario: Scenario):
    scenario.declare(change("x"))
    scenario.then(lambda: setattr(scenario.played.clock, "now", 20.0))
    scenario.run(WAIT)
    assert scenario.fleet.refreshed == [set()]


def test_the_verdict_is_that_of_what_was_listed_last(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.fleet.on_refresh = lambda: setattr(scenario.planner, "links", ())
    assert scenario.run(10.0).plan.links == ()


def test_a_run_goes_on_with_what_was_listed_last(scenario: Scenario):
    scenario.planner.links = (link(),)
    scenario.fleet.on_refresh = lambda: scenario.declare(change("x"))
    scenario.run(10.0)
    assert scenario.started == ["x"]


@pytest.mark.parametrize("wait", [10.0, 20.0, 60.0])
def test_a_cluster_that_does_not_answer_at_the_end_holds_the_verdict_for_ten_seconds(
    scenario: Scenario, wait: float
):
    scenario.planner.links = (link(),)
    scenario.fleet.refreshing = True
    scenario.run(wait)
    assert wait < scenario.played.now() <= wait + refreshing.WITHIN + 2 * TICK
