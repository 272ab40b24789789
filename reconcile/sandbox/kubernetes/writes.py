"""Every way to change a cluster: create, replace, patch, apply, delete.

The steps and their order are those of a kube-apiserver: decode, merge, default, record owners, validate, compare
with what is stored, store. A write that changes nothing stores nothing. Controllers inside the sandbox use the same
functions as HTTP clients.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import defaults, deletion, ownership, patches, validation
from reconcile.sandbox.kubernetes.calls import Subresource
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.defaults import Allocator
from reconcile.sandbox.kubernetes.errors import (
    ApiError,
    Object,
    already_exists,
    bad_request,
    forbidden,
    internal,
    modified,
    not_found,
    precondition_failed,
)
from reconcile.sandbox.kubernetes.ownership import Owner, Stamp
from reconcile.sandbox.kubernetes.store import Record, Store


@dataclass(frozen=True, slots=True)
class Target:
    """What a write is about."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: Subresource = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How a write is done."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """The object after a write, and whether the write created it."""

    record: Record
    created: bool = False


_KEPT = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
)
"""Metadata that only the server writes."""


class Writer:
    """Writes of one cluster. ``now`` gives the time as the API writes it."""

    def __init__(self, store: Store, allocate: Allocator, now: Callable[[], str]) -> None:
        self.store = store
        self.now = now
        self._allocate = allocate

    # -- create ----------------------------------------------------------------------------------------------------

    def create(self, target: Target, body: Any, options: Options) -> Written:
        """Store a new object.

        Raises:
            ApiError: 400, 403 (terminating namespace), 404 (no such namespace), 409 or 422.
        """
        obj = self._fresh(target, body)
        self._admit(target)
        resource = target.resource
        obj = defaults.fill(resource.kind, obj, self._allocate)
        obj = ownership.update(
            self._empty(target),
            obj,
            shape=resource.shape,
            stamp=self._stamp(target, options, ownership.UPDATE),
            shares={},
        )
        validation.check(resource, obj)
        return self._insert(target, obj, options)

    def _fresh(self, target: Target, body: Any) -> Object:
        obj = self._decoded(target, body)
        metadata = obj["metadata"]
        if metadata.get("resourceVersion"):
            raise internal("resourceVersion should not be set on objects to be created")
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"][:58] + uuid.uuid4().hex[:5]
        for field in (*_KEPT, "managedFields", "resourceVersion"):
            metadata.pop(field, None)
        if target.resource.status:
            obj.pop("status", None)
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = self.now()
        if target.resource.generation:
            metadata["generation"] = 1
        return obj

    def _admit(self, target: Target) -> None:
        """The NamespaceLifecycle admission plugin."""
        if not target.resource.kind.namespaced:
            return
        namespace = self.store.get(kinds.NAMESPACE, "", target.namespace)
        if namespace is None:
            raise not_found(kinds.NAMESPACE, target.namespace)
        if namespace.object["metadata"].get("deletionTimestamp"):
            why = (
                f"unable to create new content in namespace {target.namespace} because it is being terminated"
            )
            refusal = forbidden(target.resource.kind, target.name, why)
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {target.namespace} is being terminated",
                "field": "metadata.namespace",
            }
            refusal.details["causes"] = [cause]
            raise refusal

    def _insert(self, target: Target, obj: Object, options: Options) -> Written:
        resource, name = target.resource, obj["metadata"]["name"]
        if self.store.get(resource.kind, target.namespace, name):
            raise already_exists(resource.kind, name)
        if options.dry_run:
            return Written(_unstored(resource, obj), created=True)
        return Written(self.store.put(resource, obj), created=True)

    # -- change ----------------------------------------------------------------------------------------------------

    def replace(self, target: Target, body: Any, options: Options) -> Written:
        """Put a whole object in the place of the stored one.

        Raises:
            ApiError: 400, 404, 409 (old resourceVersion, other uid) or 422.
        """
        record = self._find(target)
        new = self._decoded(target, body)
        if record is None and target.resource.created_by_update:
            return self.create(target, body, options)
        if record is None:
            raise not_found(target.resource.kind, target.name)
        if target.resource.custom and not new["metadata"].get("resourceVersion"):
            raise validation.missing_resource_version(target.resource, target.name)
        return self._change(target, record, new, options)

    def patch(self, target: Target, content_type: str, patch: Any, options: Options) -> Written:
        """Change the stored object by a JSON, merge or strategic merge patch.

        Raises:
            ApiError: 400, 404, 409, 415 or 422.
        """
        record = self._existing(target)
        resource = target.resource
        if content_type == patches.JSON_PATCH:
            patched = patches.json_patch(record.object, patch)
        elif not isinstance(patch, dict):
            raise bad_request("error decoding patch: a patch must be an object")
        elif content_type == patches.STRATEGIC_PATCH and not resource.custom:
            patched = patches.strategic_patch(record.object, patch, resource.shape)
        elif content_type == patches.MERGE_PATCH:
            patched = patches.merge_patch(record.object, patch)
        else:
            raise patches.unsupported(resource)
        return self._change(target, record, self._decoded(target, patched), options)

    def apply(self, target: Target, body: Any, options: Options) -> Written:
        """Server-side apply.

        Raises:
            ApiError: 400, 404 (no such namespace), 409 (conflicts, uid, resourceVersion) or 422.
        """
        applied = self._decoded(target, body)
        if applied["metadata"].get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        record = self._find(target)
        if record is None and (applied["metadata"].get("uid") or applied["metadata"].get("resourceVersion")):
            raise _gone_meanwhile(target, applied)
        stamp = self._stamp(target, options, ownership.APPLY)
        applied = _own_part(target, applied)
        live = self._empty(target) if record is None else record.object
        merged = ownership.apply(live, applied, shape=target.resource.shape, stamp=stamp, force=options.force)
        if record is not None:
            return self._settle(target, record, merged, options)
        return self._created_by_apply(target, merged, options)

    def _created_by_apply(self, target: Target, merged: Object, options: Options) -> Written:
        shares = ownership.read(merged)
        self._admit(target)
        obj = defaults.fill(target.resource.kind, self._fresh(target, merged), self._allocate)
        obj = ownership.written(obj, shares)
        validation.check(target.resource, obj)
        return self._insert(target, obj, options)

    def _change(self, target: Target, record: Record, new: Object, options: Options) -> Written:
        """Store ``new`` in the place of ``record``, owners recorded as of an update."""
        shares = ownership.read(new if "managedFields" in new["metadata"] else record.object)
        new = self._prepared(target, record, new)
        stamp = self._stamp(target, options, ownership.UPDATE)
        new = ownership.update(record.object, new, shape=target.resource.shape, stamp=stamp, shares=shares)
        return self._store(target, record, new, options)

    def _settle(self, target: Target, record: Record, merged: Object, options: Options) -> Written:
        """Store the outcome of an apply on ``record``."""
        shares = ownership.read(merged)
        new = ownership.written(self._prepared(target, record, merged), shares)
        return self._store(target, record, new, options)

    def _prepared(self, target: Target, record: Record, new: Object) -> Object:
        """``new`` with everything that a client cannot change taken from ``record``, and defaults."""
        _check_preconditions(target, record, new["metadata"])
        old = record.object
        metadata = {key: value for key, value in new["metadata"].items() if key not in _KEPT}
        metadata |= {key: old["metadata"][key] for key in _KEPT if key in old["metadata"]}
        metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
        if target.subresource == "status":
            labels = {key: metadata[key] for key in ("annotations", "managedFields") if key in metadata}
            kept = {
                key: value
                for key, value in old["metadata"].items()
                if key not in {"annotations", "managedFields"}
            }
            return {**old, "metadata": kept | labels, "status": new.get("status", {})}
        new = {**new, "metadata": metadata}
        if target.resource.status:
            new = _with_old(new, old, "status")
        if target.resource.kind == kinds.NAMESPACE and target.subresource != "finalize":
            new = _with_old(new, old, "spec")
        return defaults.fill(target.resource.kind, new, self._allocate, old)

    def _store(self, target: Target, record: Record, new: Object, options: Options) -> Written:
        resource, old = target.resource, record.object
        if resource.generation and _counts(resource, old, new):
            metadata = {**new["metadata"], "generation": old["metadata"].get("generation", 0) + 1}
            new = {**new, "metadata": metadata}
        validation.check(resource, new, old)
        if _same(old, new):
            return Written(record)
        if options.dry_run:
            return Written(_unstored(resource, new))
        if deletion.is_complete(new):
            return Written(self.store.remove(Record(resource, new)))
        return Written(self.store.put(resource, new))

    # -- delete ----------------------------------------------------------------------------------------------------

    def delete(self, target: Target, how: deletion.DeleteOptions) -> deletion.Deleted:
        """Delete an object, or mark it for deletion while finalizers hold it.

        Raises:
            ApiError: 404, or 409 if a precondition does not hold.
        """
        record = self._existing(target)
        metadata = record.object["metadata"]
        if how.uid and how.uid != metadata["uid"]:
            raise precondition_failed(target.resource.kind, target.name, "UID", how.uid, metadata["uid"])
        if how.resource_version and how.resource_version != metadata["resourceVersion"]:
            raise precondition_failed(
                target.resource.kind,
                target.name,
                "ResourceVersion",
                how.resource_version,
                metadata["resourceVersion"],
            )
        marked = deletion.marked(target.resource, record.object, how, self.now())
        if how.dry_run:
            return deletion.Deleted(record, gone=deletion.is_complete(marked))
        if deletion.is_complete(marked):
            return deletion.Deleted(self.store.remove(record), gone=True)
        if _same(record.object, marked):
            return deletion.Deleted(record, gone=False)
        return deletion.Deleted(self.store.put(target.resource, marked), gone=False)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _find(self, target: Target) -> Record | None:
        return self.store.get(target.resource.kind, target.namespace, target.name)

    def _existing(self, target: Target) -> Record:
        record = self._find(target)
        if record is None:
            raise not_found(target.resource.kind, target.name)
        return record

    def _stamp(self, target: Target, options: Options, operation: str) -> Stamp:
        api_version = target.resource.kind.api_version
        return Stamp(Owner(options.manager, operation, api_version, target.subresource), self.now())

    def _empty(self, target: Target) -> Object:
        """The object before its creation, for the owners of its fields."""
        kind = target.resource.kind
        empty = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {}}
        return empty | target.resource.empty

    def _decoded(self, target: Target, body: Any) -> Object:
        """The body as an object of the target's kind, in its place; its metadata may be changed by the caller.

        Raises:
            ApiError: 400 if it is something else.
        """
        if not isinstance(body, dict):
            raise bad_request("the body of the request must be an object")
        kind = target.resource.kind
        _check_kind(target.resource, body)
        validation.check_types(target.resource, body)
        metadata = {key: value for key, value in (body.get("metadata") or {}).items() if value is not None}
        if target.name and metadata.setdefault("name", target.name) != target.name:
            raise bad_request(
                f"the name of the object ({metadata['name']}) does not match the name on the URL ({target.name})"
            )
        if kind.namespaced and metadata.setdefault("namespace", target.namespace) != target.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        if not kind.namespaced:
            metadata.pop("namespace", None)
        head = {"apiVersion": kind.api_version, "kind": kind.name}
        rest = {key: value for key, value in body.items() if key not in {"apiVersion", "kind", "metadata"}}
        return {**head, "metadata": metadata, **rest}


def _with_old(new: Object, old: Object, field: str) -> Object:
    """The new object with a field as the old one has it, since the endpoint does not write it."""
    kept = {field: old[field]} if field in old else {}
    return {key: value for key, value in new.items() if key != field} | kept


def _check_kind(resource: Resource, body: Mapping[str, Any]) -> None:
    kind = resource.kind
    api_version, name = body.get("apiVersion") or kind.api_version, body.get("kind") or kind.name
    if (api_version, name) == (kind.api_version, kind.name):
        return
    if api_version != kind.api_version:
        raise bad_request(
            f"the API version in the data ({api_version}) does not match the expected API version ({kind.api_version})"
        )
    raise bad_request(f'{name} in version "{kind.version}" cannot be handled as a {kind.name}')


def _own_part(target: Target, applied: Object) -> Object:
    """The part of an applied object that its endpoint writes: all but the status, or only the status."""
    if target.subresource == "status":
        return {key: value for key, value in applied.items() if key not in {"spec", "data"}}
    if target.resource.status:
        return {key: value for key, value in applied.items() if key != "status"}
    return applied


def _check_preconditions(target: Target, record: Record, metadata: Mapping[str, Any]) -> None:
    stored = record.object["metadata"]
    if metadata.get("uid", stored["uid"]) != stored["uid"]:
        raise precondition_failed(target.resource.kind, target.name, "UID", metadata["uid"], stored["uid"])
    if metadata.get("resourceVersion", stored["resourceVersion"]) != stored["resourceVersion"]:
        raise modified(target.resource.kind, target.name)


def _gone_meanwhile(target: Target, applied: Object) -> ApiError:
    if uid := applied["metadata"].get("uid"):
        return precondition_failed(target.resource.kind, target.name, "UID", uid, "")
    return modified(target.resource.kind, target.name)


def _counts(resource: Resource, old: Object, new: Object) -> bool:
    """Whether a change is one that ``metadata.generation`` counts."""
    if resource.custom:
        ignored = {"metadata", "status"} if resource.status else {"metadata"}
        return {k: v for k, v in old.items() if k not in ignored} != {
            k: v for k, v in new.items() if k not in ignored
        }
    if old.get("spec") != new.get("spec"):
        return True
    return resource.kind == kinds.DEPLOYMENT and old["metadata"].get("annotations") != new["metadata"].get(
        "annotations"
    )


def _same(old: Object, new: Object) -> bool:
    """Whether a write changes nothing; the times of managed fields do not count."""
    return _timeless(old) == _timeless(new)


def _timeless(obj: Object) -> Object:
    metadata = dict(obj["metadata"])
    if fields := metadata.pop("managedFields", None):
        entries = [{key: value for key, value in entry.items() if key != "time"} for entry in fields]
        metadata["managedFields"] = sorted(entries, key=lambda entry: (entry["manager"], entry["operation"]))
    return {**obj, "metadata": metadata}


def _unstored(resource: Resource, obj: Object) -> Record:
    """The answer to a dry run. A create has no resourceVersion then."""
    metadata = {"resourceVersion": "0", **obj["metadata"]}
    return Record(resource, {**obj, "metadata": metadata})
