"""What an API server fills in before it stores an object.

Only kinds that this project writes are covered, with the defaults of ``pkg/apis/*/v1/defaults.go`` of Kubernetes.
The functions return new objects; what they got stays as it was.
"""

import base64
import itertools
from collections.abc import Callable

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    EVENT,
    INGRESS,
    NETWORK_POLICY,
    POD,
)
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
    """The object with the defaults of its kind, which belong to whoever writes the object."""
    default = _DEFAULTS.get(kind)
    return default(obj) if default else obj


def allot(kind: Kind, obj: Object, allocate: Allocator, old: Object | None = None) -> Object:
    """The object with what the cluster allots to it, which belongs to nobody: addresses, ports, hosts.

    ``old`` is the stored object, whose values an update keeps.
    """
    if kind == kinds.SERVICE:
        return _allot_addresses(obj, allocate, old)
    if kind == kinds.ROUTE and not obj["spec"].get("host"):
        return _allot_host(obj, allocate)
    if kind == kinds.NAMESPACE and old is None:
        return {**obj, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    if kind == POD and not obj.get("status"):
        return {**obj, "status": {"phase": "Pending", "qosClass": "BestEffort"}}
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
    spec = {"type": "ClusterIP", "sessionAffinity": "None", **(obj.get("spec") or {})}
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in _PUBLIC:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec.get("ports"):
        spec["ports"] = [
            {"protocol": "TCP", "targetPort": port.get("port"), **port} for port in spec["ports"]
        ]
    return {**obj, "spec": spec, "status": _with_ip_modes(obj.get("status") or {"loadBalancer": {}})}


def _with_ip_modes(status: Object) -> Object:
    balancer = status.get("loadBalancer") or {}
    if not balancer.get("ingress"):
        return status
    ingress = [{"ipMode": "VIP", **entry} if entry.get("ip") else entry for entry in balancer["ingress"]]
    return {**status, "loadBalancer": {**balancer, "ingress": ingress}}


def _allot_addresses(obj: Object, allocate: Allocator, old: Object | None) -> Object:
    before = (old or {}).get("spec") or {}
    spec = dict(obj["spec"])
    if spec["type"] != "ExternalName":
        spec["clusterIP"] = spec.get("clusterIP") or before.get("clusterIP") or allocate.address()
        spec["clusterIPs"] = [spec["clusterIP"]]
        # Whoever makes the endpoints of a headless Service without a selector may give them addresses of either family.
        dual = spec["clusterIP"] == "None" and not spec.get("selector")
        for field, value in _families(dual=dual).items():
            spec[field] = spec.get(field) or before.get(field) or value
    if spec["type"] in _PUBLIC and spec.get("ports"):
        known = {(port["port"], port["protocol"]): port.get("nodePort") for port in before.get("ports") or ()}
        spec["ports"] = [
            {
                **port,
                "nodePort": port.get("nodePort")
                or known.get((port["port"], port["protocol"]))
                or allocate.node_port(),
            }
            for port in spec["ports"]
        ]
    return {**obj, "spec": spec}


def _families(*, dual: bool) -> Object:
    if dual:
        return {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"}
    return {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}


def _route(obj: Object) -> Object:
    spec = {"wildcardPolicy": "None", **(obj.get("spec") or {})}
    spec["to"] = {"kind": "Service", "weight": 100, **(spec.get("to") or {})}
    return {**obj, "spec": spec}


def _allot_host(obj: Object, allocate: Allocator) -> Object:
    metadata = obj["metadata"]
    host = f"{metadata['name']}-{metadata['namespace']}.{allocate.apps_domain}"
    annotations = {**(metadata.get("annotations") or {}), "openshift.io/host.generated": "true"}
    return {
        **obj,
        "metadata": {**metadata, "annotations": annotations},
        "spec": {**obj["spec"], "host": host},
    }


def _network_policy(obj: Object) -> Object:
    spec = dict(obj.get("spec") or {})
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for direction in ("ingress", "egress"):
        if spec.get(direction):
            spec[direction] = [_network_rule(rule) for rule in spec[direction]]
    return {**obj, "spec": spec}


def _network_rule(rule: Object) -> Object:
    if not rule.get("ports"):
        return rule
    return {**rule, "ports": [{"protocol": "TCP", **port} for port in rule["ports"]]}


def _ingress(obj: Object) -> Object:
    return {**obj, "status": obj.get("status") or {"loadBalancer": {}}}


def _namespace(obj: Object) -> Object:
    metadata = obj["metadata"]
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata.get("name", "")}
    return {**obj, "metadata": {**metadata, "labels": labels}}


def _event(obj: Object) -> Object:
    times = dict.fromkeys(("eventTime", "firstTimestamp", "lastTimestamp"))
    return {**times, "reportingComponent": "", "reportingInstance": "", "source": {}, **obj}


def _role(obj: Object) -> Object:
    return {**obj, "rules": obj.get("rules") or None}


def _role_binding(obj: Object) -> Object:
    filled = dict(obj)
    if reference := obj.get("roleRef"):
        filled["roleRef"] = {"apiGroup": kinds.ROLE.group, **reference}
    if subjects := obj.get("subjects"):
        filled["subjects"] = [_subject(subject) for subject in subjects]
    return filled


def _subject(subject: Object) -> Object:
    if subject.get("kind") == "ServiceAccount":
        return subject
    return {"apiGroup": kinds.ROLE.group, **subject}


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
        template["spec"] = pod_spec(template["spec"])
    return {**obj, "spec": {**spec, "template": template}, "status": obj.get("status") or {}}


def _strategy(strategy: Object) -> Object:
    filled = {"type": "RollingUpdate", **strategy}
    if filled["type"] == "RollingUpdate":
        rolling = strategy.get("rollingUpdate") or {}
        filled["rollingUpdate"] = {"maxSurge": "25%", "maxUnavailable": "25%", **rolling}
    return filled


def _pod(obj: Object) -> Object:
    spec = {"enableServiceLinks": True, **pod_spec(obj.get("spec") or {})}
    return {
        **obj,
        "spec": spec,
        "status": obj.get("status") or {"phase": "Pending", "qosClass": "BestEffort"},
    }


def pod_spec(given: Object) -> Object:
    """The spec of a pod, or of a pod template, with defaults."""
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
    latest = ":" not in given.get("image", "").rpartition("/")[2] or given.get("image", "").endswith(
        ":latest"
    )
    container = {
        "imagePullPolicy": "Always" if latest else "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **given,
    }
    if given.get("ports"):
        container["ports"] = [{"protocol": "TCP", **port} for port in given["ports"]]
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if given.get(probe):
            container[probe] = _probe(given[probe])
    if given.get("env"):
        container["env"] = [_variable(variable) for variable in given["env"]]
    return container


def _probe(given: Object) -> Object:
    probe = {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1, **given}
    if given.get("httpGet"):
        probe["httpGet"] = {"path": "/", "scheme": "HTTP", **given["httpGet"]}
    return probe


def _variable(given: Object) -> Object:
    reference = (given.get("valueFrom") or {}).get("fieldRef")
    if not reference:
        return given
    return {**given, "valueFrom": {"fieldRef": {"apiVersion": "v1", **reference}}}


def _volume(given: Object) -> Object:
    volume = dict(given) if len(given) > 1 else {**given, "emptyDir": {}}
    for source in ("secret", "configMap", "projected"):
        if given.get(source) is not None:
            volume[source] = {"defaultMode": 420, **given[source]}
    return volume


_DEFAULTS: dict[Kind, Callable[[Object], Object]] = {
    kinds.SECRET: _secret,
    kinds.SERVICE: _service,
    kinds.ROUTE: _route,
    kinds.NAMESPACE: _namespace,
    kinds.ROLE: _role,
    kinds.ROLE_BINDING: _role_binding,
    CLUSTER_ROLE: _role,
    CLUSTER_ROLE_BINDING: _role_binding,
    kinds.DEPLOYMENT: _deployment,
    EVENT: _event,
    POD: _pod,
    NETWORK_POLICY: _network_policy,
    INGRESS: _ingress,
}
