"""Two linked sites of which every check passes, for tests that break one thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reconcile.engines import ENGINES
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, EVENT, POD, ROUTE, SECRET, SERVICE, Kind
from reconcile.skupper import checks, planning
from reconcile.skupper.certificates import read
from reconcile.skupper.diagnosis import diagnosing, scope
from reconcile.skupper.diagnosis.checks import Checks, Result
from reconcile.skupper.diagnosis.facts import Address, Details, Facts, Reach, Rights, Unread, Untried
from reconcile.skupper.live import ClusterSnapshot, LiveObject
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from tests.skupper.fakes import NOW, OURS, body, certificate
from tests.skupper.resolving import resolve
from tests.skupper.test_plan_link import Pair

LINK = "b/net -> a/net"
ADDRESS = Address("net.a.example.com", 443)
EVERYTHING = Rights(({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},))
PROGRAMS = ("skupper-site-controller", "skupper-service-controller", "skupper-router")
(ENGINE,) = ENGINES


def condition(kind: str, status: str = "True", **rest: str) -> dict[str, str]:
    return {"type": kind, "status": status, **rest}


@dataclass
class Diagnosed:
    """The facts about site a (issuer) and site b (dialler), to be changed before they are judged."""

    pair: Pair = field(default_factory=Pair)
    details: dict[tuple[str, Kind], list[dict[str, Any]]] = field(default_factory=dict)
    """(cluster, kind) -> bodies of what was listed in its namespace."""
    unread: dict[tuple[str, Kind], Unread] = field(default_factory=dict)
    rights: dict[str, Rights | Unread] = field(default_factory=lambda: {"a": EVERYTHING, "b": EVERYTHING})
    reach: Reach | Untried = field(default_factory=Reach)
    dialled: bool = True
    snapshots: dict[str, ClusterSnapshot] = field(default_factory=dict)
    """In place of those of the pair."""
    token: str = ""

    def __post_init__(self) -> None:
        self.pair.with_sites()
        self.token = self.pair.deliver()
        self.pair.connect(self.token)
        for name, fake in (("a", self.pair.a), ("b", self.pair.b)):
            fake.heartbeat_at = NOW
            fake.add_lease("net", NOW - timedelta(seconds=2))
            services = {"vault": '{"address": "vault", "protocol": "tcp", "ports": [80]}'}
            owner = f"id-{name}"
            found = body(CONFIG_MAP, "net", "skupper-services", owner=owner, data=services)
            fake.add(CONFIG_MAP, found)
            self.details[name, SERVICE] = [body(SERVICE, "net", "vault")]
            self.serve(name, listeners=2, connectors=1)
            for program in PROGRAMS:
                self.deployment(name, program)
        for route in ("skupper-inter-router", "skupper-edge"):
            self.route("a", route)
            self.route("b", route)
        presented = read(self.pair.a.bodies[SECRET, "net", "skupper-site-server"]["data"]["tls.crt"])
        self.reach = Reach(("192.0.2.1",), connected=True, presented=presented)

    def deployment(self, cluster: str, name: str, *, ready: int = 1, **spec: Any) -> None:
        fake = {"a": self.pair.a, "b": self.pair.b}[cluster]
        owner = "" if name == "skupper-site-controller" else f"id-{cluster}"
        labels = {"skupper.io/component": "router"} if name == "skupper-router" else {}
        containers = [{"name": "router", "image": "quay.io/skupper/skupper-router:2.7.6"}]
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
        status = {"observedGeneration": 1, "readyReplicas": ready}
        written = {"replicas": 1, "template": template, **spec}
        fake.add(DEPLOYMENT, body(DEPLOYMENT, "net", name, owner=owner, spec=written, status=status))

    def route(self, cluster: str, name: str, **changed: Any) -> None:
        fake = {"a": self.pair.a, "b": self.pair.b}[cluster]
        spec = {"host": f"net.{cluster}.example.com", "tls": {"termination": "passthrough"}}
        status = {"ingress": [{"conditions": [condition("Admitted")]}]}
        parts = {"spec": spec, "status": status, **changed}
        fake.add(ROUTE, body(ROUTE, "net", name, owner=f"id-{cluster}", **parts))

    def serve(self, cluster: str, *, listeners: int, connectors: int) -> None:
        """What the status of a site counts for the address ``vault:80``."""
        fake = {"a": self.pair.a, "b": self.pair.b}[cluster]
        status = fake.bodies[CONFIG_MAP, "net", "skupper-network-status"]
        document = status["data"]["NetworkStatus"]
        counts = f'{{"name": "vault:80", "listenerCount": {listeners}, "connectorCount": {connectors}}}'
        sites = document[document.index('"siteStatus"') :]
        status["data"]["NetworkStatus"] = f'{{"addresses": [{counts}], {sites}'

    def pod(self, cluster: str, program: str, **status: Any) -> None:
        listed = self.details.setdefault((cluster, POD), [])
        listed.append(body(POD, "net", f"{program}-5d9c7-x2x7k", status=status))

    def event(self, cluster: str, about: str, kind: str = "Pod", **rest: Any) -> None:
        event = {
            "involvedObject": {"kind": kind, "name": about},
            "type": "Warning",
            "reason": "Failed",
            "message": "it failed",
            "lastTimestamp": "2026-03-01T11:55:00Z",
            **rest,
        }
        self.details.setdefault((cluster, EVENT), []).append(body(EVENT, "net", "e", **event))

    def facts(self) -> Facts:
        snapshots = {"a": self.pair.a.snapshot(), "b": self.pair.b.snapshot(), **self.snapshots}
        desired = resolve(self.pair.definitions)
        inputs = PlanInput(
            desired=desired,
            ownership=OURS,
            now=NOW,
            snapshots=snapshots,
            findings=checks.check(desired, ENGINES),
        )
        details = {SiteKey(name, "net"): self._details(name) for name in ("a", "b")}
        facts = Facts(inputs, planning.plan(inputs, ENGINES), details)
        (network,) = inputs.desired.networks
        dialled = {link: ENGINE.diagnostics.dialled(facts, link) for link in network.links}
        reached = {link: self.reach for link, each in dialled.items() if each.address and self.dialled}
        return Facts(facts.inputs, facts.plan, details, dialled, reached)

    def _details(self, cluster: str) -> Details:
        kinds = ENGINE.diagnostics.kinds
        objects = {
            kind: tuple(
                LiveObject.from_manifest(kind, found) for found in self.details.get((cluster, kind), [])
            )
            for kind in kinds
            if (cluster, kind) not in self.unread
        }
        unread = {kind: why for (name, kind), why in self.unread.items() if name == cluster}
        return Details(objects, unread, self.rights[cluster])

    def results(self, *words: str, table: Checks = ENGINE.diagnostics.checks) -> tuple[Result, ...]:
        facts = self.facts()
        chosen = scope.resolve(words, facts.inputs.desired)
        return diagnosing.diagnose(facts, chosen, {"n": table})

    def judged(self) -> Mapping[tuple[str, str], Result]:
        """(check, subject) -> its result."""
        return {(result.check, result.subject): result for result in self.results()}


def host_of(cluster: str) -> str:
    return f"net.{cluster}.example.com"


def another_server(host: str = ADDRESS.host, **rest: Any) -> Reach:
    """Another server answers at the address."""
    return Reach(
        ("192.0.2.1",), connected=True, presented=read(certificate("another", hosts=(host,), **rest))
    )
