"""Clusters, Skupper on them, and our own run over both: no data server, no command line, all real requests.

A `Harness` is as many clusters as a test names, on either back end. Definitions are plain values that the test changes
at will, and every run is a new one with new clients, as a scheduled run would be. The reconciler is the one that the
program uses; a `Harness` gives it definitions and a way into the clusters, and nothing else.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reconcile.apply import dialling
from reconcile.apply.dialling import Dial
from reconcile.apply.events import ChangeFailed, ChangeStarted, ClusterFailed, Event
from reconcile.apply.observing import Accounts
from reconcile.apply.running import Outcome, now
from reconcile.apply.waking import Wakeup
from reconcile.engines import ENGINES
from reconcile.kinds import Kind
from reconcile.openshift.access import Access, Retries, Timeouts
from reconcile.openshift.client import Client
from reconcile.reconciler import Options, Reconciler
from reconcile.report import lines
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.skupper.simulator import Skupper
from reconcile.sandbox.skupper.timing import FAST, Timing
from reconcile.skupper.definitions import Cluster, Config, Definitions, Network, SiteDefinition
from reconcile.skupper.diagnosis.checks import Result
from reconcile.skupper.engine import Engines
from reconcile.skupper.orders import Order
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import LinkState
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey
from tests.clusters.backends import Backend, Clusters
from tests.clusters.backends import Cluster as AnyCluster
from tests.fault_proxy import FaultProxy

OURS = Ownership("test")
PATIENCE = 60.0
"""Seconds that a run may wait for links; far more than the simulation needs."""


@dataclass
class RunResult:
    """What one run did and said."""

    outcome: Outcome
    actions: list[str]
    failures: list[str]
    requests: dict[str, tuple[int, int]]
    seconds: float

    @property
    def writes(self) -> int:
        return sum(writes for _, writes in self.requests.values())

    @property
    def states(self) -> dict[str, LinkState]:
        return {str(link.link): link.state for link in self.outcome.plan.links}

    @property
    def errors(self) -> dict[str, str]:
        """Rule -> message of every error that the plan ended with."""
        return {finding.rule: finding.message for finding in self.outcome.plan.errors}

    @property
    def all_up(self) -> bool:
        links = self.outcome.plan.links
        return bool(links) and all(link.converged for link in links)


@dataclass
class Harness:
    servers: Clusters
    skupper: Skupper
    private: frozenset[str]
    network: Network
    token: dict[str, str] = field(default_factory=dict)
    """Tokens other than the administrator's, by cluster."""
    admin_token: dict[str, str] = field(default_factory=dict)
    """Tokens of a second account, for policies, by cluster."""
    ownership: Ownership = OURS
    engines: Engines = ENGINES
    others: tuple[Network, ...] = ()
    """Networks beside the one that tests change."""
    known: tuple[str, ...] = ()
    """Clusters that the data has; empty for all."""
    proxies: dict[str, FaultProxy] = field(default_factory=dict)
    """Proxies between us and clusters; Skupper goes straight to its cluster."""

    def __getitem__(self, name: str) -> AnyCluster:
        return self.servers[name]

    def proxy(self, name: str) -> FaultProxy:
        """The fault proxy before a cluster, put there at the first call; all later runs pass through it."""
        if name not in self.proxies:
            self.proxies[name] = FaultProxy(self.servers[name].url, self.servers.ca_file)
        return self.proxies[name]

    def server(self, name: str) -> str:
        """The address at which we reach a cluster."""
        return self.proxies[name].url if name in self.proxies else self.servers[name].url

    def cluster(self, name: str, **options) -> Cluster:
        return Cluster(name, self.server(name), private=name in self.private, **options)

    @property
    def definitions(self) -> Definitions:
        names = self.known or tuple(cluster.name for cluster in self.servers)
        everything = tuple(self.cluster(name) for name in names)
        return Definitions(networks=(self.network, *self.others), clusters=everything)

    def change(self, **fields) -> None:
        """Change the network."""
        self.network = replace(self.network, **fields)

    def change_site(self, cluster: str, /, **fields) -> None:
        """Change the site on a cluster."""
        sites = tuple(
            replace(site, **fields) if site.cluster.name == cluster else site for site in self.network.sites
        )
        self.change(sites=sites)

    def drop_site(self, cluster: str) -> None:
        """Take the site on a cluster out of the data."""
        self.change(sites=tuple(site for site in self.network.sites if site.cluster.name != cluster))

    def delete_all(self) -> None:
        """Mark all sites of the network ``delete``: a network is never emptied by taking them out of the data."""
        self.change(sites=tuple(replace(site, delete=True) for site in self.network.sites))

    def client(self, name: str, token: str = "") -> Client:
        """A client with the token of the automation account, or another one."""
        token = token or self.token.get(name, self.servers[name].token)
        trusted = self.proxies[name].ca_file if name in self.proxies else str(self.servers.ca_file)
        access = Access(name, self.server(name), token, ca_file=trusted)
        return Client(access, timeouts=Timeouts(connect=3, read=8), retries=Retries(attempts=2, base=0.01))

    def run(
        self,
        *,
        wait: float = PATIENCE,
        dry_run: bool = False,
        budget: int | None = None,
        delay: timedelta = timedelta(),
        cut: Iterable[SiteKey] = (),
        selection: Selection = Selection(),
        listener: Callable[[Event], None] | None = None,
        stop: threading.Event | None = None,
        take_over: bool = False,
        order: Order | None = None,
        clock: Callable[[], datetime] | None = None,
        machine_clock: Callable[[], datetime] = now,
        pace: float = 1.0,
    ) -> RunResult:
        """One run, or with `dry_run` a preview; its seconds, those of `wait` too, pass `pace` times as fast as ours.

        `clock`: the time of the planner, instead of one that begins with ours and goes at that pace; `machine_clock`:
        what the clocks of clusters are compared with.
        """
        started = time.monotonic()
        events: list[Event] = []

        def tell(event: Event) -> None:
            events.append(event)
            if listener:
                listener(event)

        options = Options(
            selection=selection,
            removal_budget=budget,
            removal_delay=delay,
            cut=frozenset(cut),
            take_over=take_over,
            threads=4,
        )
        reconciler = Reconciler(
            self.definitions,
            self.ownership,
            lambda cluster, _: self._accounts(cluster.name),
            options,
            stop=stop,
            engines=self.engines,
        )
        with closing(reconciler):
            began = now()
            run = reconciler.run(
                tell,
                order=order,
                machine_clock=machine_clock,
                clock=clock or (lambda: now() + (pace - 1) * (now() - began)),
                wakeup=Wakeup(lambda: pace * time.monotonic()),
            )
            outcome = run.preview() if dry_run else run.execute(wait)
            requests = dict(reconciler.requests())
        return RunResult(
            outcome=outcome,
            actions=[lines.action(event.change) for event in events if isinstance(event, ChangeStarted)],
            failures=[e.message for e in events if isinstance(e, ChangeFailed | ClusterFailed)],
            requests=requests,
            seconds=time.monotonic() - started,
        )

    def diagnose(
        self,
        *words: str,
        dial: Dial = dialling.nothing,
        opened: Callable[[str], object] = lambda _: None,
    ) -> tuple[Result, ...]:
        """Check what these words name; `opened` is called with each cluster that is read."""

        def accounts(cluster: Cluster, _: object) -> Accounts:
            opened(cluster.name)
            return self._accounts(cluster.name)

        reconciler = Reconciler(
            self.definitions, self.ownership, accounts, Options(threads=4), engines=self.engines
        )
        with closing(reconciler):
            return reconciler.diagnose(words, dial=dial)

    def _accounts(self, cluster: str) -> Accounts:
        admin = self.admin_token.get(cluster)
        return Accounts(self.client(cluster), self.client(cluster, admin) if admin else None)

    def objects(self, kind: Kind, *clusters: str) -> list[dict]:
        """All objects of a kind, on all clusters or those named."""
        names = clusters or tuple(cluster.name for cluster in self.servers)
        return [found for name in names for found in self.servers[name].objects(kind)]


@contextmanager
def harness(
    backend: Backend,
    names: Iterable[str],
    *,
    private: Iterable[str] = (),
    config: dict[str, Config] | None = None,
    timing: Timing = FAST,
    policies: bool = False,
    **network,
) -> Iterator[Harness]:
    """Clusters of these names with one site each, in the namespace ``net`` of each."""
    specs = [ClusterSpec(name, namespaces=("net", "other")) for name in names]
    with ExitStack() as stack:
        # What TLS adds is tested by commands in processes of their own, and by tests of the client and of proxies.
        servers = stack.enter_context(backend.clusters(specs, tls=False))
        hidden = frozenset(private)
        sites = tuple(
            SiteDefinition(
                Cluster(spec.name, servers[spec.name].url, private=spec.name in hidden),
                "net",
                config=(config or {}).get(spec.name, {}),
                path=f"/services/{spec.name}.yml",
            )
            for spec in specs
        )
        clients = {}
        for spec in specs:
            client = servers[spec.name].client(field_manager="site-controller")
            clients[spec.name] = stack.enter_context(client)
        skupper = stack.enter_context(Skupper(clients, timing=timing, renewal=10.0, policies=policies))
        declared = Network(
            "n", "1.9.6", settings={"image": "quay.io/skupper/site-controller"}, sites=sites, **network
        )
        made = Harness(servers, skupper, hidden, declared)
        stack.callback(lambda: [proxy.shut() for proxy in made.proxies.values()])
        yield made


def three_clusters(backend: Backend) -> AbstractContextManager[Harness]:
    """Two public clusters and a private one; nothing on them yet."""
    return harness(backend, ["a", "b", "p"], private=["p"])
