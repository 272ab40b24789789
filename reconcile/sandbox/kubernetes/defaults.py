"""What an API server fills in before it stores an object.

Only kinds that this project writes are covered, with the defaults of ``pkg/apis/*/v1/defaults.go`` of Kubernetes.
The functions return new objects; what they got stays as it was.
"""

import base64
import itertools
from collections.abc import Callable

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.errors import Object


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


def fill(kind: Kind, obj: Object, allocate: Allocator, old: Object | None = None) -> Object:
    """The object with all defaults; ``old`` is the stored one, whose allocated values an update keeps."""
    if kind == kinds.SERVICE:
        return _service(obj, allocate, old)
    if kind == kinds.ROUTE:
        return _route(obj, allocate)
    default = _DEFAULTS.get(kind)
    return default(obj) if default else obj


def _secret(obj: Object) -> Object:
    secret = {key: value for key, value in obj.items() if key != "stringData"}
    if texts := obj.get("stringData"):
        encoded = {key: base64.b64encode((text or "").encode()).decode() for key, text in texts.items()}
        secret["data"] = {**(obj.get("data") or {}), **encoded}
    if not secret.get("type"):
        secret["type"] = "Opaque"
    return secret


def _service(obj: Object, allocate: Allocator, old: Object | None) -> Object:
    given = obj.get("spec") or {}
    before = (old or {}).get("spec") or {}
    spec = {"type": "ClusterIP", "sessionAffinity": "None", **given}
    external = spec["type"] == "ExternalName"
    if not external:
        spec["clusterIP"] = given.get("clusterIP") or before.get("clusterIP") or allocate.address()
        spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("internalTrafficPolicy", "Cluster")
    public = spec["type"] in {"LoadBalancer", "NodePort"}
    if public:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    known = {(port.get("port"), port.get("protocol", "TCP")): port for port in before.get("ports") or ()}
    if given.get("ports"):
        spec["ports"] = [_service_port(port, known, allocate if public else None) for port in given["ports"]]
    return {**obj, "spec": spec, "status": obj.get("status") or {"loadBalancer": {}}}


def _service_port(
    port: Object, known: dict[tuple[object, str], Object], allocate: Allocator | None
) -> Object:
    filled = {"protocol": "TCP", "targetPort": port.get("port"), **port}
    if allocate and not filled.get("nodePort"):
        before = known.get((filled.get("port"), filled["protocol"])) or {}
        filled["nodePort"] = before.get("nodePort") or allocate.node_port()
    return filled


def _route(obj: Object, allocate: Allocator) -> Object:
    spec = {"wildcardPolicy": "None", **(obj.get("spec") or {})}
    spec["to"] = {"kind": "Service", "weight": 100, **(spec.get("to") or {})}
    if spec.get("host"):
        return {**obj, "spec": spec}
    metadata = obj["metadata"]
    spec["host"] = f"{metadata['name']}-{metadata['namespace']}.{allocate.apps_domain}"
    annotations = {**(metadata.get("annotations") or {}), "openshift.io/host.generated": "true"}
    return {**obj, "metadata": {**metadata, "annotations": annotations}, "spec": spec}


def _namespace(obj: Object) -> Object:
    metadata = obj["metadata"]
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata.get("name", "")}
    spec = obj.get("spec") or {"finalizers": ["kubernetes"]}
    status = obj.get("status") or {"phase": "Active"}
    return {**obj, "metadata": {**metadata, "labels": labels}, "spec": spec, "status": status}


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
    template["metadata"] = {"creationTimestamp": None, **(template.get("metadata") or {})}
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
    kinds.NAMESPACE: _namespace,
    kinds.ROLE_BINDING: _role_binding,
    kinds.DEPLOYMENT: _deployment,
    Kind("", "v1", "pods", "Pod"): _pod,
}
