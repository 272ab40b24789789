"""Sites as the published integration ``skupper_network`` leaves them: its objects, its labels, its tokens.

The objects are those of the upstream manifest, applied by ``oc apply``, which writes an annotation of its own; Skupper
makes the sites of them. Links are made as that integration makes them: a request at the target, whose answer is
moved to the dialler under the target's site name.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT, Kind
from tests.end_to_end.harness import Harness
from tests.waiting import until

IDENTIFIER = "peer-net"
LABELS = {"app": "skupper-site-controller", "managed-by": "qontract-reconcile"}
CONTROLLER = "skupper-site-controller"
_EVERYTHING = ["get", "list", "watch", "create", "update", "delete", "patch"]
_TYPE = "skupper.io/type"


def install(fleet: Harness, *names: str, selector: dict[str, str] | None = None, **data: str) -> None:
    """Make a site in the namespace ``net`` of each of these clusters, and wait until it runs."""
    for name in names:
        with fleet.client(name) as kubernetes:
            for kind, body in manifest(fleet, name, selector, data):
                kubernetes.create(kind, body)
    for name in names:
        until(lambda name=name: fleet[name].find(DEPLOYMENT, "skupper-service-controller", "net"))


def link(fleet: Harness, dialler: str, target: str) -> str:
    """Link two sites; returns the name of the token at the dialler."""
    request = sha256(f"{dialler}/net-{target}/net".encode()).hexdigest()
    labels = {**LABELS, "token-receiver": f"{dialler}-net", _TYPE: "connection-token-request"}
    metadata = {"name": request, "namespace": "net", "labels": labels}
    with fleet.client(target) as kubernetes:
        kubernetes.create(SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
        until(lambda: type_of(fleet, target, request) == "connection-token")
        token = kubernetes.get(SECRET, request, "net")
        kubernetes.delete(SECRET, request, "net")
    name = f"{IDENTIFIER}-{target}-net"
    result = token["metadata"]
    metadata = {
        "name": name,
        "namespace": "net",
        "labels": result["labels"],
        "annotations": {**result["annotations"], **bookkeeping()},
    }
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": token["data"]}
    with fleet.client(dialler) as kubernetes:
        kubernetes.create(SECRET, body)
    return name


def type_of(fleet: Harness, cluster: str, name: str) -> str:
    found = fleet[cluster].find(SECRET, name, "net")
    return found["metadata"]["labels"][_TYPE] if found else ""


def bookkeeping() -> dict[str, str]:
    return {
        "qontract.integration": "skupper-network",
        "qontract.integration_version": "0.1.0",
        "qontract.sha256sum": "0" * 64,
        "qontract.update": "2026-03-01T10:00:00",
    }


def manifest(
    fleet: Harness, cluster: str, selector: dict[str, str] | None, data: dict[str, str]
) -> Iterable[tuple[Kind, dict[str, Any]]]:
    """Upstream's objects with the labels and annotations of ``skupper_network``."""
    site = {"name": f"{cluster}-net", **data}
    for kind, body in _manifest(cluster, selector or {"application": CONTROLLER}, site):
        metadata = body["metadata"]
        metadata |= {"namespace": "net", "labels": {**metadata.get("labels", {}), **LABELS}}
        metadata["annotations"] = bookkeeping()
        applied = json.dumps(body, sort_keys=True)
        metadata["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied
        yield kind, body


def _manifest(
    cluster: str, selector: dict[str, str], data: dict[str, str]
) -> Iterable[tuple[Kind, dict[str, Any]]]:
    def body(kind: Kind, name: str = CONTROLLER, **rest: Any) -> tuple[Kind, dict[str, Any]]:
        metadata = {"name": name, "labels": {"application": CONTROLLER}}
        return kind, {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **rest}

    group = "rbac.authorization.k8s.io"
    everything = {"": ["configmaps", "pods", "pods/exec", "services", "secrets", "serviceaccounts", "events"]}
    everything |= {
        "apps": ["deployments", "statefulsets", "daemonsets"],
        "route.openshift.io": ["routes"],
        "apps.openshift.io": ["deploymentconfigs"],
        "networking.k8s.io": ["ingresses", "networkpolicies"],
        "projectcontour.io": ["httpproxies"],
        group: ["roles", "rolebindings"],
    }
    rules = [
        {"apiGroups": [name], "resources": resources, "verbs": _EVERYTHING}
        for name, resources in everything.items()
    ]
    namespace = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    container = {
        "name": "site-controller",
        "image": "quay.io/skupper/site-controller:1.9.6",
        "env": [{"name": "WATCH_NAMESPACE", **namespace}],
    }
    pod = {"serviceAccountName": CONTROLLER, "containers": [container]}
    yield body(SERVICE_ACCOUNT)
    yield body(ROLE, rules=rules)
    yield body(
        ROLE_BINDING,
        subjects=[{"kind": "ServiceAccount", "name": CONTROLLER}],
        roleRef={"apiGroup": group, "kind": "Role", "name": CONTROLLER},
    )
    template = {"metadata": {"labels": {**selector, "app.kubernetes.io/part-of": "skupper"}}, "spec": pod}
    yield body(DEPLOYMENT, spec={"replicas": 1, "selector": {"matchLabels": selector}, "template": template})
    yield body(CONFIG_MAP, "skupper-site", data=data)
