"""The steps between the body of a write and the object that is stored. They never change their arguments."""

import base64
import binascii
import uuid
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import defaults
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import Object

_SERVER_ONLY = frozenset(
    {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"}
)
"""Metadata that no client can change."""
_STRING_MAPS = frozenset({"labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData"})
_COMMON = frozenset({"apiVersion", "kind", "metadata"})


class UndecodableError(ValueError):
    """A body is not an object of the kind. The text never contains values, which may be secret."""


def decode(resource: Resource, body: Any) -> Object:
    """The body as an object of the resource.

    Raises:
        UndecodableError: It is something else.
    """
    kind = resource.kind
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict | None):
        raise UndecodableError("it is not an object with metadata")
    found = (body.get("apiVersion") or kind.api_version, body.get("kind") or kind.name)
    if found != (kind.api_version, kind.name):
        raise UndecodableError(f"it is a {found[1]} of {found[0]}, not a {kind.name} of {kind.api_version}")
    metadata = {key: value for key, value in (body.get("metadata") or {}).items() if value is not None}
    for field in ("labels", "annotations"):
        _check_strings(metadata.get(field), f"metadata.{field}")
    if kind in {kinds.CONFIG_MAP, kinds.SECRET}:
        _check_strings(body.get("data"), "data")
    if kind == kinds.SECRET:
        _check_base64(body.get("data") or {})
    return {**body, "apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def _check_strings(value: Any, path: str) -> None:
    if value is not None and not isinstance(value, dict):
        raise UndecodableError(f"{path}: expected map, got {type(value).__name__}")
    for key, text in (value or {}).items():
        if not isinstance(text, str | None):
            raise UndecodableError(f"{path}.{key}: expected string, got {type(text).__name__}")


def _check_base64(data: dict[str, str | None]) -> None:
    for key, value in data.items():
        try:
            base64.b64decode(value or "", validate=True)
        except (binascii.Error, ValueError):
            raise UndecodableError(f"data.{key}: illegal base64 data") from None


def empty(resource: Resource) -> Object:
    """The object before its creation, against which the owners of its fields are determined."""
    kind = resource.kind
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {}, **resource.empty}


def created(resource: Resource, obj: Object, now: str) -> Object:
    """A new object: with an identity and defaults, without anything that only a stored one can have."""
    dropped = {*_SERVER_ONLY, "resourceVersion", "managedFields"}
    metadata = {key: value for key, value in obj["metadata"].items() if key not in dropped}
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"][:58] + uuid.uuid4().hex[:5]
    metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now}
    if resource.generation:
        metadata["generation"] = 1
    kept = {key: value for key, value in obj.items() if not (resource.status and key == "status")}
    return defaults.fill(resource.kind, _tidied(resource, {**kept, "metadata": metadata}))


def changed(resource: Resource, subresource: str, old: Object, new: Object) -> Object:
    """A stored object after a change, with defaults; what the endpoint cannot change is as it was."""
    metadata = {key: value for key, value in new["metadata"].items() if key not in _SERVER_ONLY}
    metadata |= {key: old["metadata"][key] for key in _SERVER_ONLY if key in old["metadata"]}
    metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
    if subresource == "status":
        written = {key: metadata[key] for key in ("annotations", "managedFields") if key in metadata}
        kept = {
            key: value
            for key, value in old["metadata"].items()
            if key not in {"annotations", "managedFields"}
        }
        return {**old, "metadata": kept | written, "status": _tidied(resource, new).get("status", {})}
    fixed = {"status"} if resource.status else set()
    if resource.kind == kinds.NAMESPACE and subresource != "finalize":
        fixed.add("spec")
    rest = {key: value for key, value in new.items() if key not in fixed}
    rest |= {key: old[key] for key in fixed if key in old}
    return defaults.fill(resource.kind, _tidied(resource, {**rest, "metadata": metadata}))


def own_part(resource: Resource, subresource: str, applied: Object) -> Object:
    """The part of an applied object that its endpoint writes: all but the status, or only the status."""
    if subresource == "status":
        return {key: value for key, value in applied.items() if key in {*_COMMON, "status"}}
    return {key: value for key, value in applied.items() if key != "status" or not resource.status}


def with_generation(resource: Resource, old: Object, new: Object) -> Object:
    """The new object with a higher ``metadata.generation``, if the change counts."""
    ignored = {"metadata", "status"} if resource.status else {"metadata"}
    annotations = [obj["metadata"].get("annotations") for obj in (old, new)]
    annotated = resource.kind == kinds.DEPLOYMENT and annotations[0] != annotations[1]
    if not resource.generation or (_without(old, ignored) == _without(new, ignored) and not annotated):
        return new
    generation = old["metadata"].get("generation", 0) + 1
    return {**new, "metadata": {**new["metadata"], "generation": generation}}


def same(old: Object, new: Object) -> bool:
    """Whether a write changes nothing; the times of managed fields do not count."""
    return _timeless(old) == _timeless(new)


def _timeless(obj: Object) -> Object:
    metadata = dict(obj["metadata"])
    if entries := metadata.pop("managedFields", None):
        shown = [_without(entry, {"time"}) for entry in entries]
        metadata["managedFields"] = sorted(shown, key=lambda entry: (entry["manager"], entry["operation"]))
    return {**obj, "metadata": metadata}


def _without(obj: Object, fields: set[str]) -> Object:
    return {key: value for key, value in obj.items() if key not in fields}


def _tidied(resource: Resource, obj: Object) -> Object:
    """The object as a typed server writes it: without fields that the kind does not have, most empty ones left out.

    Custom resources stay as they were sent.
    """
    if resource.custom:
        return obj
    known = {key: value for key, value in obj.items() if key in _COMMON or key in resource.parts}
    tidied: Object = _without_empty("", known)
    return tidied


def _without_empty(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty("", item) for item in value]
    if not isinstance(value, dict):
        return value
    if name in _STRING_MAPS:
        return {key: "" if text is None else text for key, text in value.items()} or None
    tidied = {
        key: _without_empty(key, item) if isinstance(item, dict | list) else item
        for key, item in value.items()
    }
    return {key: item for key, item in tidied.items() if item is not None and item not in ("", [])}
