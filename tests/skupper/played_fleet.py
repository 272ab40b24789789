"""A fleet without any cluster whose Skupper is played second by second, for properties of plans over time.

Tokens are issued, connectors follow tokens, routers connect and report, each a little later. Between the same two sites
there is one connection, and one record of it: that of whichever token was first. A token may be made not to connect.
"""

import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reconcile.kinds import CONFIG_MAP, ROUTE, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.definitions import Approval, Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.orders import Order
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from tests.skupper.fakes import NOW, OURS, FakeCluster, body, certificate
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

SECOND = timedelta(seconds=1)
TYPE = "skupper.io/type"
CONFIGURED_AFTER, CONNECTED_AFTER, ISSUED_AFTER = 2, 4, 1
"""Seconds from a token to its connector, from a connector to its link record, and from a request to its token."""


def at(cluster: str) -> SiteKey:
    return SiteKey(cluster, "net")


@dataclass
class Connection:
    """One connection between two sites."""

    dialler: str
    issuer: str
    token: str
    began: datetime


@dataclass
class PlayedFleet:
    """One site in each cluster, named like it; `networks` are what the data declares."""

    names: tuple[str, ...]
    networks: dict[str, tuple[str, ...]]
    edges: frozenset[str] = frozenset()
    drawn: random.Random = field(default_factory=lambda: random.Random(0))
    works: Callable[[str, str, str], bool] = lambda _dialler, _issuer, _token: True
    """Whether a token connects: (dialler, issuer, name of the token)."""
    now: datetime = NOW
    unread: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    """Private clusters whose sites stay interior: they can only dial."""
    every: int = 1
    """Seconds from one plan to the next."""
    hosts: dict[str, str] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    """Those in the datafile of each network."""
    order: Order | None = None
    """What the run that plans now was asked for beside the data."""
    unwritten: frozenset[str] = frozenset()
    """Names of objects that runs do not come to write."""

    def __post_init__(self) -> None:
        self.fakes = {name: FakeCluster(name) for name in self.names}
        self.connections: dict[frozenset[str], Connection] = {}
        self.configured: dict[str, dict[str, datetime]] = {name: {} for name in self.names}
        """Cluster -> connector of its router -> since when."""
        for name in self.names:
            self.add_site(name, f"id-{name}")
        self._report()

    def add_site(self, name: str, site_id: str) -> None:
        self.fakes[name].add_site("net", site_id=site_id, edge=name in self.edges)
        network = next((found for found, sites in self.networks.items() if name in sites), "")
        recorded = {"annotations": {"qontract-skupper/network": network}}
        account = body(SERVICE_ACCOUNT, "net", "skupper-site-controller", metadata=recorded)
        self.fakes[name].add(SERVICE_ACCOUNT, account)

    def site_id(self, name: str) -> str:
        return str(self.fakes[name].bodies[CONFIG_MAP, "net", "skupper-site"]["metadata"]["uid"])

    def config(self, name: str) -> dict[str, str]:
        return {"routerMode": "interior"} if name in self.hidden else {}

    def move_host(self, name: str, host: str) -> None:
        """Give a site another host that its certificate is valid for; the old one keeps working."""
        fake = self.fakes[name]
        self.hosts[name] = host
        hosts = (host, f"net.{name}.example.com")
        fake.bodies[SECRET, "net", "skupper-site-server"]["data"]["tls.crt"] = certificate(host, hosts=hosts)
        for route in ("skupper-inter-router", "skupper-edge"):
            fake.bodies[ROUTE, "net", route]["spec"]["host"] = host

    # The program

    def inputs(self) -> PlanInput:
        clusters = {
            name: Cluster(name, f"https://{name}", private=name in self.edges | self.hidden, internal=False)
            for name in self.names
        }
        networks = tuple(
            Network(
                network,
                "1.9.6",
                settings={"image": "image"},
                approvals=self.approvals,
                path=f"/{network}.yml",
                sites=tuple(SiteDefinition(clusters[name], "net", self.config(name)) for name in sites),
            )
            for network, sites in self.networks.items()
        )
        snapshots = {
            name: ClusterSnapshot(problem="it is down") if name in self.unread else fake.snapshot()
            for name, fake in self.fakes.items()
        }
        desired = resolve(Definitions(networks, tuple(clusters.values())))
        return PlanInput(desired=desired, ownership=OURS, now=self.now, snapshots=snapshots, order=self.order)

    def plan(self) -> Plan:
        return plan_inputs(self.inputs())

    def run(
        self, seconds: int, *, kills: float = 0.0, look: Callable[["PlayedFleet"], None] = lambda _: None
    ) -> None:
        """Let time pass; each second a run plans and applies what is ready, or some of it if it is killed."""
        for _ in range(seconds):
            self.second(kills=kills)
            look(self)

    def second(self, *, kills: float = 0.0) -> None:
        """One second: Skupper does its part, and a run its part."""
        self.now += SECOND
        self._issue()
        self._configure()
        self._connect()
        self._report()
        if self.now.second % self.every:
            return
        ready = [change for change in self.plan().ready if change.kind == SECRET or change.ordered]
        for change in ready:
            written = change.cluster not in self.unread and change.name not in self.unwritten
            if self.drawn.random() >= kills and written:
                self.apply(change)

    def converge(self, seconds: int = 600) -> None:
        """Run until nothing changes any more."""
        quiet = 0
        for _ in range(seconds):
            before = self._secrets()
            self.second()
            quiet = quiet + 1 if before == self._secrets() and not self._due() else 0
            if quiet > CONFIGURED_AFTER + CONNECTED_AFTER + 2:
                return

    def apply(self, change: Change) -> None:
        """Do what the API server does with one change of a Secret, or with a mark."""
        fake, place = self.fakes[change.cluster], (change.kind, change.namespace, change.name)
        match change.verb:
            case Verb.DELETE:
                fake.delete(*place)
            case Verb.PATCH:
                if place in fake.bodies:
                    fake.bodies[place] = _merged(fake.bodies[place], change.body or {})
                    self._stamp(fake.bodies[place])
            case _ if place not in fake.bodies:
                made = body(SECRET, change.namespace, change.name)
                metadata = {**made["metadata"], **(change.body or {})["metadata"]}
                made = {**made, **(change.body or {}), "metadata": metadata}
                if change.hand_over:
                    source = self.fakes[change.hand_over.source.cluster].bodies.get(
                        (SECRET, change.hand_over.source.namespace, change.name)
                    )
                    if source is None:
                        return
                    made["metadata"]["annotations"] = {
                        **source["metadata"]["annotations"],
                        **made["metadata"]["annotations"],
                    }
                    made["data"] = source["data"]
                made["metadata"]["creationTimestamp"] = _written(self.now)
                self._stamp(made)
                fake.add(SECRET, made)

    def _stamp(self, secret: dict[str, Any]) -> None:
        entry = {"manager": "qontract-skupper", "operation": "Update", "time": _written(self.now)}
        applied = [
            each for each in secret["metadata"].get("managedFields", ()) if each["operation"] == "Apply"
        ]
        secret["metadata"]["managedFields"] = [*applied, entry]

    # Skupper

    def tokens(self, name: str) -> dict[str, str]:
        """The tokens in use at a site -> their issuer."""
        found = {}
        for (kind, _, secret), document in self.fakes[name].bodies.items():
            metadata = document["metadata"]
            if kind == SECRET and metadata["labels"].get(TYPE) == "connection-token":
                issuer = metadata["annotations"]["qontract-skupper/issuer"].partition("/")[0]
                if issuer != name:
                    found[secret] = issuer
        return found

    def _secrets(self) -> set[tuple[str, str, str]]:
        return {
            (name, secret, str(document["metadata"]["labels"].get(TYPE)))
            for name, fake in self.fakes.items()
            for (kind, _, secret), document in fake.bodies.items()
            if kind == SECRET
        }

    def _due(self) -> bool:
        return any(change.attended or change.ready for change in self.plan().changes if change.kind == SECRET)

    def _issue(self) -> None:
        for name, fake in self.fakes.items():
            for (kind, _, _name), document in list(fake.bodies.items()):
                metadata = document["metadata"]
                if kind != SECRET or metadata["labels"].get(TYPE) != "connection-token-request":
                    continue
                host = self.hosts.get(name, f"net.{name}.example.com")
                metadata["labels"][TYPE] = "connection-token"
                metadata["annotations"] |= {
                    "skupper.io/generated-by": self.site_id(name),
                    "inter-router-host": host,
                    "inter-router-port": "443",
                    "edge-host": host,
                    "edge-port": "443",
                }
                ca = fake.bodies[SECRET, "net", "skupper-site-ca"]["data"]["tls.crt"]
                document["data"] = {"ca.crt": ca, "tls.crt": certificate("token"), "tls.key": "c2VjcmV0"}

    def _configure(self) -> None:
        for name, fake in self.fakes.items():
            tokens, known = self.tokens(name), self.configured[name]
            self.configured[name] = {token: known.get(token, self.now) for token in tokens}
            fake.add_connectors("net", self.site_id(name), *sorted(self.connectors(name)))

    def connectors(self, name: str) -> set[str]:
        """The connectors that the router of a site has."""
        old = self.now - CONFIGURED_AFTER * SECOND
        return {token for token, since in self.configured[name].items() if since <= old}

    def _connect(self) -> None:
        self.connections = {
            pair: each
            for pair, each in self.connections.items()
            if each.token in self.configured[each.dialler]
            and self._connects(each.dialler, each.issuer, each.token)
        }
        for name in self.names:
            since = self.now - (CONFIGURED_AFTER + CONNECTED_AFTER) * SECOND
            for token, issuer in sorted(self.tokens(name).items()):
                pair = frozenset({name, issuer})
                waited = self.configured[name].get(token, self.now) <= since
                if waited and pair not in self.connections and self._connects(name, issuer, token):
                    if name in self.edges and any(each.dialler == name for each in self.connections.values()):
                        continue
                    self.connections[pair] = Connection(name, issuer, token, self.now)

    def _connects(self, dialler: str, issuer: str, token: str) -> bool:
        return self.works(dialler, issuer, token)

    def _report(self) -> None:
        reports: dict[frozenset[str], str] = {}
        for name, fake in self.fakes.items():
            component = self.component(name)
            if component not in reports:
                document = {"siteStatus": [self._record(other) for other in sorted(component)]}
                reports[component] = json.dumps(document)
            data = {"NetworkStatus": reports[component]}
            fake.add(CONFIG_MAP, body(CONFIG_MAP, "net", "skupper-network-status", labels={}, data=data))

    def component(self, name: str) -> frozenset[str]:
        """The sites that a site is connected with, directly or not."""
        found, left = {name}, [name]
        while left:
            current = left.pop()
            for pair in self.connections:
                if current in pair:
                    new = pair - found
                    found |= new
                    left += new
        return frozenset(found)

    def _record(self, name: str) -> Mapping[str, Any]:
        links = []
        for each in self.connections.values():
            start = int(each.began.timestamp() * 1_000_000)
            if each.dialler == name:
                links.append({"name": f"router-{each.issuer}", "direction": "outgoing", "startTime": start})
            elif each.issuer == name and each.dialler not in self.edges:
                links.append({"name": f"router-{each.dialler}", "direction": "incoming", "startTime": start})
        site = {"identity": self.site_id(name), "name": f"{name}-net", "nameSpace": "net"}
        return {"site": site, "routerStatus": [{"router": {"name": f"0/router-{name}"}, "links": links}]}


def _merged(document: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7386)."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _merged(found.get(key), value)
    return found


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def joined(fleet: PlayedFleet) -> Iterable[tuple[str, str]]:
    """Pairs of sites of different declared networks that are connected, directly or not."""
    of = {site: network for network, sites in fleet.networks.items() for site in sites}
    for name in fleet.names:
        for other in fleet.component(name):
            if name < other and name in of and other in of and of[name] != of[other]:
                yield name, other


class NothingJoined:
    """Looks at a fleet each second: no two sites of different networks are connected that were not already."""

    def __init__(self, fleet: PlayedFleet) -> None:
        self.before = set(joined(fleet))

    def __call__(self, fleet: PlayedFleet) -> None:
        now = set(joined(fleet))
        assert now <= self.before
        self.before = now


def replace_ca(fleet: PlayedFleet, name: str, serial: int = 2) -> None:
    """Give a site another CA; its router works with either."""
    fleet.fakes[name].bodies[SECRET, "net", "skupper-site-ca"]["data"]["tls.crt"] = certificate(
        f"ca-{serial}"
    )
