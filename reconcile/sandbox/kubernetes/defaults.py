"""What an API server fills in before it stores an object.

Only kinds and fields that this project writes are covered, with the defaults of ``pkg/apis/*/v1/defaults.go`` of
Kubernetes. The functions never change their arguments.
"""

import base64
import itertools
from collections.abc import Callable

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING
from reconcile.sandbox.kubernetes.errors import Object

_PUBLIC = frozenset({"LoadBalancer", "NodePort"})


class Allocator:
    """Hands out the numbers that a cluster gives to Services; one per cluster."""

    def __init__(self, apps_domain: str) -> None:
        self.apps_domain = apps_domain
        """Domain of the hosts of Routes, for example ``apps.private.example``."""
        self._addresses = itertools.count(1)
        self._node_ports = itertools.count(30000)

    def address(self) -> str:
        """A cluster IP."""
        number = next(self._addresses)
        return f"172.30.{number // 250}.{number % 250 + 1}"

    def node_port(self) -> int:
        """A port on every node."""
        return next(self._node_ports)


def fill(kind: Kind, obj: Object) -> Object:
    """The object with the defaults of its kind, which the writer of the object owns."""
    default = _DEFAULTS.get(kind)
    return default(obj) if default else obj


def allocate(kind: Kind, obj: Object, allocator: Allocator, old: Object | None = None) -> Object:
    """The object with what the cluster allocates to it, which has no field owner: addresses, ports, hosts.

    ``old`` is the stored object, whose values an update keeps.
    """
    if kind == kinds.SERVICE:
        return _with_addresses(obj, allocator, old)
    if kind == kinds.ROUTE and not obj["spec"].get("host"):
        return _with_host(obj, allocator)
    if kind == kinds.JOB and old is None:
        return _with_selector(obj)
    if kind == kinds.NAMESPACE and old is None:
        return {**obj, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    return obj


def _secret(obj: Object) -> Object:
    secret = {key: value for key, value in obj.items() if key != "stringData"}
    if texts := obj.get("stringData"):
        encoded = {key: base64.b64encode((text or "").encode()).decode() for key, text in texts.items()}
        secret["data"] = {**(obj.get("data") or {}), **encoded}
    if not secret.get("type"):
        secret["type"] = "Opaque"
    return secret


def _service(obj: Object) -> Object:
    common = {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}
    spec = {**common, **(obj.get("spec") or {})}
    if spec["type"] in _PUBLIC:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec.get("ports"):
        spec["ports"] = [
            {"protocol": "TCP", "targetPort": port.get("port"), **port} for port in spec["ports"]
        ]
    status = obj.get("status") or {"loadBalancer": {}}
    if ingress := (status.get("loadBalancer") or {}).get("ingress"):
        modes = [{"ipMode": "VIP", **entry} if entry.get("ip") else entry for entry in ingress]
        status = {**status, "loadBalancer": {**status["loadBalancer"], "ingress": modes}}
    return {**obj, "spec": spec, "status": status}


def _with_addresses(obj: Object, allocator: Allocator, old: Object | None) -> Object:
    before = (old or {}).get("spec") or {}
    spec = dict(obj["spec"])
    spec["clusterIP"] = spec.get("clusterIP") or before.get("clusterIP") or allocator.address()
    spec |= {"clusterIPs": [spec["clusterIP"]], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
    if spec["type"] in _PUBLIC:
        known = {port.get("port"): port.get("nodePort") for port in before.get("ports") or ()}
        spec["ports"] = [
            {**port, "nodePort": port.get("nodePort") or known.get(port["port"]) or allocator.node_port()}
            for port in spec.get("ports") or ()
        ]
    return {**obj, "spec": spec}


def _route(obj: Object) -> Object:
    spec = {"wildcardPolicy": "None", **(obj.get("spec") or {})}
    spec["to"] = {"kind": "Service", "weight": 100, **(spec.get("to") or {})}
    return {**obj, "spec": spec}


def _with_host(obj: Object, allocator: Allocator) -> Object:
    metadata = obj["metadata"]
    host = f"{metadata['name']}-{metadata['namespace']}.{allocator.apps_domain}"
    annotations = {**(metadata.get("annotations") or {}), "openshift.io/host.generated": "true"}
    return {
        **obj,
        "metadata": {**metadata, "annotations": annotations},
        "spec": {**obj["spec"], "host": host},
    }


def _namespace(obj: Object) -> Object:
    metadata = obj["metadata"]
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata.get("name", "")}
    return {**obj, "metadata": {**metadata, "labels": labels}}


def _role(obj: Object) -> Object:
    return {**obj, "rules": obj.get("rules") or None}


def _role_binding(obj: Object) -> Object:
    filled = dict(obj)
    if reference := obj.get("roleRef"):
        filled["roleRef"] = {"apiGroup": kinds.ROLE.group, **reference}
    if subjects := obj.get("subjects"):
        group = {"apiGroup": kinds.ROLE.group}
        filled["subjects"] = [
            {**({} if each.get("kind") == "ServiceAccount" else group), **each} for each in subjects
        ]
    return filled


def _deployment(obj: Object) -> Object:
    spec = {
        "progressDeadlineSeconds": 600,
        "replicas": 1,
        "revisionHistoryLimit": 10,
        **(obj.get("spec") or {}),
    }
    spec["strategy"] = _strategy(spec.get("strategy") or {})
    template = dict(spec.get("template") or {})
    template.setdefault("metadata", {})
    if template.get("spec"):
        template["spec"] = _pod_spec(template["spec"])
    return {**obj, "spec": {**spec, "template": template}, "status": obj.get("status") or {}}


def _job(obj: Object) -> Object:
    """Of the template only the policy of restarts has no default here: a Job must name it."""
    spec = {
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "completions": 1,
        "manualSelector": False,
        "parallelism": 1,
        "podReplacementPolicy": "TerminatingOrFailed",
        "suspend": False,
        **(obj.get("spec") or {}),
    }
    template = dict(spec.get("template") or {})
    template.setdefault("metadata", {})
    if template.get("spec"):
        template["spec"] = _pod_spec(template["spec"])
    return {**obj, "spec": {**spec, "template": template}, "status": obj.get("status") or {}}


def _with_selector(obj: Object) -> Object:
    """The labels by which a Job finds its pods (``pkg/registry/batch/job/strategy.go``)."""
    metadata, spec = obj["metadata"], obj["spec"]
    uid, name = metadata["uid"], metadata["name"]
    made = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = spec["template"]
    labels = {**(template["metadata"].get("labels") or {}), **made}
    selector = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    template = {**template, "metadata": {**template["metadata"], "labels": labels}}
    return {**obj, "spec": {**spec, "selector": selector, "template": template}}


def _strategy(strategy: Object) -> Object:
    if strategy.get("type") == "Recreate":
        return strategy
    rolling = {"maxSurge": "25%", "maxUnavailable": "25%", **(strategy.get("rollingUpdate") or {})}
    return {"type": "RollingUpdate", **strategy, "rollingUpdate": rolling}


def _pod_spec(given: Object) -> Object:
    spec = {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        **given,
    }
    if account := given.get("serviceAccountName") or given.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for field in ("containers", "initContainers"):
        if given.get(field):
            spec[field] = [_container(container) for container in given[field]]
    if given.get("volumes"):
        spec["volumes"] = [_volume(volume) for volume in given["volumes"]]
    return spec


def _container(given: Object) -> Object:
    image = given.get("image", "").rpartition("/")[2]
    latest = ":" not in image or image.endswith(":latest")
    container = {
        "imagePullPolicy": "Always" if latest else "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **given,
    }
    if given.get("ports"):
        container["ports"] = [{"protocol": "TCP", **port} for port in given["ports"]]
    if probe := given.get("livenessProbe"):
        times = {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}
        action = {"httpGet": {"scheme": "HTTP", **probe["httpGet"]}} if "httpGet" in probe else {}
        container["livenessProbe"] = {**times, **probe, **action}
    if given.get("env"):
        container["env"] = [_variable(variable) for variable in given["env"]]
    return container


def _variable(given: Object) -> Object:
    reference = (given.get("valueFrom") or {}).get("fieldRef")
    return {**given, "valueFrom": {"fieldRef": {"apiVersion": "v1", **reference}}} if reference else given


def _volume(given: Object) -> Object:
    sources = (source for source in ("secret", "configMap") if source in given)
    return {**given, **{source: {"defaultMode": 420, **given[source]} for source in sources}}


_DEFAULTS: dict[Kind, Callable[[Object], Object]] = {
    kinds.SECRET: _secret,
    kinds.SERVICE: _service,
    kinds.ROUTE: _route,
    kinds.NAMESPACE: _namespace,
    kinds.ROLE: _role,
    kinds.ROLE_BINDING: _role_binding,
    kinds.CLUSTER_ROLE: _role,
    CLUSTER_ROLE_BINDING: _role_binding,
    kinds.DEPLOYMENT: _deployment,
    kinds.JOB: _job,
}
