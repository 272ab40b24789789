"""The clusters of the soak, what events do to them, and runs over them."""

import logging
import random
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from reconcile import INTEGRATION
from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE_ACCOUNT
from reconcile.openshift.access import Retries
from reconcile.openshift.client import Client
from reconcile.report import plan_json
from reconcile.sandbox.kubernetes.accounts import Account
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.skupper.simulator import Skupper
from reconcile.sandbox.skupper.timing import Timing
from reconcile.skupper.definitions import Network
from reconcile.skupper.orders import Order, OrderKind
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names
from tests.clusters.backends import Backend
from tests.end_to_end.harness import OURS, Harness, RunResult
from tests.soak import data
from tests.soak.clock import FastClock
from tests.soak.data import CLUSTERS, NAMESPACES, Data
from tests.soak.invariants import Invariants
from tests.waiting import until

US = "soak:automation"
"""The user of our runs on every cluster; everybody else is Skupper or a person."""
BUDGET = 10
"""Removals of one day."""
RETRIES = Retries(attempts=2, base=0.01)
PATIENT, HURRIED = 60, 15
DAY = 25 * 3600.0
"""Seconds after which no removal counts any more: a record counts for an hour longer than a day."""
PACE = 5.0
"""How many times as fast as ours all seconds pass. At ten times, the minute in which a new token has to connect was six
seconds, which a machine with other work can take."""
SCALE = 0.1
"""How long the simulated Skupper takes, compared with the real one: a busy machine makes everything else slower."""
RENEWAL = 30.0
"""Seconds between two renewals of a lease, which count for 60 s."""


class LocalHarness(Harness):
    """Its runs reach the clusters within this process, which saves what HTTP and TLS cost."""

    def client(self, name: str, token: str = "") -> Client:
        token = token or self.token[name]
        return self.servers[name].client(field_manager=INTEGRATION, token=token, retries=RETRIES)


Hook = Callable[[Call], Awaitable[None] | None]


@dataclass
class Disturbance:
    """What happens to the requests of the next run."""

    before: Hook = lambda _: None
    after: Hook = lambda _: None


@dataclass
class SoakFleet:
    """One fleet, from its first run to its end."""

    harness: Harness
    invariants: Invariants
    admins: dict[str, Client]
    """Clients with all rights, for what people do."""
    clock: FastClock
    data: Data = field(default_factory=data.initial)
    draw: random.Random = field(default_factory=random.Random)
    """Draws for the event that happens now."""
    broken: set[SiteKey] = field(default_factory=set)
    """Sites that events have broken or moved since the last runs."""
    serial: int = 0
    """Makes names that nobody has had."""
    disturbances: list[Disturbance] = field(default_factory=list)
    way: Callable[[], object] | None = None
    """How the next run is made; None: as any other."""
    order: Order | None = None
    """What somebody asks for by the next run."""
    outputs: list[str] = field(default_factory=list)

    # -- for events ------------------------------------------------------------------------------------------------

    def choose(self, among: Iterable[SiteKey]) -> SiteKey | None:
        """Draw a site, None if there is none to draw from."""
        found = sorted(among)
        return self.draw.choice(found) if found else None

    def whole(self) -> list[SiteKey]:
        """Wanted sites that exist and that no event has broken since the last runs."""
        return [key for key in self.data.wanted if key not in self.broken and self.exists(key)]

    def interior(self) -> list[SiteKey]:
        """Those of them that accept links."""
        return [key for key in self.whole() if key.cluster not in self.data.private]

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def free(self) -> list[SiteKey]:
        """Namespaces that are not in the data and have no site, which might run a version that a network refuses."""
        return [key for key in self.data.free() if not self.exists(key)]

    def tokens(self, key: SiteKey) -> list[str]:
        """Names of the tokens of ours with which a site dials."""
        in_use = self.harness[key.cluster].objects(SECRET, key.namespace, {names.TYPE: names.TOKEN})
        return sorted(
            secret["metadata"]["name"]
            for secret in in_use
            if (secret["metadata"].get("annotations") or {}).get(names.DIALLER) == str(key)
        )

    def gone(self, key: SiteKey) -> None:
        """Wait until a site has no router any more."""
        cluster = self.harness[key.cluster]
        until(lambda: cluster.find(DEPLOYMENT, names.ROUTER, key.namespace) is None)

    def exists(self, key: SiteKey) -> bool:
        return self.harness[key.cluster].find(CONFIG_MAP, names.SITE, key.namespace) is not None

    # -- runs ------------------------------------------------------------------------------------------------------

    def run(
        self,
        *,
        budget: int = BUDGET,
        dry_run: bool = False,
        stop: threading.Event | None = None,
        wait: float | None = None,
        order: Order | None = None,
    ) -> RunResult:
        """One run over what is declared now; an order for a site that is not declared any more is not given.

        `wait`: seconds that it waits for what it began, few if it is to be disturbed.
        """
        harness = self.harness
        harness.private = frozenset(self.data.private)
        clusters = {
            name: harness.cluster(name, disabled=name in self.data.disabled, path=f"/clusters/{name}.yml")
            for name in CLUSTERS
        }
        networks = tuple(self.data.definitions(clusters, self.clock.moment().date()))
        harness.network, harness.others = networks[0], networks[1:]
        order = order or self.order
        result = harness.run(
            wait=wait if wait is not None else HURRIED if self.disturbances else PATIENT,
            clock=self.clock.moment,
            machine_clock=self.clock.moment,
            pace=PACE,
            budget=budget,
            dry_run=dry_run,
            stop=stop,
            order=order if order and order.sites <= self.data.wanted.keys() else None,
        )
        plan = result.outcome.plan
        self.outputs += [*result.actions, *result.failures, plan_json.plan(plan)]
        return result

    def ordered(self, kind: OrderKind, key: SiteKey) -> Order:
        """An order for one site, given now."""
        return Order(kind=kind, sites=frozenset({key}), at=self.clock.moment(), by="alice")

    def begin(self) -> None:
        """Have what follows judged by the data of now."""
        self.invariants.begin(self.data, set(self.data.wanted) - self.broken)

    def disturb(self, before: Hook | None = None, after: Hook | None = None) -> None:
        """Disturb the requests of the next run."""
        chosen = {"before": before, "after": after}
        self.disturbances.append(Disturbance(**{name: hook for name, hook in chosen.items() if hook}))

    def calm(self) -> None:
        """End all disturbances; nothing that was sent is still under way."""
        until(lambda: not any(thread.name.startswith("write-") for thread in threading.enumerate()))
        self.disturbances, self.way, self.order = [], None, None

    # -- what is there ---------------------------------------------------------------------------------------------

    def faults(self, result: RunResult) -> Iterator[str]:
        """What is not as declared after a run, by its own word and by what is on the clusters."""
        plan = result.outcome.plan
        yield from result.failures
        yield from (f"{finding.rule}: {finding.message}" for finding in plan.errors)
        yield from (f"unfinished: {report}" for report in plan.unfinished)
        yield from (
            f"to do: {change.verb} {change.kind.name} {change.name} in {change.cluster}/{change.namespace}: "
            f"{change.reason}; waits for {change.waits_for}"
            for change in (*plan.changes, *plan.refused)
        )
        yield from self._wrong_sites()
        yield from self._wrong_links()
        yield from self._wrong_policies()

    def _wrong_sites(self) -> Iterator[str]:
        wanted = self.data.wanted
        for cluster in set(CLUSTERS) - self.data.disabled:
            found = self.harness[cluster].objects(CONFIG_MAP, labels=OURS.labels)
            sites = {
                SiteKey(cluster, body["metadata"]["namespace"])
                for body in found
                if body["metadata"]["name"] == names.SITE
            }
            yield from (f"{key} is there and not declared" for key in sites - wanted.keys())
            here = {key for key in wanted if key.cluster == cluster}
            yield from (f"{key} is declared and not there" for key in here - sites)
            yield from self._wrong_networks(cluster)

    def _wrong_networks(self, cluster: str) -> Iterator[str]:
        for account in self.harness[cluster].objects(SERVICE_ACCOUNT, labels=OURS.labels):
            metadata = account["metadata"]
            key = SiteKey(cluster, metadata["namespace"])
            recorded = (metadata.get("annotations") or {}).get(names.NETWORK)
            declared = self.data.wanted.get(key)
            if metadata["name"] == names.SITE_CONTROLLER and recorded != declared:
                yield f"{key} is recorded in network {recorded} and declared in {declared}"

    def _wrong_links(self) -> Iterator[str]:
        reached: dict[SiteKey, set[SiteKey]] = {}
        for pair in self.invariants.links():
            for key in pair:
                reached.setdefault(key, {key}).update(pair)
        for name in set(self.data.wanted.values()):
            members = {key for key, network in self.data.wanted.items() if network == name}
            part: set[SiteKey] = set()
            new = {next(iter(members))}
            while new - part:
                part |= new
                new = set().union(*(reached.get(key, {key}) for key in part))
            if part != members:
                yield f"network {name}: not connected: {sorted(map(str, part ^ members))}"

    def _wrong_policies(self) -> Iterator[str]:
        for cluster in CLUSTERS:
            found = {body["metadata"]["name"] for body in self.harness[cluster].objects(CLUSTER_POLICY)}
            declared = {
                f"{OURS.instance}-{policy.identifier}"
                for network in self.data.networks.values()
                for key, site in network.sites.items()
                for policy in site.policies
                if key.cluster == cluster and not site.delete
            }
            if found != declared:
                yield f"cluster {cluster} has policies {found}, declared are {declared}"


async def _each(hooks: Iterable[Hook], call: Call) -> None:
    for hook in tuple(hooks):
        found = hook(call)
        if found is not None:
            await found


@contextmanager
def _silenced() -> Iterator[None]:
    """Without the tracebacks that the web server logs of every connection that is cut on purpose."""
    logger = logging.getLogger("aiohttp.server")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def soak_fleet(backend: Backend, seed: int) -> Iterator[SoakFleet]:
    """Clusters on which nothing is yet; `seed` draws how long Skupper takes for what."""
    with ExitStack() as stack:
        stack.enter_context(_silenced())
        clock = FastClock(PACE)
        namespaces = (*NAMESPACES, "foreign")
        specs = [ClusterSpec(name, namespaces=namespaces, now=clock.moment) for name in CLUSTERS]
        servers = stack.enter_context(backend.clusters(specs))

        def client(name: str, manager: str) -> Client:
            return stack.enter_context(servers[name].client(field_manager=manager))

        simulated = {name: client(name, "site-controller") for name in CLUSTERS}
        timing = Timing(SCALE, seed)
        skupper = stack.enter_context(
            Skupper(simulated, clock=clock, timing=timing, renewal=RENEWAL, policies=False)
        )
        invariants = Invariants(servers, skupper.wire, BUDGET, clock)
        tokens = {name: servers[name].admit(Account(US, f"{name}-soak-token")) for name in CLUSTERS}
        harness = LocalHarness(
            servers, skupper, frozenset(), Network("none", "1.9.6"), token=tokens, admin_token=tokens
        )
        fleet = SoakFleet(harness, invariants, {name: client(name, "kubectl") for name in CLUSTERS}, clock)

        async def before(call: Call) -> None:
            if call.user == US:
                await _each([each.before for each in fleet.disturbances], call)

        async def after(call: Call) -> None:
            if call.user == US:
                if call.is_write:
                    invariants.note(call)
                await _each([each.after for each in fleet.disturbances], call)

        for name in CLUSTERS:
            servers[name].faults.before.append(before)
            servers[name].faults.after.append(after)
        yield fleet
