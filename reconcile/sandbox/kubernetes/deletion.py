"""What a delete does to an object: it goes at once, or is marked and goes when its last finalizer does."""

from dataclasses import dataclass

from reconcile import kinds
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import Object, delete_precondition, other_version
from reconcile.sandbox.kubernetes.store import Record

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
PROPAGATION = {"Background": None, "Foreground": FOREGROUND, "Orphan": ORPHAN}
"""Finalizers by propagation policy."""


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """``DeleteOptions`` of a request."""

    uid: str = ""
    resource_version: str = ""
    propagation: str = "Background"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object as it is reported, and whether it is gone or only marked."""

    record: Record
    gone: bool


def check_preconditions(record: Record, how: DeleteOptions) -> None:
    """Refuse to delete another object, or another version of it, than the client means.

    Raises:
        ApiError: 409.
    """
    wanted = {"UID": how.uid, "ResourceVersion": how.resource_version}
    found = {"UID": record.uid, "ResourceVersion": record.object["metadata"]["resourceVersion"]}
    for field, value in wanted.items():
        if value and value != found[field]:
            if record.resource.kind == kinds.NAMESPACE:
                raise other_version(kinds.NAMESPACE, record.name, field, value, found[field])
            raise delete_precondition(record.resource.kind, record.name, field, value, found[field])


def marked(resource: Resource, obj: Object, options: DeleteOptions, now: str) -> Object:
    """The object with the finalizers that the propagation policy asks for and a time of deletion."""
    metadata = dict(obj["metadata"])
    wanted = PROPAGATION[options.propagation]
    finalizers = [name for name in metadata.get("finalizers") or () if name not in {FOREGROUND, ORPHAN}]
    if wanted and resource.kind != kinds.NAMESPACE:
        finalizers.append(wanted)
    metadata["finalizers"] = finalizers
    if not finalizers:
        del metadata["finalizers"]
    if "deletionTimestamp" not in metadata:
        metadata["deletionTimestamp"] = now
        metadata["deletionGracePeriodSeconds"] = 0
        if "generation" in metadata:
            metadata["generation"] += 1
    doomed = {**obj, "metadata": metadata}
    if resource.kind == kinds.NAMESPACE:
        metadata.pop("deletionGracePeriodSeconds", None)
        doomed["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    return doomed


def is_complete(obj: Object) -> bool:
    """Whether nothing holds a deleted object any longer."""
    metadata = obj["metadata"]
    held = metadata.get("finalizers") or (
        obj["kind"] == "Namespace" and (obj.get("spec") or {}).get("finalizers")
    )
    return bool(metadata.get("deletionTimestamp")) and not held
