"""The resources that a simulated cluster serves, and what sets each of them apart.

OpenShift clusters serve Routes as well; plain Kubernetes answers 404 and leaves them out of discovery. Any other kind
can be added and is then treated as a custom resource.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes import names, shapes
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.shapes import Shape

EVENT = kinds.EVENT
CLUSTER_ROLE_BINDING = kinds.CLUSTER_ROLE_BINDING

WRITABLE = ("create", "delete", "get", "list", "patch", "update", "watch")

NameCheck = Callable[[str], str | None]
_COMMON_FIELDS = {"metadata.name": ("metadata", "name"), "metadata.namespace": ("metadata", "namespace")}


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
    returns_deleted: bool = False
    """A delete is answered with the object instead of a ``Status``."""
    verbs: tuple[str, ...] = WRITABLE
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields besides name and namespace that field selectors know: their name and where they are in the object."""
    empty: Object = field(default_factory=dict)
    """What a server's empty object of the kind holds besides its metadata: fields that are always written."""

    @property
    def selectable_fields(self) -> frozenset[str]:
        """Fields that a field selector may name."""
        return frozenset({*_COMMON_FIELDS, *self.fields})

    def field_values(self, obj: Mapping[str, object]) -> dict[str, str]:
        """The values of an object's selectable fields."""
        return {name: _at(obj, path) for name, path in {**_COMMON_FIELDS, **self.fields}.items()}


def _at(obj: object, path: tuple[str, ...]) -> str:
    for name in path:
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return "" if obj is None else str(obj)


def custom_resource(kind: Kind) -> Resource:
    """A resource as a CustomResourceDefinition with a ``status`` and without rules of its own would serve it."""
    return Resource(kind, shape=shapes.CUSTOM, custom=True, generation=True)


_BINDING: Object = {"roleRef": {"apiGroup": "", "kind": "", "name": ""}}


def _rbac(kind: Kind, parts: tuple[str, ...], empty: Object, shape: Shape = shapes.OBJECT) -> Resource:
    return Resource(kind, shape=shape, parts=parts, check_name=names.path_problem, empty=empty)


KUBERNETES = (
    Resource(
        kinds.NAMESPACE,
        short_names=("ns",),
        shape=shapes.NAMESPACE,
        check_name=names.label_problem,
        status=True,
        returns_deleted=True,
        fields={"status.phase": ("status", "phase")},
        empty={"spec": {}, "status": {}},
    ),
    Resource(kinds.CONFIG_MAP, short_names=("cm",), parts=("data", "binaryData", "immutable")),
    Resource(kinds.SECRET, parts=("data", "stringData", "type", "immutable"), fields={"type": ("type",)}),
    Resource(
        kinds.SERVICE,
        short_names=("svc",),
        shape=shapes.SERVICE,
        check_name=names.service_problem,
        status=True,
        returns_deleted=True,
        empty={"spec": {}, "status": {"loadBalancer": {}}},
    ),
    Resource(
        kinds.SERVICE_ACCOUNT,
        short_names=("sa",),
        shape=shapes.SERVICE_ACCOUNT,
        parts=("secrets", "imagePullSecrets", "automountServiceAccountToken"),
        returns_deleted=True,
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
    ),
    Resource(
        EVENT,  # nobody here writes any
        parts=(
            "involvedObject",
            "reason",
            "message",
            "type",
            "lastTimestamp",
            "eventTime",
            "source",
            "count",
        ),
        fields={
            f"involvedObject.{part}": ("involvedObject", part)
            for part in ("kind", "namespace", "name", "uid")
        },
    ),
    Resource(
        kinds.JOB,
        shape=shapes.JOB,
        status=True,
        generation=True,
        empty={"spec": {"template": {"metadata": {}, "spec": {"containers": None}}}, "status": {}},
    ),
    Resource(kinds.POD, short_names=("po",), status=True, empty={"spec": {}, "status": {}}),
    Resource(kinds.RESOURCE_QUOTA, short_names=("quota",), status=True, empty={"spec": {}, "status": {}}),
    Resource(
        kinds.NETWORK_POLICY, short_names=("netpol",), parts=("spec",), empty={"spec": {"podSelector": {}}}
    ),
    Resource(kinds.RULES_REVIEW, parts=("spec", "status"), verbs=("create",)),
    _rbac(kinds.ROLE, ("rules",), {"rules": None}),
    _rbac(kinds.ROLE_BINDING, ("roleRef", "subjects"), _BINDING, shapes.ROLE_BINDING),
    _rbac(kinds.CLUSTER_ROLE, ("rules", "aggregationRule"), {"rules": None}),
    _rbac(CLUSTER_ROLE_BINDING, ("roleRef", "subjects"), _BINDING, shapes.ROLE_BINDING),
)

OPENSHIFT = (
    Resource(
        kinds.ROUTE,
        status=True,
        empty={"spec": {"to": {"kind": "", "name": "", "weight": None}}, "status": {}},
    ),
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
