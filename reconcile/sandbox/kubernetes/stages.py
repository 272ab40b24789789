"""The steps between what a client wants to write and what is stored. They change nothing that they are given."""

import uuid
from collections.abc import Mapping
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import defaults
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.targets import Target
from reconcile.sandbox.kubernetes.tidying import tidied

_SERVER_ONLY = (
    *("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"),
    *("generation", "selfLink"),
)
"""Metadata that no client can change."""


def empty(resource: Resource) -> Object:
    """The object before its creation: what the owners of its fields are found out against."""
    kind = resource.kind
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {}, **resource.empty}


def fresh(resource: Resource, obj: Object, now: str) -> Object:
    """A new object: with an identity, without anything that only a stored one can have, with defaults."""
    left_out = {*_SERVER_ONLY, "resourceVersion", "managedFields"}
    metadata = {key: value for key, value in obj["metadata"].items() if key not in left_out}
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"][:58] + uuid.uuid4().hex[:5]
    metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now}
    if resource.generation:
        metadata["generation"] = 1
    kept = {key: value for key, value in obj.items() if not (resource.status and key == "status")}
    return defaults.fill(resource.kind, tidied(resource, {**kept, "metadata": metadata}))


def changed(target: Target, old: Object, new: Object) -> Object:
    """A stored object after a change, with everything that the request cannot change as it was, with defaults."""
    metadata = {key: value for key, value in new["metadata"].items() if key not in _SERVER_ONLY}
    metadata |= {key: old["metadata"][key] for key in _SERVER_ONLY if key in old["metadata"]}
    metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
    if target.subresource == "status":
        return _with_status(old, tidied(target.resource, {**new, "metadata": metadata}))
    new = {**new, "metadata": metadata}
    if target.resource.status:
        new = _with_old(new, old, "status")
    if target.resource.kind == kinds.NAMESPACE and target.subresource != "finalize":
        new = _with_old(new, old, "spec")
    return defaults.fill(target.resource.kind, tidied(target.resource, new))


def _with_status(old: Object, new: Object) -> Object:
    """The old object with the status, the annotations and the owners of the new one."""
    written = ("annotations", "managedFields")
    metadata = {key: value for key, value in old["metadata"].items() if key not in written}
    metadata |= {key: new["metadata"][key] for key in written if key in new["metadata"]}
    return {**old, "metadata": metadata, "status": new.get("status", {})}


def _with_old(new: Object, old: Object, field: str) -> Object:
    kept = {field: old[field]} if field in old else {}
    return {key: value for key, value in new.items() if key != field} | kept


def own_part(target: Target, applied: Object) -> Object:
    """The part of an applied object that its endpoint writes: all but the status, or only the status."""
    if target.subresource == "status":
        return {
            key: value
            for key, value in applied.items()
            if key in {"apiVersion", "kind", "metadata", "status"}
        }
    if target.resource.status:
        return {key: value for key, value in applied.items() if key != "status"}
    return applied


def counted(target: Target, old: Object, new: Object) -> Object:
    """The new object with a higher generation, if the change is one that ``metadata.generation`` counts."""
    resource = target.resource
    if not resource.generation or target.subresource == "status" or not _counts(resource, old, new):
        return new
    generation = old["metadata"].get("generation", 0) + 1
    return {**new, "metadata": {**new["metadata"], "generation": generation}}


def _counts(resource: Resource, old: Object, new: Object) -> bool:
    if resource.custom:
        ignored = {"metadata", "status"} if resource.status else {"metadata"}
        return _without(old, ignored) != _without(new, ignored)
    if old.get("spec") != new.get("spec"):
        return True
    annotations = (obj["metadata"].get("annotations") for obj in (old, new))
    return resource.kind == kinds.DEPLOYMENT and len({str(each) for each in annotations}) > 1


def same(old: Object, new: Object) -> bool:
    """Whether a write changes nothing; the times of managed fields do not count."""
    return _timeless(old) == _timeless(new)


def _timeless(obj: Object) -> Object:
    metadata = dict(obj["metadata"])
    if entries := metadata.pop("managedFields", None):
        shown = [_without(entry, {"time"}) for entry in entries]
        metadata["managedFields"] = sorted(shown, key=lambda entry: (entry["manager"], entry["operation"]))
    return {**obj, "metadata": metadata}


def _without(obj: Mapping[str, Any], fields: set[str]) -> Object:
    return {key: value for key, value in obj.items() if key not in fields}
