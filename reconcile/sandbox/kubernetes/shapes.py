"""Which parts of an object are merged and which are replaced as a whole.

Server-side apply and strategic merge patches need to know it: a map is merged key by key unless it is atomic, a list
is replaced unless it is *keyed* (its items are identified by some of their fields) or a *set*. In a real server these
rules come from OpenAPI markers such as ``x-kubernetes-list-type``. Only the exceptions are written down here: a field
that no shape mentions is a granular map, an atomic list or a plain value, whichever its value is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class KeyedListError(ValueError):
    """Items of a keyed list cannot be distinguished: one is not a map, or two have the same key."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The merge rules of one field and everything below it."""

    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    """Rules of named fields, for maps."""
    atomic: bool = False
    """A map or list that has one owner and is replaced as a whole."""
    unique: bool = False
    """A list of plain values, each with owners of its own (``finalizers``)."""
    keys: tuple[str, ...] = ()
    """Fields that identify the items of a keyed list; the first is the strategic merge key."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Values of key fields that are left out."""
    items: "Shape | None" = None
    """Rules of the items of a keyed list."""
    untyped: bool = False
    """There is no schema for what is below, so an apply of a map owns the map as well."""

    def child(self, name: str) -> "Shape":
        """The rules of a field of a map."""
        return self.fields.get(name, UNTYPED if self.untyped else PLAIN)

    @property
    def item(self) -> "Shape":
        """The rules of an item of a keyed list."""
        return self.items or PLAIN

    def key_of(self, item: Mapping[str, Any]) -> str:
        """The key of an item as ``FieldsV1`` writes it, for example ``k:{"name":"router"}``.

        Raises:
            KeyedListError: The item is not a map.
        """
        if not isinstance(item, Mapping):
            raise KeyedListError("associative list with keys may not have non-map elements")
        values = {name: item.get(name, self.defaults.get(name)) for name in self.keys}
        key = {name: value for name, value in values.items() if value is not None}
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
_VALUE_FROM = tree(
    **dict.fromkeys(("configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef"), ATOMIC)
)
_CONTAINER = tree(
    env=keyed("name", item=tree(valueFrom=_VALUE_FROM)),
    ports=keyed("containerPort", "protocol", protocol="TCP"),
    volumeMounts=keyed("mountPath"),
)
_POD_SPEC = tree(
    containers=keyed("name", item=_CONTAINER),
    initContainers=keyed("name", item=_CONTAINER),
    volumes=keyed("name"),
    hostAliases=keyed("ip"),
    imagePullSecrets=keyed("name", item=ATOMIC),
    nodeSelector=ATOMIC,
)
_STATUS = tree(conditions=keyed("type"))

OBJECT = tree(metadata=METADATA)
"""Kinds without rules of their own: only the metadata is known."""
CUSTOM = Shape(fields={"metadata": METADATA}, untyped=True)
"""Custom resources, whose definitions have no schema here."""
DEPLOYMENT = tree(
    metadata=METADATA,
    spec=tree(selector=ATOMIC, template=tree(metadata=METADATA, spec=_POD_SPEC)),
    status=_STATUS,
)
JOB = tree(
    metadata=METADATA,
    spec=tree(selector=ATOMIC, template=tree(metadata=METADATA, spec=_POD_SPEC)),
    status=_STATUS,
)
SERVICE = tree(
    metadata=METADATA,
    spec=tree(ports=keyed("port", "protocol", protocol="TCP"), selector=ATOMIC),
    status=_STATUS,
)
SERVICE_ACCOUNT = tree(metadata=METADATA, secrets=keyed("name", item=ATOMIC), imagePullSecrets=ATOMIC)
ROLE_BINDING = tree(metadata=METADATA, roleRef=ATOMIC)
NAMESPACE = tree(metadata=METADATA, status=_STATUS)
