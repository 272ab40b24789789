"""Every way to change a cluster: create, replace, patch, apply, delete.

The steps and their order are those of a kube-apiserver: decode, merge, default, record owners, allot, validate,
compare with what is stored, store. A write that changes nothing stores nothing. Controllers inside the sandbox use
the same functions as HTTP clients.
"""

from collections.abc import Callable
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import (
    decoding,
    defaults,
    deletion,
    errors,
    ownership,
    patches,
    stages,
    tidying,
    validation,
)
from reconcile.sandbox.kubernetes.decoding import UndecodableError
from reconcile.sandbox.kubernetes.defaults import Allocator
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.ownership import Owner, Stamp
from reconcile.sandbox.kubernetes.store import Record, Store
from reconcile.sandbox.kubernetes.targets import Options, Target, Written, placed


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
        obj = placed(target, _decoded(target, body), by_create=True)
        if obj["metadata"].get("resourceVersion"):
            raise errors.generic("resourceVersion should not be set on objects to be created")
        resource = target.resource
        new = stages.fresh(resource, obj, self.now())
        self._admit(target, new["metadata"].get("name", ""))
        stamp = self._stamp(target, options, ownership.UPDATE)
        new = ownership.update(stages.empty(resource), new, shape=resource.shape, stamp=stamp, shares={})
        return self._insert(target, new, options)

    def _admit(self, target: Target, name: str) -> None:
        """The NamespaceLifecycle admission plugin."""
        if not target.resource.kind.namespaced:
            return
        namespace = self.store.get(kinds.NAMESPACE, "", target.namespace)
        if namespace is None:
            raise errors.not_found(kinds.NAMESPACE, target.namespace)
        if namespace.object["metadata"].get("deletionTimestamp"):
            raise errors.terminating(target.resource.kind, name, target.namespace)

    def _insert(self, target: Target, new: Object, options: Options) -> Written:
        resource = target.resource
        new = defaults.allot(resource.kind, new, self._allocate)
        options.check(new, None)
        validation.check(resource, new)
        name = new["metadata"]["name"]
        if self.store.get(resource.kind, target.namespace, name):
            raise errors.already_exists(resource.kind, name)
        if options.dry_run:
            return Written(Record(resource, new), created=True)
        return Written(self.store.put(resource, new), created=True)

    # -- change ----------------------------------------------------------------------------------------------------

    def replace(self, target: Target, body: Any, options: Options) -> Written:
        """Put a whole object in the place of the stored one.

        Raises:
            ApiError: 400, 404, 409 (old resourceVersion, other uid) or 422.
        """
        new = placed(target, _decoded(target, body))
        record = self._find(target)
        if record is None and target.resource.created_by_update:
            return self.create(target, body, options)
        if record is None:
            raise errors.not_found(target.resource.kind, target.name)
        if target.resource.custom and not new["metadata"].get("resourceVersion"):
            raise validation.missing_resource_version(target.resource, target.name)
        if _names_other_uid(record, new):
            kind, uid = target.resource.kind, new["metadata"]["uid"]
            raise errors.other_uid(kind, target.name, uid, record.uid)
        return self._change(target, record, new, options)

    def patch(self, target: Target, content_type: str, patch: Any, options: Options) -> Written:
        """Change the stored object by a JSON, merge or strategic merge patch.

        Raises:
            ApiError: 400, 404, 409, 415 or 422.
        """
        record = self._existing(target)
        if content_type == patches.JSON_PATCH:
            patched = patches.json_patch(record.object, patch)
        elif content_type == patches.MERGE_PATCH:
            patched = patches.merge_patch(record.object, patch)
        elif content_type == patches.STRATEGIC_PATCH and not target.resource.custom:
            patched = patches.strategic_patch(record.object, patch, target.resource.shape)
        else:
            raise patches.unsupported()
        try:
            new = placed(target, decoding.decode(target.resource, patched))
        except UndecodableError as fault:
            raise errors.bad_patch(str(fault)) from fault
        if _names_other_uid(record, new):
            raise validation.other_uid(target.resource, target.name, new["metadata"]["uid"])
        return self._change(target, record, new, options)

    def _change(self, target: Target, record: Record, new: Object, options: Options) -> Written:
        """Store ``new`` in the place of ``record``, owners recorded as of an update.

        An object that has no owners, because a client made the server forget them, gets none by updates.
        """
        forget = ownership.forgets(new["metadata"])
        shares = {} if forget else (ownership.read(new) or ownership.read(record.object))
        _check_version(target, record, new)
        new = stages.changed(target, record.object, new)
        if shares:
            stamp = self._stamp(target, options, ownership.UPDATE)
            new = ownership.update(
                record.object, new, shape=target.resource.shape, stamp=stamp, shares=shares
            )
        else:
            new = ownership.written(new, {})
        return self._store(target, record, new, options)

    def apply(self, target: Target, body: Any, options: Options) -> Written:
        """Server-side apply.

        Raises:
            ApiError: 400, 404 (no such namespace), 409 (conflicts, uid, resourceVersion), 422 or 500 (wrong types).
        """
        applied = _applied(target, body)
        record = self._find(target)
        resource = target.resource
        blank = stages.empty(resource)
        live = blank if record is None else record.object
        stamp = self._stamp(target, options, ownership.APPLY)
        change = ownership.Change(live, applied, blank)
        merged = ownership.apply(change, shape=resource.shape, stamp=stamp, force=options.force)
        shares = ownership.read(merged)
        if record is None:
            if uid := applied["metadata"].get("uid"):
                raise errors.uid_of_nothing(resource.kind, target.name, uid)
            self._admit(target, target.name)
            return self._insert(
                target, ownership.written(stages.fresh(resource, merged, self.now()), shares), options
            )
        if _names_other_uid(record, applied):
            raise validation.other_uid(resource, target.name, applied["metadata"]["uid"])
        _check_version(target, record, applied)
        return self._store(
            target, record, ownership.written(stages.changed(target, live, merged), shares), options
        )

    def _store(self, target: Target, record: Record, new: Object, options: Options) -> Written:
        resource, old = target.resource, record.object
        new = stages.counted(target, old, defaults.allot(resource.kind, new, self._allocate, old))
        options.check(new, old)
        validation.check(resource, new, old)
        if stages.same(old, new):
            return Written(record)
        if options.dry_run:
            return Written(Record(resource, new))
        if deletion.is_complete(new):
            last = Record(resource, new)
            self.store.remove(last)
            return Written(last)
        return Written(self.store.put(resource, new))

    # -- delete ----------------------------------------------------------------------------------------------------

    def delete(self, target: Target, how: deletion.DeleteOptions) -> deletion.Deleted:
        """Delete an object, or mark it for deletion while finalizers hold it.

        Raises:
            ApiError: 404, or 409 if a precondition does not hold.
        """
        record = self._existing(target)
        deletion.check_preconditions(record, how)
        marked = deletion.marked(target.resource, record.object, how, self.now())
        gone = deletion.is_complete(marked)
        if how.dry_run or (not gone and stages.same(record.object, marked)):
            return deletion.Deleted(record, gone)
        if gone:
            return deletion.Deleted(self.store.remove(record), gone)
        return deletion.Deleted(self.store.put(target.resource, marked), gone)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _find(self, target: Target) -> Record | None:
        return self.store.get(target.resource.kind, target.namespace, target.name)

    def _existing(self, target: Target) -> Record:
        record = self._find(target)
        if record is None:
            raise errors.not_found(target.resource.kind, target.name)
        return record

    def _stamp(self, target: Target, options: Options, operation: str) -> Stamp:
        api_version = target.resource.kind.api_version
        return Stamp(Owner(options.manager, operation, api_version, target.subresource), self.now())


def _decoded(target: Target, body: Any) -> Object:
    if target.resource.custom and isinstance(body, dict) and not body.get("kind"):
        raise errors.bad_request("Object 'Kind' is missing")
    try:
        return decoding.decode(target.resource, body)
    except UndecodableError as fault:
        raise decoding.unreadable(target.resource, body, fault) from fault


def _applied(target: Target, body: Any) -> Object:
    """The body of an apply as an object in its place, reduced to what the endpoint writes."""
    expected = target.resource.kind.api_version
    said = body.get("apiVersion", "") if isinstance(body, dict) else ""
    if said != expected:
        text = f"Incorrect version specified in apply patch. Specified patch version: {said}, expected: {expected}"
        raise errors.bad_request(text)
    try:
        applied = placed(target, decoding.decode(target.resource, body))
    except UndecodableError as fault:
        raise errors.generic(f"failed to create typed patch object: {fault}") from fault
    if applied["metadata"].get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    for name in tidying.unknown_parts(target.resource, applied):
        raise errors.generic(f"failed to create typed patch object: .{name}: field not declared in schema")
    return stages.own_part(target, applied)


def _names_other_uid(record: Record, new: Object) -> bool:
    return bool(new["metadata"].get("uid", record.uid) != record.uid)


def _check_version(target: Target, record: Record, new: Object) -> None:
    said = new["metadata"].get("resourceVersion")
    if said and said != record.object["metadata"]["resourceVersion"]:
        raise errors.modified(target.resource.kind, target.name)
