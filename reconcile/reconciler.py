"""The reconciler: makes clusters match definitions.

The one place that connects planner, engine and fleet. It receives definitions, options and a function that opens a
cluster's accounts, and does not care where these come from.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from threading import Event as Flag

from reconcile.apply import details, dialling
from reconcile.apply.dialling import Dial
from reconcile.apply.events import Listener, ignore
from reconcile.apply.fleet import READ_WITHIN, Fleet, Target
from reconcile.apply.following import Following, Seen
from reconcile.apply.observing import Accounts
from reconcile.apply.running import Outcome, Run, now
from reconcile.apply.waking import Wakeup
from reconcile.engines import ENGINES
from reconcile.findings import ClusterSubject, Finding, Severity, Subject
from reconcile.skupper import checks, planning
from reconcile.skupper.definitions import Cluster, Definitions
from reconcile.skupper.diagnosis import diagnosing, scope
from reconcile.skupper.diagnosis.checks import Result
from reconcile.skupper.diagnosis.facts import Facts
from reconcile.skupper.diagnosis.table import Diagnostics
from reconcile.skupper.engine import Engines
from reconcile.skupper.list_requests import AdminAccount
from reconcile.skupper.orders import Order
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey

OpenAccounts = Callable[[Cluster, AdminAccount], Accounts]
"""Opens the accounts of a cluster, the cluster-admin one as far as it is needed; raises ``CannotOpenError``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller chooses."""

    selection: Selection = Selection()
    removal_budget: int | None = None
    """How many sites, links and policies may be removed in a day; None: any number."""
    removal_delay: timedelta = timedelta()
    """For how long a site must have been missing from the data before it is removed."""
    cut: frozenset[SiteKey] = frozenset()
    """Sites whose links are deleted at once."""
    confirm_origin: bool = False
    """True: data of another origin than that recorded on the clusters is accepted."""
    take_over: bool = False
    threads: int = 10
    """How many namespaces of one cluster are processed in parallel."""
    read_within: float = READ_WITHIN
    """Seconds until a cluster must have been read."""


class Reconciler:
    """Plans and runs over one set of definitions."""

    def __init__(
        self,
        definitions: Definitions,
        ownership: Ownership,
        open_accounts: OpenAccounts,
        options: Options,
        *,
        stop: Flag | None = None,
        engines: Engines = ENGINES,
    ) -> None:
        """`stop`: once it is set, no new change is started."""
        self._ownership = ownership
        self._open_accounts = open_accounts
        self._options = options
        self._stop = stop or Flag()
        self._engines = engines
        self._desired = engines.resolve(definitions)
        self._fleets: list[Fleet] = []

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings about the definitions."""
        return checks.check(self._desired, self._engines)

    @property
    def wanted_sites(self) -> frozenset[SiteKey]:
        """All sites that the definitions declare, without those marked ``delete``."""
        return frozenset(self._desired.wanted)

    @cached_property
    def _refused(self) -> frozenset[Subject]:
        """What an error in the data refuses."""
        return frozenset(entry.subject for entry in self.findings if entry.severity is Severity.ERROR)

    @property
    def sites_of(self) -> Mapping[str, frozenset[SiteKey]]:
        """Identifier of a network -> the sites that the definitions declare, without those marked ``delete``."""
        return {
            entry.identifier: frozenset(site.key for site in entry.wanted) for entry in self._desired.networks
        }

    def run(
        self,
        listener: Listener,
        *,
        order: Order | None = None,
        clock: Callable[[], datetime] = now,
        machine_clock: Callable[[], datetime] = now,
        wakeup: Wakeup | None = None,
    ) -> Run:
        """A run over all selected clusters, or over those that an order concerns.

        It plans by the time of `clock`, waits by that of `wakeup`, and compares the clocks of clusters with
        `machine_clock`, by which it also dates certificates.
        """
        make_plan = partial(self._plan, order=order)
        return Run(
            self._fleet(self._needed(order) if order else None, machine_clock),
            make_plan,
            listener,
            clock=clock,
            stop=self._stop,
            wakeup=wakeup,
        )

    def look(self) -> Outcome:
        """Read everything once and plan, without reporting events."""
        return Run(self._fleet(), self._plan, ignore, stop=self._stop).preview()

    def follow(
        self,
        seen: Seen,
        longest: float,
        *,
        clock: Callable[[], datetime] = now,
        wakeup: Wakeup | None = None,
    ) -> None:
        """Call `seen` with each new state until it has had enough, or for `longest` seconds. Nothing is applied."""

        def opened() -> Fleet:
            # The one before is closed, and somebody may look on for days.
            self._fleets.clear()
            return self._fleet()

        following = Following(
            opened,
            lambda fleet: self._plan(fleet, clock(), 0, frozenset()),
            seen,
            stop=self._stop,
            wakeup=wakeup or Wakeup(),
        )
        following.follow(longest)

    def diagnose(
        self,
        words: Sequence[str],
        *,
        dial: Dial = dialling.from_here,
        clock: Callable[[], datetime] = now,
    ) -> tuple[Result, ...]:
        """Check networks, sites and links by name, or everything; only the clusters that they need are read.

        Raises ``UnknownSubjectError``. `dial` probes what links dial; nothing else writes.
        """
        chosen = scope.resolve(words, self._desired)
        chosen = chosen.within(self._options.selection, self._desired.clusters)
        fleet = self._fleet(only=chosen.clusters)
        plan = Run(fleet, self._plan, ignore, clock=clock, stop=self._stop).preview().plan
        inputs = self._inputs(fleet, clock(), 0)
        diagnostics = self._diagnostics()
        failed = {failure.cluster for failure in fleet.failures}
        kinds = {
            site.key: diagnostics[site.network].kinds
            for site in chosen.sites
            if site.cluster.name not in failed
        }
        facts = Facts(inputs, plan, details.read(fleet.clusters, kinds, threads=self._options.threads))
        dialled = {link: diagnostics[network].dialled(facts, link) for network, link in chosen.links}
        reached = dial(dialled, fleet.clusters, self._ownership)
        facts = replace(facts, dialled=dialled, reached=reached)
        tables = {network: part.checks for network, part in diagnostics.items()}
        return diagnosing.diagnose(facts, chosen, tables)

    def _diagnostics(self) -> dict[str, Diagnostics]:
        """Network -> the checks of its engine, or only those of every version if no engine serves it."""
        engines = {engine.name: engine.diagnostics for engine in self._engines}
        return {
            network.identifier: engines.get(network.engine, Diagnostics())
            for network in self._desired.networks
        }

    def requests(self) -> Mapping[str, tuple[int, int]]:
        """Cluster -> (requests in all, writes among them) of all runs so far."""
        total: Counter[str] = Counter()
        writes: Counter[str] = Counter()
        for fleet in self._fleets:
            for cluster, (sent, written) in fleet.requests().items():
                total[cluster] += sent
                writes[cluster] += written
        return {cluster: (total[cluster], writes[cluster]) for cluster in sorted(total)}

    def close(self) -> None:
        """End all watches, threads and connections."""
        for fleet in self._fleets:
            fleet.close()

    def _plan(
        self,
        fleet: Fleet,
        moment: datetime,
        removed: int,
        given_up: frozenset[tuple[str, str]],
        order: Order | None = None,
    ) -> Plan:
        inputs = replace(self._inputs(fleet, moment, removed), given_up=given_up, order=order)
        return planning.plan(inputs, self._engines)

    def _inputs(self, fleet: Fleet, moment: datetime, removed: int) -> PlanInput:
        snapshots, awaited = fleet.known()
        return PlanInput(
            desired=self._desired,
            ownership=self._ownership,
            now=moment,
            snapshots=snapshots,
            awaited=awaited,
            selection=self._options.selection,
            findings=self.findings,
            removal_budget=self._options.removal_budget,
            removed=removed,
            removal_delay=self._options.removal_delay,
            cut=self._options.cut,
            confirm_origin=self._options.confirm_origin,
            take_over=self._options.take_over,
        )

    def _fleet(self, only: Collection[str] | None = None, clock: Callable[[], datetime] = now) -> Fleet:
        targets = [
            self._target(cluster) for cluster in self._clusters() if only is None or cluster.name in only
        ]
        fleet = Fleet(
            targets,
            threads=self._options.threads,
            redactions=self._engines.redactions,
            read_within=self._options.read_within,
            now=clock,
        )
        self._fleets.append(fleet)
        return fleet

    def _clusters(self) -> Iterator[Cluster]:
        """Clusters to read: those with declared sites, and the others, which may have leftover resources."""
        for _, cluster in sorted(self._desired.clusters.items()):
            if not cluster.disabled and self._options.selection.covers_cluster(cluster):
                yield cluster

    def _needed(self, order: Order) -> frozenset[str]:
        """The clusters of the networks that an order concerns."""
        return frozenset(
            site.cluster.name
            for entry in self._desired.networks
            if any(site.key in order.sites for site in entry.sites)
            for site in entry.sites
        )

    def _target(self, cluster: Cluster) -> Target:
        take_over = self._options.take_over
        readings = []
        for engine in self._engines:
            networks = self._desired.of(engine.name)
            sites = [
                site for network in networks for site in network.sites if site.cluster.name == cluster.name
            ]
            readings.append(engine.reading(sites, self._ownership, take_over=take_over))
        admin = max((reading.admin for reading in readings), default=AdminAccount.UNUSED)
        return Target(
            name=cluster.name,
            open=partial(self._open_accounts, cluster, admin),
            readings=tuple(readings),
            refused=ClusterSubject(cluster.name) in self._refused,
        )
