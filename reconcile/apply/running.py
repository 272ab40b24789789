"""The run loop: plan, apply, observe, until the clusters have converged or time is up.

There is one loop and one planner. Whatever happens on a cluster (it has answered, a watch event, a completed write)
updates a cache, a new plan is computed from all caches, and its ready changes are applied. There is no other state: a
run that is interrupted at any point is completed by the next one. Clusters and namespaces are processed in parallel,
the changes of one namespace one after another.
"""

import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event as Flag

from reconcile.apply.cache import machine_time
from reconcile.apply.events import (
    ChangeFailed,
    ChangeStarted,
    ClusterFailed,
    Event,
    Listener,
    Planned,
    ignore,
)
from reconcile.apply.fleet import Fleet
from reconcile.apply.refreshing import Refreshing
from reconcile.apply.waking import Wakeup
from reconcile.apply.working import Ended, Failed, Made, Result, Started, WorkKey, work
from reconcile.openshift.errors import ClusterError, Unreachable
from reconcile.skupper.plan import Change, LinkReport, Plan, SiteReport, SiteState, Verb
from reconcile.skupper.waits import WaitKind
from reconcile.unexpected import describe

TICK = 1.0
"""Seconds after which a waiting run plans again even without an event: pending requests are retriggered by age."""

GATHER = 0.02
"""Seconds to collect further events before planning again; more if planning takes long."""

ATTENDED = 120.0
"""Seconds for which a run may stay longer than it was to wait, to see a change through that it must not leave."""

_TRIES = 3
"""How often one run attempts the same change."""

_Key = tuple[str, str, str, str, str, bool, str]


@dataclass(slots=True)
class Outcome:
    """How a run ended."""

    plan: Plan = field(default_factory=Plan)
    """The last plan: the changes that are left and the state of every link."""
    writes: int = 0
    """Changes that needed a write; a change found to be applied already does not count."""
    failures: list[str] = field(default_factory=list)
    """What was rejected or failed, one line each."""
    stopped: bool = False
    """True if the run was asked to stop."""


now = machine_time


class Run:
    """One run over a fleet.

    `make_plan` plans by the fleet, the time, the number of removals without a record, and the work keys given up.
    """

    def __init__(
        self,
        fleet: Fleet,
        make_plan: Callable[[Fleet, datetime, int, frozenset[WorkKey]], Plan],
        emit: Listener,
        *,
        clock: Callable[[], datetime] = now,
        stop: Flag | None = None,
        wakeup: Wakeup | None = None,
    ) -> None:
        """`clock` is the time that the planner is given; `wakeup` is what the run waits on."""
        self._fleet = fleet
        self._make_plan = make_plan
        self._emit = emit
        self._clock = clock
        self._stop = stop or Flag()
        self._wakeup = wakeup or Wakeup()
        self._busy: set[WorkKey] = set()
        self._posted: queue.SimpleQueue[Result | ClusterError] = queue.SimpleQueue()
        # What other threads have to say; a bare error is that of a watch.
        self._tried: dict[_Key, int] = {}
        self._refused: set[_Key] = set()
        self._closed: set[WorkKey] = set()
        # Work keys given up in this run; (cluster, "*") stands for a whole cluster.
        self._undelivered: set[tuple[str, str, str]] = set()
        # Cluster, namespace and name of objects whose hand-over was given up in this run.
        self._removed = 0
        self._planning = 0.0
        self._refreshing = Refreshing(fleet, self._wakeup.now, self._wakeup.ring)
        self._reported: set[str] = set()
        self.outcome = Outcome()

    def preview(self) -> Outcome:
        """Read everything, plan once and report each change without applying it.

        If the run is stopped, no change is reported: a plan over part of the clusters would be wrong.
        """
        self._fleet.read(self._wakeup.ring)
        while self._fleet.pending and not self._stop.is_set():
            self._gather(TICK)
            self._fleet.give_up_late()
        self._plan()
        self.outcome.stopped = self._stop.is_set()
        for change in () if self.outcome.stopped else self.outcome.plan.changes:
            self._report(ChangeStarted(change))
        return self.outcome

    def execute(self, wait: float) -> Outcome:
        """Apply the plan; wait up to `wait` seconds for sites and links to come up, and for removed sites to go."""
        self._fleet.read(self._wakeup.ring)
        self._refreshing.begin()
        deadline: float | None = None
        while True:
            self._gather(TICK)
            self._fleet.give_up_late()
            # Read before planning: what is answered meanwhile is not in this plan, so another one is due.
            unread, listing = self._fleet.pending, self._fleet.refreshing
            self._plan()
            in_time = wait > 0 and (deadline is None or self._wakeup.now() < deadline)
            started = not self._stop.is_set() and self._start_what_is_ready(attended=in_time)
            awaited = self._awaited() if wait and not self._stop.is_set() else set()
            if wait and not self._stop.is_set():
                # Not only when idle: changes on fast clusters must be seen while slow ones are still busy.
                self._fleet.watch(awaited, self._wakeup.ring, self._post, longest=wait + ATTENDED)
            if self._stop.is_set() and not self._busy:
                break
            if started or self._busy or unread:
                if awaited:
                    self._refreshing.while_waiting(awaited)
                continue
            if deadline is None:
                deadline = self._wakeup.now() + wait
            if self._may_still_come(wait, deadline):
                self._refreshing.while_waiting(awaited)
            elif not self._refreshing.before_the_verdict(self._in_question(wait), listing=listing):
                break
        self.outcome.stopped = self._stop.is_set()
        if not self.outcome.stopped:
            self._report_unconverged()
        return self.outcome

    def _gather(self, longest: float) -> None:
        """Wait for an event, then a moment longer for those that come with it."""
        # A large fleet sends events without a pause; planning must not take more than a third of the run.
        self._wakeup.wait(longest, max(GATHER, min(2 * self._planning, TICK)), self._take_all)

    def _take_all(self) -> None:
        """Note and report what other threads have posted, soon after they did."""
        for _ in range(self._posted.qsize()):
            self._take(self._posted.get())

    def _report(self, event: Event) -> None:
        """Call the listener unless it has failed before: a broken pipe must not leave a change half recorded."""
        try:
            self._emit(event)
        except Exception as error:  # noqa: BLE001 a listener must not end the run
            self._emit = ignore
            self.outcome.failures.append(f"progress is no longer reported: {describe(error)}")

    def _post(self, posted: Result | ClusterError) -> None:
        """Called by any thread."""
        self._posted.put(posted)
        self._wakeup.ring()

    def _take(self, posted: Result | ClusterError) -> None:
        """Record and report what another thread has posted."""
        match posted:
            case Started(change):
                self._report(ChangeStarted(change))
            case Made(change, written):
                self.outcome.writes += written
                self._removed += change.counted and not change.recorded
            case Failed():
                self._fail(posted)
            case Ended(work_key):
                self._busy.discard(work_key)
            case ClusterError():
                self._give_up_unwatched(posted)

    def _plan(self) -> None:
        started = self._wakeup.now()
        self.outcome.plan = self._make_plan(
            self._fleet, self._clock(), self._removed, frozenset(self._closed)
        )
        self._planning = self._wakeup.now() - started
        self._report_failures()
        self._report(Planned(self.outcome.plan))

    def _report_failures(self) -> None:
        for failure in self._fleet.failures:
            if failure.cluster not in self._reported:
                self._reported.add(failure.cluster)
                # Stops writes that were planned before.
                self._closed.add((failure.cluster, "*"))
                self._report(failure)
                self._note(failure)

    def _give_up_unwatched(self, error: ClusterError) -> None:
        """Give up what only a refused watch could observe; the first refusal is reported."""
        work_key = (error.cluster, error.namespace or "*")
        if not self._is_open(work_key):
            return
        self._closed.add(work_key)
        failure = ClusterFailed(error.cluster, str(error))
        self._report(failure)
        self._note(failure)

    def _note(self, failure: ClusterFailed) -> None:
        if failure.declared:
            self.outcome.failures.append(failure.message)

    def _start_what_is_ready(self, *, attended: bool) -> bool:
        """Hand the ready changes of each free work key to a thread; False if there was nothing to start.

        `attended`: also those that the run must see through, since it may still wait.
        """
        work_keys: dict[WorkKey, list[Change]] = {}
        for change in self.outcome.plan.ready:
            if change.attended and not attended:
                continue
            free = change.work_key not in self._busy and self._is_open(change.work_key)
            if free and self._tried.get(_key(change), 0) < _TRIES:
                work_keys.setdefault(change.work_key, []).append(change)
        for work_key, changes in work_keys.items():
            self._busy.add(work_key)
            for change in changes:
                self._tried[_key(change)] = self._tried.get(_key(change), 0) + 1
            job = partial(
                work,
                work_key,
                changes,
                self._fleet.clusters,
                may_go_on=partial(self._may_go_on, work_key),
                post=self._post,
            )
            self._fleet.submit(work_key[0], job)
        return bool(work_keys)

    def _may_go_on(self, work_key: WorkKey) -> bool:
        """Called by workers; it only reads the state of the run."""
        return not self._stop.is_set() and self._is_open(work_key)

    def _report_unconverged(self) -> None:
        """Report changes that were attempted as often as allowed and are due again."""
        for change in self.outcome.plan.ready:
            again = self._tried.get(_key(change), 0) >= _TRIES and _key(change) not in self._refused
            if again and self._is_open(change.work_key):
                message = (
                    f"{'/'.join(filter(None, change.work_key))}: {change.kind.name} {change.name} still differs after "
                    f"{_TRIES} attempts: {change.reason}; something keeps reverting it. To see what, {_inspect(change)}"
                )
                self.outcome.failures.append(message)
                self._report(ChangeFailed(change, message))

    def _is_open(self, work_key: WorkKey) -> bool:
        return work_key not in self._closed and (work_key[0], "*") not in self._closed

    def _fail(self, failed: Failed) -> None:
        """Give up the cluster, the work key or, if the error is of another cluster, this change."""
        change = failed.change
        self._refused.add(_key(change))
        if failed.elsewhere:
            self._tried[_key(change)] = _TRIES
            self._undelivered.add((*change.work_key, change.name))
        elif isinstance(failed.error, Unreachable):
            self._closed.add((change.cluster, "*"))
        else:
            self._closed.add(change.work_key)
        self.outcome.failures.append(failed.message)
        self._report(ChangeFailed(change, failed.message))

    def _may_still_come(self, wait: float, deadline: float) -> bool:
        """True if the run goes on waiting."""
        now = self._wakeup.now()
        return (self._must_stay(wait) and now < deadline + ATTENDED) or (
            self._worth_waiting(wait) and now < deadline
        )

    def _must_stay(self, wait: float) -> bool:
        """True while a change is under way that a run must not leave."""
        return wait > 0 and any(
            change.waits_for and change.waits_for.kind is WaitKind.PROVEN and self._is_open(change.work_key)
            for change in self.outcome.plan.changes
        )

    def _worth_waiting(self, wait: float) -> bool:
        """True while something that this run, or one just before it, has started may still complete."""
        plan = self.outcome.plan
        under_way = self._under_way()
        deferred = any(
            change.waits_for and not change.waits_for.kind.shows_elsewhere and self._is_open(change.work_key)
            for change in plan.changes
        )
        coming = self._coming()
        if not wait or not (under_way or coming or self._leaving() or deferred):
            return False
        moment = self._clock()
        begun = [report.since for report in under_way] + [site.since for site in coming]
        recent = any(since and (moment - since).total_seconds() < wait for since in begun)
        return recent or self.outcome.writes > 0

    def _awaited(self) -> set[WorkKey]:
        """The work keys in which a change is still expected."""
        plan = self.outcome.plan
        ends = {end for link in self._under_way() for end in (link.link.dialler, link.link.issuer)}
        moving = {site.key for site in (*self._coming(), *self._leaving())}
        waiting = [(change.work_key, change.waits_for) for change in plan.changes if change.waits_for]
        shown = {key for _, wait in waiting for key in wait.shown_at}
        return {*ends, *moving, *shown, *(work_key for work_key, _ in waiting)}

    def _in_question(self, wait: float) -> set[WorkKey]:
        """The work keys of what is not as declared, without those given up; none if the run could not wait."""
        if not wait:
            return set()
        plan = self.outcome.plan
        links = [report.link for report in plan.links if report.managed and not report.converged]
        ends = [(link.dialler, link.issuer) for link in links]
        known = {end for both in ends if all(map(self._is_open, both)) for end in both}
        sites = {site.key for site in plan.sites if site.state in {SiteState.DOWN, SiteState.UNKNOWN}}
        return {key for key in {*self._awaited(), *known, *sites} if self._is_open(key)}

    def _under_way(self) -> list[LinkReport]:
        """Links in progress, without those that wait for something unreadable or given up, such as a delivery."""
        open_links = [link for link in self.outcome.plan.links if link.managed and not link.converged]
        return [
            report
            for report in open_links
            if report.since
            and self._is_open(report.link.dialler)
            and self._is_open(report.link.issuer)
            and (*report.link.dialler, report.credential) not in self._undelivered
        ]

    def _coming(self) -> list[SiteReport]:
        """Sites that are coming up or take up a change, without those given up."""
        sites = self.outcome.plan.sites
        return [site for site in sites if (site.coming or site.changing) and self._is_open(site.key)]

    def _leaving(self) -> list[SiteReport]:
        """Sites being removed, without those given up or waiting for links."""
        plan = self.outcome.plan
        deferred = {
            change.work_key for change in plan.changes if change.waits_for and change.verb is Verb.DELETE
        }
        return [
            site
            for site in plan.sites
            if site.leaving and self._is_open(site.key) and site.key not in deferred
        ]


def _inspect(change: Change) -> str:
    scope = f"-n {change.namespace} " if change.namespace else ""
    what = f"{change.kind.plural} {change.name}"
    return f"on cluster {change.cluster} run: oc {scope}get {what} -o jsonpath='{{.metadata.managedFields}}'"


def _key(change: Change) -> _Key:
    """Identifies a change over all plans of a run.

    A change that the run must see through, and the one that undoes it, are both patches of one object. They are counted
    apart, so that each can be undone. So are patches that expect different states of an object: each of them follows
    from what another one, or somebody else, has written.
    """
    place = (change.cluster, change.namespace, change.kind.label, change.name)
    return change.verb, *place, change.attended, change.expects
