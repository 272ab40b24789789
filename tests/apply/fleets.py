"""A run played by hand, in one thread: a fleet whose clusters answer, and whose jobs are done, when a test says so."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reconcile.apply.cache import ClusterCache
from reconcile.apply.events import ChangeFailed, ChangeStarted, ClusterFailed, Event, Planned
from reconcile.apply.executing import Clusters
from reconcile.apply.observing import Accounts
from reconcile.apply.running import Outcome, Run
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift import errors
from reconcile.skupper.live import LiveObject, ObjectKey
from reconcile.skupper.plan import Change, LinkReport, Plan, SiteReport, Verb

from .fakes import Clock, FakeClient

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
WorkKey = tuple[str, str]


class FakeFleet:
    """The clusters of a run; everything on them happens when a test plays it."""

    def __init__(self, *clients: FakeClient, late: Iterable[str] = ()) -> None:
        """Clusters that are `late` answer when the test says so, all others at once."""
        self.clients = {client.cluster: client for client in clients}
        self.clusters = Clusters(
            {name: Accounts(client) for name, client in self.clients.items()},
            {name: ClusterCache() for name in self.clients},
        )
        self.late = frozenset(late)
        self.pending = frozenset(self.clients)
        self.failed: dict[str, ClusterFailed] = {}
        self.jobs: list[tuple[str, Callable[[], None]]] = []
        """Jobs that have been handed out and are not done yet, with their clusters."""
        self.handed_out: list[str] = []
        """The clusters of all jobs, in order."""
        self.watched: list[set[WorkKey]] = []
        """The work keys of every call of `watch`."""
        self.refreshed: list[set[WorkKey]] = []
        """The work keys of every call of `refresh`."""
        self.refreshing = False
        self.closed = 0
        self.on_refresh: Callable[[], None] = lambda: None

    # -- what a test plays -------------------------------------------------------------------------------------------

    def answer(self, name: str) -> None:
        """A cluster has been read."""
        for kind in (CONFIG_MAP, SECRET):
            for body in self.clients[name].list(kind).items:
                self.clusters.caches[name].put(LiveObject.from_manifest(kind, body))
        self.pending -= {name}
        self._done(name)

    def lose(self, name: str, message: str = "it is gone", *, declared: bool = True) -> None:
        """A cluster has failed, while it was being read or later."""
        self.failed[name] = ClusterFailed(name, message, declared=declared)
        self.pending -= {name}
        self._done(name)

    def see(self, name: str, body: dict) -> None:
        """A watch has shown an object."""
        self.clusters.caches[name].put(LiveObject.from_manifest(CONFIG_MAP, body))
        self._changed()

    def refuse_watch(self, error: errors.ClusterError) -> None:
        self._refused(error)

    def work(self, cluster: str | None = None) -> None:
        """Do the jobs that have been handed out, of one cluster or all."""
        jobs = [(name, job) for name, job in self.jobs if cluster in {None, name}]
        self.jobs = [entry for entry in self.jobs if entry not in jobs]
        for _, job in jobs:
            job()

    def work_first(self) -> None:
        """Do the job that was handed out first."""
        _, job = self.jobs.pop(0)
        job()

    # -- what a run does ---------------------------------------------------------------------------------------------

    def read(self, done: Callable[[str], None]) -> None:
        self._done = done
        for name in sorted(self.pending - self.late):
            self.answer(name)

    def give_up_late(self) -> None:
        """No cluster is late here."""

    def refresh(self, work_keys, done: Callable[[str], None]) -> None:
        self.refreshed.append(set(work_keys))
        self.on_refresh()
        for name in self.clients:
            done(name)

    def close(self) -> None:
        self.closed += 1

    def submit(self, cluster: str, job: Callable[[], None]) -> None:
        self.jobs.append((cluster, job))
        self.handed_out.append(cluster)

    @property
    def failures(self) -> tuple[ClusterFailed, ...]:
        return tuple(self.failed[name] for name in sorted(self.failed))

    def watch(self, work_keys, changed, refused, *, longest) -> None:
        self.watched.append(set(work_keys))
        self.longest = longest
        self._changed, self._refused = changed, refused


class Played:
    """Plays what happens while a run waits: a step of the test, or all jobs. If nobody rings, the time passes."""

    def __init__(self, fleet: FakeFleet) -> None:
        self.fleet = fleet
        self.clock = Clock()
        self.steps: list[Callable[[], object]] = []
        self.lingered: list[float] = []
        """How long the run stayed after each wait for what comes with what happened."""
        self._rung = False

    def ring(self, _: str = "") -> None:
        self._rung = True

    def wait(self, longest: float, linger: float, heed: Callable[[], None]) -> None:
        self.lingered.append(linger)
        if not self._rung:
            if self.steps:
                self.steps.pop(0)()
            elif self.fleet.jobs:
                self.fleet.work()
        if not self._rung:
            self.clock.now += longest
        self._rung = False
        heed()

    def now(self) -> float:
        return self.clock.now


@dataclass
class Planner:
    """Plans what is declared and not there yet, on clusters that have been read."""

    declared: list[Change] = field(default_factory=list)
    links: tuple[LinkReport, ...] = ()
    sites: tuple[SiteReport, ...] = ()
    removed: list[int] = field(default_factory=list)
    """How many removals each plan was reported."""
    given_up: frozenset[tuple[str, str]] = frozenset()
    """The work keys of which the last plan knew that a write had failed."""
    moments: list[datetime] = field(default_factory=list)
    stubborn: bool = False
    """True: whatever is made, it is planned again."""
    planning: Callable[[], object] = lambda: None
    """Called while planning."""

    def __call__(
        self,
        fleet: FakeFleet,
        moment: datetime,
        removed: int,
        given_up: frozenset[tuple[str, str]] = frozenset(),
    ) -> Plan:
        self.planning()
        self.given_up = given_up
        self.removed.append(removed)
        self.moments.append(moment)
        read = fleet.clients.keys() - fleet.pending - fleet.failed.keys()
        changes = [each for each in self.declared if each.cluster in read and not self._made(each, fleet)]
        return Plan(changes=tuple(changes), links=self.links, sites=self.sites)

    def _made(self, change: Change, fleet: FakeFleet) -> bool:
        key = ObjectKey(change.kind, change.namespace, change.name)
        there = key in fleet.clusters.caches[change.cluster].keys(change.kind)
        return not self.stubborn and there is not (change.verb is Verb.DELETE)


class Scenario:
    """A run over a fake fleet, with everything that it reported."""

    def __init__(self, *clients: FakeClient, late: Iterable[str] = ()) -> None:
        self.fleet = FakeFleet(*(clients or (FakeClient("a"), FakeClient("b"))), late=late)
        self.played = Played(self.fleet)
        self.planner = Planner()
        self.stop = threading.Event()
        self.events: list[Event] = []
        self.listen: Callable[[Event], None] = lambda _: None

    def declare(self, *changes: Change) -> None:
        self.planner.declared += changes

    def then(self, *steps: Callable[[], object]) -> None:
        """Play these steps, one each time the run waits."""
        self.played.steps += steps

    def run(self, wait: float = 0.0) -> Outcome:
        return self._run().execute(wait)

    def preview(self) -> Outcome:
        return self._run().preview()

    def _run(self) -> Run:
        return Run(
            self.fleet,
            self.planner,
            self._tell,
            clock=lambda: BEGAN + timedelta(seconds=self.played.now()),
            stop=self.stop,
            wakeup=self.played,
        )

    def _tell(self, event: Event) -> None:
        self.events.append(event)
        self.listen(event)

    @property
    def started(self) -> list[str]:
        """Names of the changes that were begun, in order."""
        return [event.change.name for event in self.events if isinstance(event, ChangeStarted)]

    @property
    def failed(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, ChangeFailed | ClusterFailed)]

    @property
    def plans(self) -> int:
        return sum(isinstance(event, Planned) for event in self.events)
