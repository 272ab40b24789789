"""Field ownership: ``metadata.managedFields`` as the API server maintains it.

An owner is a field manager together with its operation: ``Apply`` (server-side apply) or ``Update`` (everything else),
since a program that does both has two sets. The rules follow ``sigs.k8s.io/structured-merge-diff``: an update takes
ownership of what it changes; an apply shares fields with the same value, conflicts with other owners of what it changes
unless it is forced, and removes fields that it owned and no longer contains.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconcile.sandbox.kubernetes import fieldsets
from reconcile.sandbox.kubernetes.errors import Object, apply_conflict, generic
from reconcile.sandbox.kubernetes.fieldsets import FieldSet
from reconcile.sandbox.kubernetes.shapes import KeyedListError, Shape

APPLY = "Apply"
UPDATE = "Update"
BEFORE_FIRST_APPLY = "before-first-apply"

_SERVER_METADATA = (
    *("name", "namespace", "uid", "generation", "resourceVersion", "creationTimestamp", "managedFields"),
    *("deletionTimestamp", "deletionGracePeriodSeconds"),
)
_NEVER_OWNED = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),
        *(("f:metadata", f"f:{name}") for name in _SERVER_METADATA),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """One field manager writing in one way."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""

    @property
    def described(self) -> str:
        """The owner, as a conflict names it."""
        name = f'conflict with "{self.manager}"'
        if self.operation == APPLY:
            return name
        part = f' with subresource "{self.subresource}"' if self.subresource else ""
        return f"{name}{part} using {self.api_version}"


@dataclass(frozen=True, slots=True)
class Share:
    """The fields of an owner, and since when."""

    fields: FieldSet
    time: str = ""


Shares = Mapping[Owner, Share]


def read(obj: Mapping[str, Any]) -> Shares:
    """The owners in an object's ``managedFields``; empty if they are malformed."""
    shares: dict[Owner, Share] = {}
    for entry in obj.get("metadata", {}).get("managedFields") or ():
        try:
            owner = Owner(
                entry.get("manager", ""),
                entry["operation"],
                entry["apiVersion"],
                entry.get("subresource", ""),
            )
            fields = fieldsets.from_fields_v1(entry.get("fieldsV1") or {})
        except (KeyError, AttributeError, TypeError):
            return {}
        shares[owner] = Share(fields, entry.get("time", ""))
    return shares


def written(obj: Object, shares: Shares) -> Object:
    """The object with these owners in its ``managedFields``."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    entries = [
        {
            "manager": owner.manager,
            "operation": owner.operation,
            "apiVersion": owner.api_version,
            "time": share.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fieldsets.to_fields_v1(share.fields),
            **({"subresource": owner.subresource} if owner.subresource else {}),
        }
        for owner, share in sorted(
            shares.items(), key=lambda pair: (pair[0].operation, pair[1].time, pair[0])
        )
        if share.fields
    ]
    if entries:
        metadata["managedFields"] = entries
    return {**obj, "metadata": metadata}


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, and when."""

    owner: Owner
    time: str


def forgets(metadata: Mapping[str, Any]) -> bool:
    """Whether a client clears all owners, by an empty list or one empty entry."""
    return metadata.get("managedFields") in ([], [{}])


def update(live: Object, new: Object, *, shape: Shape, stamp: Stamp, shares: Shares) -> Object:
    """The object after a create, replace or patch: ``new`` with its owners.

    ``shares`` are the owners so far; ``live`` is the object before, for a create the empty object of its kind. An
    object whose lists cannot be distinguished has no owners; validation will refuse it.
    """
    try:
        difference = fieldsets.compare(_without_managed(live), _without_managed(new), shape)
    except KeyedListError:
        return _without_managed(new)
    touched = (difference.added | difference.modified) - _NEVER_OWNED
    left = _released(shares, touched, difference.removed, keep=stamp.owner)
    mine = left.get(stamp.owner, Share(fieldsets.EMPTY))
    owned = (mine.fields | touched) - difference.removed
    # A write that changes a value is dated, also if it owns the same fields as before (managedfieldsupdater.go).
    unchanged = owned == mine.fields and not touched
    left[stamp.owner] = Share(owned, mine.time if unchanged and mine.time else stamp.time)
    return written(new, left)


def apply(live: Object, applied: Object, *, blank: Object, shape: Shape, stamp: Stamp, force: bool) -> Object:
    """The stored object after a server-side apply, with its owners.

    ``blank`` is the empty object of the kind; ``live`` is the same object if nothing is stored.

    Raises:
        ApiError: 409 if another manager owns a field that would change and the apply is not forced; 500 if items of
            a keyed list cannot be distinguished.
    """
    shares = dict(read(live))
    live_fields = _without_managed(live)
    if not shares and live is not blank:
        first = Owner(BEFORE_FIRST_APPLY, UPDATE, stamp.owner.api_version)
        found = fieldsets.compare(blank, live_fields, shape)
        fields = (found.added | found.modified) - _NEVER_OWNED
        if stamp.owner.subresource != "status":
            fields = frozenset(path for path in fields if path[0] != "f:status")
        shares[first] = Share(fields, stamp.time)
    before = shares.get(stamp.owner, Share(fieldsets.EMPTY))
    try:
        merged = fieldsets.merge(live_fields, _without_managed(applied), shape)
        fields = _owned_paths(applied, shape)
        shares[stamp.owner] = Share(fields, before.time if before.fields == fields else stamp.time)
        pruned = _pruned(merged, shape, before.fields, shares)
        difference = fieldsets.compare(live_fields, pruned, shape)
    except KeyedListError as error:
        raise generic(f"failed to create typed patch object: {error}") from error
    touched = (difference.added | difference.modified) - _NEVER_OWNED
    if not force:
        _refuse_conflicts(shares, stamp.owner, touched)
    left = _released(shares, touched, difference.removed, keep=stamp.owner)
    if touched or difference.removed:
        # An apply that changes a value is dated, also if it owns the same fields as before (managedfieldsupdater.go).
        left[stamp.owner] = replace(left[stamp.owner], time=stamp.time)
    return written(pruned, left)


def _without_managed(obj: Object) -> Object:
    metadata = obj.get("metadata", {})
    if "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


def _owned_paths(applied: Object, shape: Shape) -> FieldSet:
    return fieldsets.of_object(_without_managed(applied), shape) - _NEVER_OWNED


def _pruned(merged: Object, shape: Shape, before: FieldSet, shares: Shares) -> Object:
    """``merged`` without what the applier owned before and no one owns now."""
    owned_now = fieldsets.with_fields_above(path for share in shares.values() for path in share.fields)
    pruned: Object = fieldsets.remove(
        merged, shape, fieldsets.with_fields_above(before) - owned_now - _NEVER_OWNED
    )
    return pruned


def _released(shares: Shares, touched: FieldSet, removed: FieldSet, *, keep: Owner) -> dict[Owner, Share]:
    """The shares without what was removed, and all but that of ``keep`` without what was changed."""
    return {
        owner: Share(share.fields - removed - (fieldsets.EMPTY if owner == keep else touched), share.time)
        for owner, share in shares.items()
    }


def _refuse_conflicts(shares: Shares, applier: Owner, touched: FieldSet) -> None:
    conflicts = [
        (owner.described, fieldsets.readable(path))
        for owner, share in sorted(shares.items())
        if owner != applier
        for path in sorted(share.fields & touched)
    ]
    if conflicts:
        raise apply_conflict(conflicts)
