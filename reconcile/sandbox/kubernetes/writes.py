"""Every way to change a cluster: create, replace, patch, apply, delete.

The steps and their order are those of a kube-apiserver: decode, merge, default, record owners, allocate, validate,
compare with what is stored, store. A write that changes nothing stores nothing. Controllers inside the sandbox use
the same functions as HTTP clients.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import defaults, deletion, errors, ownership, patches, steps, validation
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.defaults import Allocator
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.ownership import Owner, Stamp
from reconcile.sandbox.kubernetes.steps import UndecodableError
from reconcile.sandbox.kubernetes.store import Record, Store

Check = Callable[[Object, Object | None], None]
"""Gets an object that is about to be stored and the one that it replaces; raises ``ApiError`` to refuse it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The object, or for a create the collection, that a write is about."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How a write is done."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    check: Check = lambda _new, _old: None


@dataclass(frozen=True, slots=True)
class Written:
    """The object after a write, and whether the write created it."""

    record: Record
    created: bool = False


class Writer:
    """Writes of one cluster. ``now`` gives the time as the API writes it."""

    def __init__(self, store: Store, allocate: Allocator, now: Callable[[], str]) -> None:
        self.store = store
        self.now = now
        self._allocate = allocate

    def create(self, target: Target, body: Any, options: Options) -> Written:
        """Store a new object.

        Raises:
            ApiError: 400, 403 (terminating namespace), 404 (no such namespace), 409 or 422.
        """
        obj = _decoded(target, body)
        resource = target.resource
        new = steps.created(resource, obj, self.now())
        self._admit(target, new["metadata"].get("name", ""))
        stamp = self._stamp(target, options, ownership.UPDATE)
        new = ownership.update(steps.empty(resource), new, shape=resource.shape, stamp=stamp, shares={})
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
        new = defaults.allocate(resource.kind, new, self._allocate)
        options.check(new, None)
        validation.check(resource, new)
        name = new["metadata"]["name"]
        if self.store.get(resource.kind, target.namespace, name):
            raise errors.already_exists(resource.kind, name)
        record = Record(resource, new) if options.dry_run else self.store.put(resource, new)
        return Written(record, created=True)

    def replace(self, target: Target, body: Any, options: Options) -> Written:
        """Replace the stored object.

        Raises:
            ApiError: 400, 404, 409 (old resourceVersion, other uid) or 422.
        """
        new = _decoded(target, body)
        record = self._find(target)
        if record is None:
            raise errors.not_found(target.resource.kind, target.name)
        if target.resource.custom and not new["metadata"].get("resourceVersion"):
            raise validation.missing_resource_version(target.resource, target.name)
        _check_uid(target, record, new)
        return self._change(target, record, new, options)

    def patch(self, target: Target, content_type: str, patch: Any, options: Options) -> Written:
        """Change the stored object by a JSON, merge or strategic merge patch.

        Raises:
            ApiError: 400, 404, 409, 415 or 422.
        """
        record = self._existing(target)
        if content_type == patches.STRATEGIC_PATCH and target.resource.custom:
            raise errors.unsupported_media_type()
        patched = patches.patched(content_type, record.object, patch, target.resource.shape)
        try:
            new = _placed(target, steps.decode(target.resource, patched))
        except UndecodableError as error:
            raise errors.bad_patch(str(error)) from error
        _check_uid(target, record, new)
        return self._change(target, record, new, options)

    def _change(self, target: Target, record: Record, new: Object, options: Options) -> Written:
        """Replace ``record`` with ``new``, with the field owners of an update.

        An object that has no owners, because a client made the server forget them, gets none by updates.
        """
        forget = ownership.forgets(new["metadata"])
        shares = {} if forget else (ownership.read(new) or ownership.read(record.object))
        _check_version(target, record, new)
        new = steps.changed(target.resource, target.subresource, record.object, new)
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
        blank = steps.empty(resource)
        live = blank if record is None else record.object
        stamp = self._stamp(target, options, ownership.APPLY)
        merged = ownership.apply(
            live, applied, blank=blank, shape=resource.shape, stamp=stamp, force=options.force
        )
        shares = ownership.read(merged)
        if record is None:
            if uid := applied["metadata"].get("uid"):
                raise errors.other_uid(resource.kind, target.name, uid, "")
            self._admit(target, target.name)
            new = steps.created(resource, merged, self.now())
            return self._insert(target, ownership.written(new, shares), options)
        _check_uid(target, record, applied)
        _check_version(target, record, applied)
        new = steps.changed(resource, target.subresource, live, merged)
        return self._store(target, record, ownership.written(new, shares), options)

    def _store(self, target: Target, record: Record, new: Object, options: Options) -> Written:
        resource, old = target.resource, record.object
        new = defaults.allocate(resource.kind, new, self._allocate, old)
        if target.subresource != "status":
            new = steps.with_generation(resource, old, new)
        options.check(new, old)
        validation.check(resource, new, old)
        if steps.same(old, new):
            return Written(record)
        if options.dry_run:
            return Written(Record(resource, new))
        if deletion.is_complete(new):
            last = Record(resource, new)
            self.store.remove(last)
            return Written(last)
        return Written(self.store.put(resource, new))

    def delete(self, target: Target, options: deletion.DeleteOptions) -> deletion.Deleted:
        """Delete an object, or mark it for deletion while finalizers hold it.

        Raises:
            ApiError: 404, or 409 if a precondition does not hold.
        """
        record = self._existing(target)
        deletion.check_preconditions(record, options)
        marked = deletion.marked(target.resource, record.object, self.now())
        gone = deletion.is_complete(marked)
        if options.dry_run or marked == record.object:
            return deletion.Deleted(record, gone)
        stored = self.store.remove(record) if gone else self.store.put(target.resource, marked)
        return deletion.Deleted(stored, gone)

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


def _placed(target: Target, obj: Object) -> Object:
    """The object with the name and the namespace of the request.

    Raises:
        ApiError: 400 if it names others.
    """
    metadata = dict(obj["metadata"])
    wanted = {"name": target.name} if target.name else {}
    if target.resource.kind.namespaced:
        wanted["namespace"] = target.namespace
    else:
        metadata.pop("namespace", None)
    for field, value in wanted.items():
        if (found := metadata.setdefault(field, value)) != value:
            raise errors.bad_request(
                f"the {field} of the object ({found}) does not match that of the URL ({value})"
            )
    return {**obj, "metadata": metadata}


def _decoded(target: Target, body: Any) -> Object:
    try:
        return _placed(target, steps.decode(target.resource, body))
    except UndecodableError as error:
        raise errors.bad_request(
            f"the body cannot be handled as a {target.resource.kind.name}: {error}"
        ) from error


def _applied(target: Target, body: Any) -> Object:
    """The body of an apply in its place, reduced to what the endpoint writes."""
    expected = target.resource.kind.api_version
    found = body.get("apiVersion", "") if isinstance(body, dict) else ""
    if found != expected:
        raise errors.bad_request(f"incorrect version in apply patch: {found}, expected: {expected}")
    try:
        applied = _placed(target, steps.decode(target.resource, body))
    except UndecodableError as error:
        raise errors.generic(f"failed to create typed patch object: {error}") from error
    if applied["metadata"].get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    return steps.own_part(target.resource, target.subresource, applied)


def _check_uid(target: Target, record: Record, new: Object) -> None:
    uid = new["metadata"].get("uid", record.uid)
    if uid != record.uid:
        raise errors.other_uid(target.resource.kind, target.name, uid, record.uid)


def _check_version(target: Target, record: Record, new: Object) -> None:
    version = new["metadata"].get("resourceVersion")
    if version and version != record.object["metadata"]["resourceVersion"]:
        raise errors.modified(target.resource.kind, target.name)
