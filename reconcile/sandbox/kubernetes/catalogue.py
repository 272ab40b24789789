"""The resources that a simulated cluster serves, and what sets each of them apart.

OpenShift clusters serve Routes and Projects as well; plain Kubernetes answers 404 to both and leaves them out of
discovery. Anything else can be added as an extra kind and is then treated as a custom resource.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes import names, shapes
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.shapes import Shape

POD = Kind("", "v1", "pods", "Pod")
EVENT = Kind("", "v1", "events", "Event")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
INGRESS = Kind("networking.k8s.io", "v1", "ingresses", "Ingress")
CLUSTER_ROLE = Kind(kinds.ROLE.group, "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDING = Kind(
    kinds.ROLE.group, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
PROJECT = Kind("project.openshift.io", "v1", "projects", "Project", namespaced=False)

WRITABLE = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READABLE = ("get", "list", "watch")

NameCheck = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Resource:
    """One served resource."""

    kind: Kind
    short_names: tuple[str, ...] = ()
    shape: Shape = shapes.OBJECT
    custom: bool = False
    """A custom resource: its list items say their kind, and a replace must name the resourceVersion."""
    parts: tuple[str, ...] = ("spec", "status")
    """Top-level fields besides the metadata; a custom resource may have any."""
    check_name: NameCheck = names.subdomain_problem
    status: bool = False
    """Has a ``status`` of its own, written through ``/status`` only."""
    generation: bool = False
    """Counts changes of ``spec`` in ``metadata.generation``."""
    created_by_update: bool = False
    """A replace of a missing object creates it (RBAC kinds)."""
    returns_deleted: bool = False
    """A delete is answered with the object instead of a ``Status``."""
    verbs: tuple[str, ...] = WRITABLE
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields besides name and namespace that field selectors know: their name and where they are in the object."""
    empty: Object = field(default_factory=dict)
    """What a server's empty object of the kind holds besides its metadata: fields that are always written."""
    in_all: bool = False
    """``kubectl get all`` shows it."""

    @property
    def singular(self) -> str:
        """The singular name that kubectl accepts."""
        return self.kind.name.lower()

    @property
    def selectable_fields(self) -> frozenset[str]:
        """Fields that a field selector may name."""
        own = set(self.fields)
        everywhere = (
            {"metadata.name"} if own and not self.kind.namespaced else {"metadata.name", "metadata.namespace"}
        )
        return frozenset(everywhere | own)

    def field_values(self, obj: Mapping[str, object]) -> dict[str, str]:
        """The values of an object's selectable fields."""
        paths = {
            "metadata.name": ("metadata", "name"),
            "metadata.namespace": ("metadata", "namespace"),
            **self.fields,
        }
        return {name: _at(obj, path) for name, path in paths.items()}


def _at(obj: object, path: tuple[str, ...]) -> str:
    for name in path:
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return "" if obj is None else str(obj)


def custom_resource(kind: Kind) -> Resource:
    """A resource as a CustomResourceDefinition with a ``status`` and without rules of its own would serve it."""
    return Resource(kind, shape=shapes.CUSTOM, custom=True, generation=True)


_EVENT_FIELDS = {
    name: tuple(name.split("."))
    for name in (
        *(
            f"involvedObject.{part}"
            for part in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion")
        ),
        *("reason", "type", "involvedObject.fieldPath", "reportingComponent"),
    )
}
_EVENT_PARTS = (
    *("involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "type"),
    *("eventTime", "series", "action", "related", "reportingComponent", "reportingInstance"),
)
_EVENT_BLANKS: Object = {
    **dict.fromkeys(("firstTimestamp", "lastTimestamp", "eventTime")),
    **dict.fromkeys(("reportingComponent", "reportingInstance"), ""),
}
_POD_FIELDS = {
    name: tuple(name.split("."))
    for name in (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
    )
}

KUBERNETES = (
    Resource(
        kinds.NAMESPACE,
        short_names=("ns",),
        shape=shapes.NAMESPACE,
        check_name=names.label_problem,
        status=True,
        returns_deleted=True,
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
        fields={"status.phase": ("status", "phase")},
        empty={"spec": {}, "status": {}},
    ),
    Resource(kinds.CONFIG_MAP, short_names=("cm",), parts=("data", "binaryData", "immutable")),
    Resource(
        kinds.SECRET,
        parts=("data", "stringData", "type", "immutable"),
        fields={"type": ("type",)},
    ),
    Resource(
        kinds.SERVICE,
        short_names=("svc",),
        shape=shapes.SERVICE,
        check_name=names.service_problem,
        status=True,
        returns_deleted=True,
        empty={"spec": {}, "status": {"loadBalancer": {}}},
        in_all=True,
    ),
    Resource(
        kinds.SERVICE_ACCOUNT,
        short_names=("sa",),
        shape=shapes.SERVICE_ACCOUNT,
        parts=("secrets", "imagePullSecrets", "automountServiceAccountToken"),
        returns_deleted=True,
    ),
    Resource(
        POD,
        short_names=("po",),
        shape=shapes.POD,
        status=True,
        returns_deleted=True,
        fields=_POD_FIELDS,
        empty={"spec": {"containers": None}, "status": {}},
        in_all=True,
    ),
    Resource(
        EVENT,
        short_names=("ev",),
        shape=shapes.EVENT,
        parts=_EVENT_PARTS,
        fields=_EVENT_FIELDS,
        empty={"involvedObject": {}, "source": {}, **_EVENT_BLANKS},
    ),
    Resource(
        kinds.DEPLOYMENT,
        short_names=("deploy",),
        shape=shapes.DEPLOYMENT,
        status=True,
        generation=True,
        empty={
            "spec": {
                "selector": None,
                "template": {"metadata": {}, "spec": {"containers": None}},
                "strategy": {},
            },
            "status": {},
        },
        in_all=True,
    ),
    Resource(
        kinds.ROLE,
        parts=("rules",),
        check_name=names.path_problem,
        created_by_update=True,
        empty={"rules": None},
    ),
    Resource(
        kinds.ROLE_BINDING,
        shape=shapes.ROLE_BINDING,
        parts=("roleRef", "subjects"),
        check_name=names.path_problem,
        created_by_update=True,
        empty={"roleRef": {"apiGroup": "", "kind": "", "name": ""}},
    ),
    Resource(
        CLUSTER_ROLE,
        parts=("rules", "aggregationRule"),
        check_name=names.path_problem,
        created_by_update=True,
        empty={"rules": None},
    ),
    Resource(
        CLUSTER_ROLE_BINDING,
        shape=shapes.ROLE_BINDING,
        parts=("roleRef", "subjects"),
        check_name=names.path_problem,
        created_by_update=True,
        empty={"roleRef": {"apiGroup": "", "kind": "", "name": ""}},
    ),
    Resource(
        NETWORK_POLICY,
        short_names=("netpol",),
        shape=shapes.NETWORK_POLICY,
        generation=True,
        empty={"spec": {"podSelector": {}}},
    ),
    Resource(
        INGRESS,
        short_names=("ing",),
        shape=shapes.INGRESS,
        status=True,
        generation=True,
        empty={"spec": {}, "status": {"loadBalancer": {}}},
    ),
)

OPENSHIFT = (
    Resource(
        kinds.ROUTE,
        status=True,
        fields={name: tuple(name.split(".")) for name in ("spec.host", "spec.path", "spec.to.name")},
        empty={"spec": {"to": {"kind": "", "name": "", "weight": None}}, "status": {}},
        in_all=True,
    ),
    Resource(PROJECT, verbs=READABLE),
)

SKUPPER_POLICY = custom_resource(kinds.CLUSTER_POLICY)


class Catalogue:
    """The resources of one cluster."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self._by_path = {(r.kind.group, r.kind.version, r.kind.plural): r for r in self.resources}
        self._by_object = {(r.kind.api_version, r.kind.name): r for r in self.resources}
        self._by_kind = {r.kind: r for r in self.resources}

    def at(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource that a URL names."""
        return self._by_path.get((group, version, plural))

    def of_object(self, api_version: str, kind: str) -> Resource | None:
        """The resource of objects that call themselves so."""
        return self._by_object.get((api_version, kind))

    def of_kind(self, kind: Kind) -> Resource:
        """The resource of a kind.

        Raises:
            KeyError: This cluster does not serve it.
        """
        return self._by_kind[kind]

    def groups(self) -> dict[str, list[str]]:
        """Versions by API group, the core group (empty name) first."""
        found: dict[str, list[str]] = {"": ["v1"]}
        for resource in self.resources:
            versions = found.setdefault(resource.kind.group, [])
            if resource.kind.version not in versions:
                versions.append(resource.kind.version)
        return found
