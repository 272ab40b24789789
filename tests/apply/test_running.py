"""The run: what is begun when, what a failure ends and what it does not, and when the run is over."""

import threading
from datetime import timedelta

import pytest

from reconcile.apply.events import ChangeFailed, ChangeStarted, ClusterFailed, Planned
from reconcile.apply.running import GATHER, TICK
from reconcile.kinds import SECRET
from reconcile.openshift import errors
from reconcile.skupper.plan import LinkReport, LinkState, SiteReport, Source, Verb
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link

from .fakes import FakeClient, change, error, manifest
from .fleets import BEGAN, Stage

WAIT = 30.0
PATIENCE = 30
"""Seconds after which a test gives up on another thread."""


@pytest.fixture
def stage() -> Stage:
    return Stage()


def site(state: str, cluster: str = "a", namespace: str = "net", since=BEGAN) -> SiteReport:
    key = SiteKey(cluster, namespace)
    return SiteReport(network="n", key=key, name="s", mode="interior", state=state, since=since)


def link(state: LinkState = LinkState.REQUESTED, since=BEGAN) -> LinkReport:
    return LinkReport(
        network="n", link=Link(SiteKey("b", "net"), SiteKey("a", "net")), state=state, since=since
    )


# -- making changes ------------------------------------------------------------------------------------------------


def test_what_is_planned_is_made(stage: Stage):
    stage.declare(change("x"), change("y", cluster="b"))
    outcome = stage.run()
    assert (stage.fleet.clients["a"].names(), stage.fleet.clients["b"].names()) == ({"x"}, {"y"})
    assert (outcome.writes, outcome.failures, outcome.plan.changes) == (2, [], ())


def test_a_run_with_nothing_to_do_plans_once_and_ends(stage: Stage):
    stage.run(WAIT)
    assert stage.plans == 1
    assert stage.played.now() == 0


def test_changes_of_one_lane_are_made_in_order(stage: Stage):
    names = [f"x{number}" for number in range(9)]
    stage.declare(*(change(name) for name in names))
    stage.run()
    assert stage.started == names
    assert [name for verb, _, name in stage.fleet.clients["a"].asked if verb == "apply"] == names


def test_a_lane_that_is_busy_is_given_nothing_more_until_it_is_free(stage: Stage):
    stage.declare(change("x"))
    handed_out = []
    stage.then(
        lambda: stage.declare(change("y")),
        lambda: handed_out.append(len(stage.fleet.jobs)),
        stage.fleet.work,
        lambda: handed_out.append(len(stage.fleet.jobs)),
    )
    stage.run()
    assert handed_out == [1, 1]
    assert stage.started == ["x", "y"]


def test_lanes_are_worked_on_at_the_same_time(stage: Stage):
    stage.declare(change("x", "one"), change("y", "two"), change("z", cluster="b"))
    at_once = []
    stage.then(lambda: at_once.extend(cluster for cluster, _ in stage.fleet.jobs))
    stage.run()
    assert at_once == ["a", "a", "b"]


def test_a_lane_goes_on_while_another_one_takes_long(stage: Stage):
    stage.declare(change("x", cluster="a"), change("y", cluster="b"))
    stage.then(
        lambda: stage.fleet.work("b"),
        lambda: stage.declare(change("z", cluster="b")),
        lambda: stage.fleet.work("b"),
    )
    stage.run()
    assert stage.started == ["y", "z", "x"]


def test_what_has_to_wait_for_something_is_not_made(stage: Stage):
    stage.declare(change("x", after="the token is issued"))
    stage.run()
    assert stage.started == []


def test_what_becomes_ready_by_a_write_is_made_next(stage: Stage):
    stage.declare(change("x"))
    stage.listen = lambda event: (
        stage.declare(change("y", cluster="b"))
        if event == ChangeStarted(change("x")) and len(stage.planner.declared) == 1
        else None
    )
    stage.run()
    assert stage.started == ["x", "y"]


# -- counting ------------------------------------------------------------------------------------------------------


def test_each_removal_is_counted_for_the_plans_after_it(stage: Stage):
    for name in ("x", "y"):
        stage.fleet.clients["a"].put(name)
    stage.declare(change("x", verb=Verb.DELETE, removal=True), change("y", verb=Verb.DELETE))
    stage.run()
    assert stage.planner.removed == [0, 1]


def test_removals_in_a_lane_that_is_still_at_work_are_counted(stage: Stage):
    a = stage.fleet.clients["a"]
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(PATIENCE)

    for name in ("x", "y"):
        a.put(name)
    stage.declare(*(change(name, verb=Verb.DELETE, removal=True) for name in ("x", "y")))
    a.before("delete", lambda: a.before("delete", hold))
    worker = threading.Thread(target=stage.fleet.work)
    stage.then(lambda: [worker.start(), reached.wait(PATIENCE)], lambda: [go_on.set(), worker.join(PATIENCE)])
    stage.run()
    assert stage.planner.removed == [0, 1, 2]


def test_a_removal_that_fails_is_not_counted(stage: Stage):
    stage.fleet.clients["a"].put("x")
    stage.fleet.clients["a"].fail("delete", error(errors.Forbidden))
    stage.declare(change("x", verb=Verb.DELETE, removal=True))
    stage.run()
    assert set(stage.planner.removed) == {0}


def test_a_removal_of_what_is_gone_already_is_counted_and_is_no_write(stage: Stage):
    a = stage.fleet.clients["a"]
    a.put("x")
    a.before("delete", lambda: a.drop("x"))
    stage.declare(change("x", verb=Verb.DELETE, removal=True))
    assert stage.run().writes == 0
    assert stage.planner.removed[-1] == 1


def test_a_delivery_that_found_no_token_is_no_write(stage: Stage):
    stage.declare(change("t", kind=SECRET, verb=Verb.CREATE, source=Source("b", "net", "t")))
    outcome = stage.run()
    assert (outcome.writes, stage.fleet.clients["a"].times("create")) == (0, 0)


def test_a_run_that_wrote_nothing_does_not_wait_for_what_is_older_than_it_would_wait(stage: Stage):
    stage.declare(change("t", kind=SECRET, verb=Verb.CREATE, source=Source("b", "net", "t")))
    stage.planner.links = (link(since=BEGAN - timedelta(seconds=2 * WAIT)),)
    stage.run(WAIT)
    assert stage.played.now() == 0


# -- failing -------------------------------------------------------------------------------------------------------


def test_a_change_that_fails_closes_its_lane_only(stage: Stage):
    stage.fleet.clients["a"].fail("apply", error(errors.Forbidden), name="x")
    stage.declare(change("x", "one"), change("x2", "one"), change("y", "two"), change("z", cluster="b"))
    outcome = stage.run()
    assert stage.started == ["x", "y", "z"]
    assert outcome.failures == [str(error(errors.Forbidden))]
    assert outcome.writes == 2


@pytest.mark.parametrize(
    "kind", [errors.Forbidden, errors.Conflict, errors.Invalid, errors.ServerFault, errors.Throttled]
)
def test_a_lane_that_is_closed_stays_closed(stage: Stage, kind: type):
    stage.fleet.clients["a"].fail("apply", error(kind), times=1)
    stage.declare(change("x"))
    stage.then(stage.fleet.work, lambda: stage.declare(change("y")))
    stage.planner.sites = (site("starting", namespace="two"),)
    stage.run(WAIT)
    assert stage.started == ["x"]


def test_a_cluster_that_cannot_be_reached_is_closed_whole(stage: Stage):
    stage.fleet.clients["a"].fail("apply", error(errors.Unreachable), name="x")
    stage.declare(change("x", "one"), change("y", "two"), change("z", cluster="b"))
    outcome = stage.run()
    assert stage.started == ["x", "z"]
    assert outcome.failures == [str(error(errors.Unreachable))]


def test_a_token_that_cannot_be_read_at_its_issuer_costs_that_change_alone(stage: Stage):
    stage.fleet.clients["b"].fail("get", error(errors.Unreachable, "b"))
    delivery = change("t", kind=SECRET, verb=Verb.CREATE, source=Source("b", "net", "t"))
    stage.declare(delivery, change("x"), change("y", cluster="b"))
    outcome = stage.run()
    assert stage.started == ["t", "x", "y"]
    assert outcome.failures == [str(error(errors.Unreachable, "b"))]


def test_a_surprise_in_one_namespace_does_not_end_the_others(stage: Stage):
    stage.fleet.clients["a"].fail("apply", ZeroDivisionError("with words of the object"), name="x")
    stage.declare(change("x", "one"), change("x2", "one"), change("y", "two"), change("z", cluster="b"))
    outcome = stage.run()
    assert stage.started == ["x", "y", "z"]
    assert outcome.failures == ["a/one: ZeroDivisionError on x"]


def test_a_surprise_on_an_object_without_a_namespace_names_its_cluster(stage: Stage):
    stage.fleet.clients["a"].fail("apply", ZeroDivisionError())
    stage.declare(change("x", ""))
    assert stage.run().failures == ["a: ZeroDivisionError on x"]


def test_a_listener_that_fails_ends_its_lane_and_not_the_run(stage: Stage):
    def listen(event) -> None:
        if isinstance(event, ChangeStarted) and event.change.name == "x":
            raise BrokenPipeError

    stage.listen = listen
    stage.declare(change("x"), change("y", cluster="b"))
    outcome = stage.run()
    assert stage.fleet.clients["b"].names() == {"y"}
    assert outcome.failures == ["a/net: BrokenPipeError on x"]


def test_a_change_that_is_made_three_times_and_does_not_stay_is_reported_once(stage: Stage):
    stage.planner.stubborn = True
    stage.declare(change("x"))
    outcome = stage.run()
    assert stage.started == ["x", "x", "x"]
    assert outcome.failures == stage.failed
    (message,) = outcome.failures
    assert message.startswith("a/net: ConfigMap x ")


def test_a_change_that_is_refused_is_reported_once(stage: Stage):
    stage.planner.stubborn = True
    stage.fleet.clients["a"].fail("apply", error(errors.Forbidden))
    stage.declare(change("x"))
    assert stage.run().failures == [str(error(errors.Forbidden))]


# -- reading -------------------------------------------------------------------------------------------------------


def test_a_cluster_that_answers_late_is_planned():
    stage = Stage(FakeClient("a"), FakeClient("b"), late=["b"])
    stage.declare(change("x"), change("y", cluster="b"))
    stage.then(stage.fleet.work, lambda: stage.fleet.answer("b"))
    stage.run()
    assert stage.started == ["x", "y"]


def test_a_run_does_not_end_while_a_cluster_has_not_answered():
    stage = Stage(FakeClient("a"), FakeClient("b"), late=["b"])
    stage.then(*[lambda: None] * 50, lambda: stage.fleet.answer("b"))
    stage.declare(change("y", cluster="b"))
    stage.run()
    assert stage.started == ["y"]


def test_a_cluster_that_cannot_be_read_is_told_once_and_fails_the_run():
    stage = Stage(FakeClient("a"), FakeClient("b"), late=["b"])
    stage.declare(change("x"), change("y", cluster="b"))
    stage.then(lambda: stage.fleet.lose("b", "b: cannot be read"))
    outcome = stage.run()
    assert stage.started == ["x"]
    assert stage.failed == outcome.failures == ["b: cannot be read"]


def test_a_cluster_that_no_network_names_is_told_and_does_not_fail_the_run():
    stage = Stage(FakeClient("a"), FakeClient("b"), late=["b"])
    stage.then(lambda: stage.fleet.lose("b", "b: cannot be read", declared=False))
    assert stage.run().failures == []
    assert stage.failed == ["b: cannot be read"]


# -- waiting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["absent", "starting", "removing"])
def test_a_run_waits_for_a_site_on_its_way(stage: Stage, state: str):
    stage.declare(change("x"))
    stage.planner.sites = (site(state),)
    stage.run(WAIT)
    assert stage.played.now() == WAIT


def test_a_run_waits_for_a_link_on_its_way(stage: Stage):
    stage.planner.links = (link(),)
    stage.run(WAIT)
    assert stage.played.now() == WAIT


@pytest.mark.parametrize("state", [LinkState.UP, LinkState.STANDBY, LinkState.LEFT_ALONE])
def test_a_run_does_not_wait_for_a_link_that_is_as_it_should_be(stage: Stage, state: LinkState):
    stage.declare(change("x"))
    stage.planner.links = (link(state),)
    stage.run(WAIT)
    assert stage.played.now() == 0


@pytest.mark.parametrize("state", ["ready", "down", "kept", "unknown", "left alone"])
def test_a_run_does_not_wait_for_a_site_that_is_not_on_its_way(stage: Stage, state: str):
    stage.declare(change("x"))
    stage.planner.sites = (site(state),)
    stage.run(WAIT)
    assert stage.played.now() == 0


def test_a_run_waits_for_what_a_change_has_to_wait_for(stage: Stage):
    stage.declare(change("x"), change("y", after="the site has an address"))
    stage.run(WAIT)
    assert stage.played.now() == WAIT


def test_the_wait_ends_when_nothing_is_worth_waiting_for(stage: Stage):
    def comes_up() -> None:
        stage.planner.links = (link(LinkState.UP),)

    stage.planner.links = (link(),)
    stage.then(*[lambda: None] * 3, comes_up)
    stage.run(WAIT)
    assert stage.played.now() == 4 * TICK


def test_the_wait_begins_when_everything_has_been_done(stage: Stage):
    def later() -> None:
        stage.played.clock.now += 100

    stage.declare(change("x"))
    stage.planner.links = (link(since=None), link())
    stage.then(later)
    stage.run(WAIT)
    assert stage.played.now() == 100 + TICK + WAIT


def test_without_a_wait_nothing_is_waited_for_or_watched(stage: Stage):
    stage.declare(change("x"), change("y", after="the token is issued"))
    stage.planner.links = (link(),)
    stage.run(0)
    assert (stage.played.now(), stage.fleet.watched) == (0, [])


def test_a_run_that_waits_plans_again_as_time_goes_by(stage: Stage):
    stage.planner.links = (link(),)
    stage.run(WAIT)
    assert stage.planner.moments[-1] == BEGAN + timedelta(seconds=WAIT)
    assert len(stage.planner.moments) >= WAIT / TICK


def test_what_a_watch_shows_is_planned_at_once(stage: Stage):
    def show() -> None:
        stage.declare(change("y"))
        stage.fleet.see("a", stage.fleet.clients["a"].put("x"))

    stage.planner.links = (link(),)
    stage.listen = lambda event: (
        began.append(stage.played.now()) if isinstance(event, ChangeStarted) else None
    )
    began: list[float] = []
    stage.then(show)
    stage.run(WAIT)
    assert began == [0]


def test_what_is_awaited_is_watched_and_nothing_else(stage: Stage):
    stage.planner.links = (link(),)
    stage.planner.sites = (site("starting", namespace="coming"), site("ready", namespace="there"))
    stage.declare(change("x", "later", after="the site has an address"))
    stage.run(WAIT)
    assert stage.fleet.watched[-1] == {("b", "net"), ("a", "net"), ("a", "coming"), ("a", "later")}


def test_no_watch_is_longer_than_the_run_waits(stage: Stage):
    stage.planner.links = (link(),)
    stage.run(WAIT)
    assert WAIT <= stage.fleet.longest <= WAIT + TICK


@pytest.mark.parametrize(("takes", "lingers"), [(0.0, GATHER), (0.3, 0.6), (5.0, TICK)])
def test_the_longer_planning_takes_the_more_is_gathered_before_the_next_plan(
    stage: Stage, takes: float, lingers: float
):
    def plan() -> None:
        stage.played.clock.now += takes

    stage.planner.planning = plan
    stage.declare(change("x"))
    stage.run()
    assert stage.played.lingered == pytest.approx([GATHER, lingers])


def test_a_site_is_not_waited_for_once_its_lane_is_closed(stage: Stage):
    stage.fleet.clients["a"].fail("apply", error(errors.Forbidden))
    stage.declare(change("x"))
    stage.planner.sites = (site("starting"),)
    stage.planner.links = (link(),)
    stage.run(WAIT)
    assert stage.played.now() == 0


def test_a_watch_that_is_refused_ends_the_wait_for_its_namespace_and_is_told_once(stage: Stage):
    refusal = error(errors.Forbidden, namespace="net")
    stage.planner.sites = (site("starting"),)
    stage.then(lambda: [stage.fleet.refuse_watch(refusal) for _ in range(3)])
    outcome = stage.run(WAIT)
    assert stage.played.now() == 0
    assert outcome.failures == stage.failed == [str(refusal)]


def test_a_watch_that_is_refused_in_one_namespace_leaves_the_others_open(stage: Stage):
    stage.planner.sites = (site("starting"), site("starting", namespace="two"))
    stage.then(lambda: stage.fleet.refuse_watch(error(errors.Forbidden, namespace="net")))
    stage.run(WAIT)
    assert stage.played.now() == WAIT


def test_a_cluster_wide_watch_that_is_refused_closes_the_cluster(stage: Stage):
    stage.planner.sites = (site("starting"), site("starting", namespace="two"))
    stage.then(lambda: stage.fleet.refuse_watch(error(errors.Forbidden)))
    stage.run(WAIT)
    assert stage.played.now() == 0


def test_a_cluster_that_is_lost_during_the_wait_is_told_once(stage: Stage):
    stage.planner.links = (link(),)
    stage.then(lambda: stage.fleet.lose("a", "a: silent"), lambda: None)
    outcome = stage.run(WAIT)
    assert outcome.failures == stage.failed == ["a: silent"]


# -- stopping ------------------------------------------------------------------------------------------------------


def test_a_stop_ends_the_wait(stage: Stage):
    stage.planner.links = (link(),)
    stage.then(lambda: None, stage.stop.set)
    outcome = stage.run(WAIT)
    assert (outcome.stopped, stage.played.now()) == (True, 2 * TICK)


def test_after_a_stop_what_was_begun_is_finished_and_nothing_new_is_begun(stage: Stage):
    stage.declare(change("x"), change("x2"), change("y", cluster="b"))
    stage.fleet.clients["a"].before("apply", stage.stop.set)
    outcome = stage.run(WAIT)
    assert stage.started == ["x"]
    assert (outcome.stopped, outcome.writes) == (True, 1)
    assert [left.name for left in outcome.plan.changes] == ["x2", "y"]


def test_after_a_stop_a_job_that_is_still_out_is_waited_for(stage: Stage):
    stage.declare(change("x"))
    stage.then(stage.stop.set, lambda: None, lambda: None)
    outcome = stage.run()
    assert stage.fleet.jobs == []
    assert (outcome.stopped, outcome.writes) == (True, 0)


def test_after_a_stop_clusters_that_have_not_answered_are_not_waited_for():
    stage = Stage(FakeClient("a"), late=["a"])
    stage.then(stage.stop.set)
    assert stage.run(WAIT).stopped


def test_a_stop_before_the_beginning_begins_nothing(stage: Stage):
    stage.stop.set()
    stage.declare(change("x"))
    outcome = stage.run(WAIT)
    assert (stage.started, outcome.stopped) == ([], True)
    assert stage.fleet.handed_out == []


def test_a_run_that_was_stopped_does_not_report_what_did_not_stay(stage: Stage):
    stage.planner.stubborn = True
    stage.declare(change("x"))
    stage.then(*[stage.fleet.work] * 3, stage.stop.set)
    stage.planner.links = (link(),)
    assert stage.run(WAIT).failures == []


# -- telling -------------------------------------------------------------------------------------------------------


def test_events_are_told_in_the_order_in_which_things_happen(stage: Stage):
    stage.fleet.clients["b"].fail("apply", error(errors.Forbidden, "b"))
    stage.declare(change("x"), change("y", cluster="b"))
    stage.run()
    kinds = [
        (type(event), event.change.name) if not isinstance(event, Planned) else Planned
        for event in stage.events
    ]
    assert kinds == [Planned, (ChangeStarted, "x"), (ChangeStarted, "y"), (ChangeFailed, "y"), Planned]


def test_a_cluster_that_failed_is_told_before_the_plan_that_knows_of_it():
    stage = Stage(FakeClient("a"), late=["a"])
    stage.then(lambda: stage.fleet.lose("a"))
    stage.run()
    assert [type(event) for event in stage.events][-2:] == [ClusterFailed, Planned]


# -- previewing ----------------------------------------------------------------------------------------------------


def test_a_preview_tells_every_change_and_makes_none(stage: Stage):
    stage.declare(change("x"), change("y", cluster="b", after="the token is issued"))
    stage.preview()
    assert stage.started == ["x", "y"]
    assert (stage.fleet.jobs, stage.plans) == ([], 1)
    assert stage.fleet.clients["a"].counts.writes == 0


def test_a_preview_waits_for_every_cluster():
    stage = Stage(FakeClient("a"), FakeClient("b"), late=["a", "b"])
    stage.declare(change("x"), change("y", cluster="b"))
    stage.then(lambda: stage.fleet.answer("a"), lambda: None, lambda: stage.fleet.lose("b", "b is down"))
    outcome = stage.preview()
    assert stage.started == ["x"]
    assert outcome.failures == ["b is down"]


def test_a_preview_that_is_stopped_does_not_pass_for_the_whole():
    stage = Stage(FakeClient("a"), FakeClient("b"), late=["b"])
    stage.declare(change("x"), change("y", cluster="b"))
    stage.then(stage.stop.set)
    assert stage.preview().stopped
    assert stage.started == []


def test_a_preview_shows_what_would_be_delivered_without_reading_it(stage: Stage):
    body = manifest("t")
    stage.declare(change("t", kind=SECRET, verb=Verb.CREATE, body=body, source=Source("b", "net", "t")))
    stage.preview()
    assert stage.fleet.clients["b"].times("get") == 0
