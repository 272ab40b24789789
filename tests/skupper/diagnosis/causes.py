"""One cause for each outcome that a check can have other than pass: how it comes about, and what is seen."""

# ruff: noqa: E501 - one row a line

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from reconcile.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    NETWORK_POLICY,
    POD,
    RESOURCE_QUOTA,
    ROUTE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
)
from reconcile.skupper.diagnosis.checks import Outcome
from reconcile.skupper.diagnosis.facts import Reach, Rights, Unread, Untried
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import marks
from tests.skupper.diagnosis.healthy import LINK, Diagnosed, another_server, condition, host_of
from tests.skupper.fakes import NOW, body, certificate

WARN, FAIL, UNKNOWN = Outcome.WARN, Outcome.FAIL, Outcome.UNKNOWN
A, B = "a/net", "b/net"
DAY = timedelta(days=1)
READING = Rights(({"apiGroups": ["*"], "resources": ["*"], "verbs": ["list", "get"]},))
FORBIDDEN = Unread("a/net: cannot list pods: forbidden (403)", forbidden=True)


class Cause(NamedTuple):
    check: str
    subject: str
    outcome: Outcome
    evidence: str
    """A part of it."""
    make: Callable[[Diagnosed], Any]


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"containerStatuses": [{"name": "router", "image": "quay.io/r:1", "state": state}]}


def not_ready(site: Diagnosed, program: str = "skupper-router", **status: Any) -> None:
    site.deployment("a", program, ready=0)
    if status:
        site.pod("a", program, **status)


def policy(site: Diagnosed, **spec: Any) -> None:
    found = body(NETWORK_POLICY, "net", "deny", spec={"podSelector": {}, **spec})
    site.details["a", NETWORK_POLICY] = [found]


def quota(site: Diagnosed, used: str) -> None:
    status = {"hard": {"pods": "10"}, "used": {"pods": used}}
    site.details["a", RESOURCE_QUOTA] = [body(RESOURCE_QUOTA, "net", "compute", status=status)]


def secret(site: Diagnosed, name: str, **changed: str) -> None:
    site.pair.a.bodies[SECRET, "net", name]["data"].update(changed)


def expiring(site: Diagnosed, left: timedelta) -> None:
    secret(site, "skupper-site-ca", **{"tls.crt": certificate("ca", expires=NOW + left)})


def token(site: Diagnosed, **changed: Any) -> None:
    found = site.pair.b.bodies[SECRET, "net", site.token]
    for part, values in changed.items():
        place = found if part == "data" else found["metadata"]
        place[part] = {**place[part], **values}


def cut(site: Diagnosed) -> None:
    """The order of `qontract-skupper cut --site a/net`, as it is recorded."""
    mark = {marks.mark_of(SiteKey("a", "net")): f"{A} 2026-02-28T23:00:00+00:00 alice"}
    account = body(SERVICE_ACCOUNT, "net", "skupper-site-controller", metadata={"annotations": mark})
    site.pair.a.add(SERVICE_ACCOUNT, account)


def snapshot(site: Diagnosed, **changed: Any) -> None:
    site.snapshots["a"] = replace(site.pair.a.snapshot(), **changed)


def no_listeners(site: Diagnosed) -> None:
    internal = site.pair.a.bodies[CONFIG_MAP, "net", "skupper-internal"]["data"]
    for name in ("interior-listener", "edge-listener"):
        internal["skrouterd.json"] = internal["skrouterd.json"].replace(name, "amqp")


def enforced(site: Diagnosed) -> None:
    no_listeners(site)
    status = site.pair.a.bodies[CONFIG_MAP, "net", "skupper-network-status"]["data"]
    status["NetworkStatus"] = status["NetworkStatus"].replace(
        '"identity": "id-a"', '"identity": "id-a", "policy": "enabled"'
    )


DIALLER = SiteKey("b", "net")


def reach(**found: Any) -> Callable[[Diagnosed], None]:
    """What the probe finds, of a link that is down."""

    def change(site: Diagnosed) -> None:
        site.pair.b.add_status("net", "id-b")
        site.pair.a.add_status("net", "id-a")
        site.reach = found.get("reach") or Reach(**found)

    return change


def presents(site: Diagnosed, **changed: Any) -> None:
    """The certificate is that of the issuer, but for these facts."""
    assert isinstance(site.reach, Reach)
    assert site.reach.presented
    site.reach = replace(site.reach, presented=replace(site.reach.presented, **changed))


def delete(cluster: str, kind: Any, name: str) -> Callable[[Diagnosed], None]:
    return lambda site: getattr(site.pair, cluster).remove(kind, "net", name)


def created_long_ago(site: Diagnosed) -> None:
    site.pair.a.bodies[CONFIG_MAP, "net", "skupper-site"]["metadata"].update(creationTimestamp=LONG_AGO)


LONG_AGO = "2026-03-01T11:00:00Z"
RESOLVED = {"addresses": ("192.0.2.1",)}

CAUSES = (
    Cause("cluster-reachable", "a", FAIL, "refused", lambda site: site.snapshots.update(a=ClusterSnapshot(problem="connection refused"))),
    Cause("cluster-clock", "a", FAIL, "600 s ahead of", lambda site: snapshot(site, clock_ahead=timedelta(minutes=10))),
    Cause("cluster-clock", "a", WARN, "60 s behind", lambda site: snapshot(site, clock_ahead=-timedelta(minutes=1))),
    Cause("cluster-clock", "a", UNKNOWN, "Date", lambda site: snapshot(site, heartbeat_at=None)),
    Cause("namespace-readable", A, UNKNOWN, "forbidden", lambda site: snapshot(site, unreadable={"net": "forbidden"})),
    Cause("namespace-readable", A, FAIL, "does not exist", lambda site: snapshot(site, missing_namespaces=frozenset({"net"}))),
    Cause("namespace-readable", A, FAIL, "being deleted", lambda site: snapshot(site, terminating_namespaces={"net": NOW})),
    Cause("site-accepted", A, FAIL, "runs skip it", lambda site: site.pair.a.bodies[CONFIG_MAP, "net", "skupper-site"]["metadata"].update(labels={}, managedFields=[])),
    Cause("findings", A, FAIL, "lost-secret", delete("a", SECRET, "skupper-site-server")),
    Cause("rights", A, FAIL, "lacks watch, create, patch, delete, update on configmaps; ", lambda site: site.rights.update(a=READING)),
    Cause("rights", A, UNKNOWN, "incomplete", lambda site: site.rights.update(a=replace(READING, incomplete=True))),
    Cause("rights", A, UNKNOWN, "not known", lambda site: site.rights.update(a=Unread("no answer"))),
    Cause("quota", A, WARN, "10 of 10 pods", lambda site: quota(site, "10")),
    Cause("quota", A, FAIL, "10 of 10 pods", lambda site: (quota(site, "10"), not_ready(site))),
    Cause("quota", A, UNKNOWN, "forbidden", lambda site: site.unread.update({("a", RESOURCE_QUOTA): FORBIDDEN})),
    Cause("network-policy", A, FAIL, "nothing in at port 55671", lambda site: policy(site, policyTypes=["Ingress"])),
    Cause("network-policy", A, FAIL, "nothing in at port 45671", lambda site: policy(site, ingress=[{"ports": [{"port": 55671}]}])),
    Cause("network-policy", A, FAIL, "nothing out", lambda site: policy(site, policyTypes=["Egress"])),
    Cause("network-policy", A, WARN, "only some", lambda site: policy(site, ingress=[{"from": [{"podSelector": {}}]}])),
    Cause("network-policy", A, UNKNOWN, "forbidden", lambda site: site.unread.update({("a", NETWORK_POLICY): FORBIDDEN})),
    Cause("controllers-running", A, FAIL, "skupper-site-controller is scaled to 0 replicas", lambda site: site.deployment("a", "skupper-site-controller", replicas=0)),
    Cause("controllers-running", A, FAIL, "skupper-service-controller does not exist", delete("a", DEPLOYMENT, "skupper-service-controller")),
    Cause("controllers-running", A, WARN, "not all replicas", lambda site: site.deployment("a", "skupper-site-controller", replicas=2)),
    Cause("router-running", A, FAIL, "scaled to 0", lambda site: site.deployment("a", "skupper-router", replicas=0)),
    Cause("router-running", A, FAIL, "last Events: 11:55 Pod/skupper-router-x FailedMount: it failed", lambda site: (site.deployment("a", "skupper-router", replicas=0), site.event("a", "skupper-router-x", reason="FailedMount"))),
    Cause("images-pulled", A, FAIL, "ImagePullBackOff: no such tag (image quay.io/r:1)", lambda site: not_ready(site, **waiting("ImagePullBackOff", "no such tag"))),
    Cause("images-pulled", A, UNKNOWN, "no pod of skupper-router", not_ready),
    Cause("images-pulled", A, UNKNOWN, "forbidden", lambda site: (not_ready(site), site.unread.update({("a", POD): FORBIDDEN}))),
    Cause("pods-start", A, FAIL, "Unschedulable: no node", lambda site: not_ready(site, conditions=[condition("PodScheduled", "False", reason="Unschedulable", message="no node")])),
    Cause("pods-start", A, FAIL, "CrashLoopBackOff", lambda site: not_ready(site, **waiting("CrashLoopBackOff"))),
    Cause("pods-start", A, WARN, "ContainerCreating", lambda site: not_ready(site, **waiting("ContainerCreating"))),
    Cause("pods-start", A, WARN, "restarted 9 times", lambda site: site.pod("a", "skupper-router", containerStatuses=[{"name": "router", "restartCount": 9}])),
    Cause("pods-start", A, UNKNOWN, "no pod", not_ready),
    Cause("events", A, WARN, "Pod/skupper-router-x Failed: it failed", lambda site: site.event("a", "skupper-router-x")),
    Cause("site-complete", A, FAIL, "Deployment skupper-service-controller is missing", lambda site: (created_long_ago(site), delete("a", DEPLOYMENT, "skupper-service-controller")(site))),
    Cause("site-complete", A, FAIL, "Secret skupper-site-ca is gone", delete("a", SECRET, "skupper-site-ca")),
    Cause("site-complete", A, FAIL, "not a PEM certificate", lambda site: secret(site, "skupper-site-server", **{"tls.crt": "aGVsbG8="})),
    Cause("site-complete", A, FAIL, "ConfigMap skupper-site does not exist", lambda site: site.pair.a.bodies.clear()),
    Cause("lease-fresh", A, FAIL, "has not reported since", lambda site: site.pair.a.add_lease("net", NOW - timedelta(hours=1))),
    Cause("lease-fresh", A, UNKNOWN, "not read", lambda site: snapshot(site, heartbeat_at=None)),
    Cause("lease-fresh", A, FAIL, "not a valid network status", lambda site: (created_long_ago(site), site.pair.a.bodies[CONFIG_MAP, "net", "skupper-network-status"]["data"].update(NetworkStatus="{"))),
    Cause("certificates-valid", A, FAIL, "skupper-site-ca, on 2026-02-28", lambda site: expiring(site, -DAY)),
    Cause("certificates-valid", A, WARN, "skupper-site-ca", lambda site: expiring(site, 100 * DAY)),
    Cause("version-runs", A, WARN, "1.8.0 runs, 1.9.6 is declared", lambda site: site.pair.a.add_connectors("net", "id-a", version="1.8.0")),
    Cause("version-runs", B, WARN, "several versions: 1.8.0 at a/net", lambda site: site.pair.a.add_connectors("net", "id-a", version="1.8.0")),
    Cause("address-assigned", A, FAIL, "the host of its Route", lambda site: site.route("a", "skupper-edge", spec={})),
    Cause("route-admitted", A, FAIL, "HostAlreadyClaimed: taken", lambda site: site.route("a", "skupper-edge", status={"ingress": [{"conditions": [condition("Admitted", "False", reason="HostAlreadyClaimed", message="taken")]}]})),
    Cause("route-admitted", A, FAIL, "has no condition Admitted", lambda site: site.route("a", "skupper-edge", status={})),
    Cause("route-admitted", A, FAIL, "termination edge", lambda site: site.route("a", "skupper-edge", spec={"host": "h", "tls": {"termination": "edge"}})),
    Cause("certificate-covers-host", A, FAIL, "not for new.example.com", lambda site: site.route("a", "skupper-edge", spec={"host": "new.example.com"})),
    Cause("policy-allows-incoming", A, FAIL, "no listeners for links; cluster policies are not known", no_listeners),
    Cause("policy-allows-incoming", A, FAIL, "no listeners for links; cluster policies are enforced", enforced),
    Cause("services-served", A, WARN, "no site serves vault", lambda site: site.serve("a", listeners=2, connectors=0)),
    Cause("services-served", A, FAIL, "there is no Service vault", lambda site: site.details.update({("a", SERVICE): []})),
    Cause("token-delivered", LINK, FAIL, "no token of a/net is at b/net: issuer a/net: waiting for", lambda site: (created_long_ago(site), delete("b", SECRET, site.token)(site), delete("a", ROUTE, "skupper-inter-router")(site))),
    Cause("site-complete", A, WARN, "is being created", delete("a", DEPLOYMENT, "skupper-service-controller")),
    Cause("token-delivered", LINK, WARN, "no token of a/net is at b/net: issuer", lambda site: (delete("b", SECRET, site.token)(site), delete("a", ROUTE, "skupper-inter-router")(site))),
    Cause("token-delivered", LINK, WARN, "a/net is cut off", lambda site: (cut(site), delete("b", SECRET, site.token)(site))),
    Cause("token-delivered", LINK, FAIL, "the token is not requested yet", lambda site: delete("b", SECRET, site.token)(site)),
    Cause("token-delivered", LINK, FAIL, "ca.crt is missing", lambda site: site.pair.b.bodies[SECRET, "net", site.token]["data"].pop("ca.crt")),
    Cause("token-ca", LINK, FAIL, "the token has the CA", lambda site: token(site, data={"ca.crt": certificate("another")})),
    Cause("token-host", LINK, FAIL, "the token dials old.example.com", lambda site: token(site, annotations={"inter-router-host": "old.example.com"})),
    Cause("token-valid", LINK, FAIL, "until 2026-02-28", lambda site: token(site, data={"tls.crt": certificate("t", expires=NOW - DAY)})),
    Cause("token-valid", LINK, WARN, "until 2026-03-11", lambda site: token(site, data={"tls.crt": certificate("t", expires=NOW + 10 * DAY)})),
    Cause("policy-allows-outgoing", LINK, FAIL, "internal.skupper.io/disabled", lambda site: token(site, labels={"internal.skupper.io/disabled": "true"})),
    Cause("connector-loaded", LINK, FAIL, "has no connector", lambda site: site.pair.b.add_connectors("net", "id-b")),
    Cause("host-resolves", LINK, FAIL, "does not resolve: unknown name", reach(not_resolved="unknown name")),
    Cause("host-resolves", LINK, WARN, "does not resolve: unknown name", lambda site: setattr(site, "reach", Reach(not_resolved="unknown name"))),
    Cause("host-resolves", LINK, UNKNOWN, "was not dialled", lambda site: setattr(site, "dialled", False)),
    Cause("host-resolves", LINK, UNKNOWN, "waits for the host of its Route", delete("a", ROUTE, "skupper-inter-router")),
    Cause("host-resolves", LINK, FAIL, f"from a pod in b/net: {host_of('a')} does not resolve", reach(not_resolved="unknown name", origin=DIALLER)),
    Cause("host-resolves", LINK, UNKNOWN, "the pod did not start", lambda site: setattr(site, "reach", Untried(DIALLER, "the pod did not start"))),
    Cause("host-resolves", LINK, WARN, "Job x is left", lambda site: setattr(site, "reach", replace(site.reach, origin=DIALLER, leftover="Job x is left"))),
    Cause("port-open", LINK, FAIL, "from a pod in b/net: net.a.example.com:443 cannot be connected to", reach(**RESOLVED, not_connected="Connection refused", origin=DIALLER)),
    Cause("port-open", LINK, FAIL, "no answer within 5 s", reach(**RESOLVED, not_connected="no answer within 5 s")),
    Cause("certificate-presented", LINK, FAIL, "wrong version number", reach(**RESOLVED, connected=True, no_handshake="wrong version number")),
    Cause("certificate-presented", LINK, FAIL, f"a certificate for {host_of('a')}", reach(reach=another_server())),
    Cause("certificate-presented", LINK, WARN, f"a certificate for {host_of('a')}", lambda site: setattr(site, "reach", another_server())),
    Cause("certificate-presented", LINK, FAIL, "a certificate for old.example.com", lambda site: presents(site, hosts=("old.example.com",))),
    Cause("certificate-presented", LINK, FAIL, "valid until 2026-02-28", lambda site: presents(site, expires=NOW - DAY)),
    Cause("versions-match", LINK, WARN, "a/net runs 1.8.0", lambda site: site.pair.a.add_connectors("net", "id-a", version="1.8.0")),
    Cause("link-up", LINK, FAIL, "dialler says absent", lambda site: (site.pair.b.add_status("net", "id-b"), site.pair.b.bodies[SECRET, "net", site.token]["metadata"].update(creationTimestamp=LONG_AGO))),
    Cause("link-up", LINK, WARN, "a/net is cut off", lambda site: (cut(site), delete("b", SECRET, site.token)(site), site.pair.a.add_status("net", "id-a"), site.pair.b.add_status("net", "id-b"))),
    Cause("link-up", LINK, WARN, "it is delivered", lambda site: site.pair.b.add_status("net", "id-b")),
)  # fmt: skip
