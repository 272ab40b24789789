"""Which parts of an object are merged and which are replaced as a whole.

Both server-side apply and strategic merge patches need to know it: a map is merged key by key unless it is atomic,
a list is replaced unless it is *keyed* (its items are told apart by some of their fields) or a *set*. In a real
server these rules come from the OpenAPI markers ``x-kubernetes-list-type``, ``x-kubernetes-list-map-keys``,
``x-kubernetes-map-type`` and ``x-kubernetes-patch-merge-key``. Only the exceptions are written down here: a field
that no shape mentions is a granular map, an atomic list or a plain value, whichever its value is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class KeyedListError(ValueError):
    """Items of a keyed list cannot be told apart: one lacks a key field, or two have the same."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The merge rules of one field and everything below it."""

    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    """Rules of named fields, for maps."""
    atomic: bool = False
    """A map or list that has one owner and is replaced as a whole."""
    unique: bool = False
    """A list of plain values, each of which is owned by itself (``finalizers``)."""
    keys: tuple[str, ...] = ()
    """Fields that identify the items of a keyed list; the first is the strategic merge key."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Values that key fields have when they are left out."""
    items: "Shape | None" = None
    """Rules of the items of a keyed list."""
    untyped: bool = False
    """No schema says what is below, so that whoever applies a map owns the map as well."""

    def child(self, name: str) -> "Shape":
        """The rules of a field of a map."""
        return self.fields.get(name, UNTYPED if self.untyped else PLAIN)

    @property
    def item(self) -> "Shape":
        """The rules of an item of a keyed list."""
        return self.items or PLAIN

    def key_of(self, item: Mapping[str, Any]) -> str:
        """Name of an item of a keyed list as ``FieldsV1`` writes it, for example ``k:{"name":"router"}``.

        An item without its key is left to validation.

        Raises:
            KeyedListError: The item is no map.
        """
        if not isinstance(item, Mapping):
            raise KeyedListError("associative list with keys may not have non-map elements")
        key = {}
        for name in self.keys:
            value = item.get(name, self.defaults.get(name))
            if value is not None:
                key[name] = value
        return "k:" + json.dumps(key, sort_keys=True, separators=(",", ":"))


PLAIN = Shape()
UNTYPED = Shape(untyped=True)
ATOMIC = Shape(atomic=True)
SET = Shape(unique=True)


def keyed(*keys: str, item: Shape = PLAIN, **defaults: str) -> Shape:
    """A keyed list."""
    return Shape(keys=keys, items=item, defaults=defaults)


def tree(**fields: Shape) -> Shape:
    """A map with rules for some of its fields."""
    return Shape(fields=fields)


METADATA = tree(ownerReferences=keyed("uid", item=ATOMIC), finalizers=SET)
_REFERENCE = tree(
    valueFrom=tree(configMapKeyRef=ATOMIC, secretKeyRef=ATOMIC, fieldRef=ATOMIC, resourceFieldRef=ATOMIC),
)
_CONTAINER = tree(
    env=keyed("name", item=_REFERENCE),
    ports=keyed("containerPort", "protocol", protocol="TCP"),
    volumeMounts=keyed("mountPath"),
    volumeDevices=keyed("devicePath"),
)
_POD_SPEC = tree(
    containers=keyed("name", item=_CONTAINER),
    initContainers=keyed("name", item=_CONTAINER),
    ephemeralContainers=keyed("name", item=_CONTAINER),
    volumes=keyed("name"),
    imagePullSecrets=keyed("name", item=ATOMIC),
    hostAliases=keyed("ip"),
    topologySpreadConstraints=keyed("topologyKey", "whenUnsatisfiable", item=tree(labelSelector=ATOMIC)),
    nodeSelector=ATOMIC,
    affinity=tree(nodeAffinity=tree(requiredDuringSchedulingIgnoredDuringExecution=ATOMIC)),
)
_CONDITIONS = keyed("type")

POD = tree(metadata=METADATA, spec=_POD_SPEC, status=tree(conditions=_CONDITIONS))
DEPLOYMENT = tree(
    metadata=METADATA,
    spec=tree(
        selector=ATOMIC,
        template=tree(metadata=METADATA, spec=_POD_SPEC),
    ),
    status=tree(conditions=_CONDITIONS),
)
SERVICE = tree(
    metadata=METADATA,
    spec=tree(
        ports=keyed("port", "protocol", protocol="TCP"),
        selector=ATOMIC,
        externalIPs=ATOMIC,
    ),
    status=tree(conditions=_CONDITIONS),
)
SERVICE_ACCOUNT = tree(metadata=METADATA, secrets=keyed("name", item=ATOMIC), imagePullSecrets=ATOMIC)
ROLE_BINDING = tree(metadata=METADATA, roleRef=ATOMIC)
NAMESPACE = tree(metadata=METADATA, status=tree(conditions=_CONDITIONS))
NETWORK_POLICY = tree(metadata=METADATA, spec=tree(podSelector=ATOMIC))
_BACKEND = tree(resource=ATOMIC, service=tree(port=ATOMIC))
INGRESS = tree(metadata=METADATA, spec=tree(defaultBackend=_BACKEND))
EVENT = tree(metadata=METADATA, involvedObject=ATOMIC, related=ATOMIC)
CUSTOM = Shape(fields={"metadata": METADATA}, untyped=True)
"""Custom resources, whose definitions have no schema here."""
OBJECT = tree(metadata=METADATA)
"""Kinds without rules of their own: only the metadata is known."""
