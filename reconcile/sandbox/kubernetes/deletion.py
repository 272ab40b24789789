"""What a delete does to an object: it is removed at once, or marked and removed with its last finalizer.

Dependents are always deleted in the background; the other propagation policies have no effect here.
"""

from dataclasses import dataclass

from reconcile import kinds
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import Object, delete_precondition
from reconcile.sandbox.kubernetes.store import Record


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """``DeleteOptions`` of a request."""

    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object as it is reported, and whether it is gone or only marked."""

    record: Record
    gone: bool


def check_preconditions(record: Record, options: DeleteOptions) -> None:
    """Refuse to delete another object, or another version of it, than the client means.

    Raises:
        ApiError: 409.
    """
    version = record.object["metadata"]["resourceVersion"]
    for field, wanted, found in (
        ("UID", options.uid, record.uid),
        ("ResourceVersion", options.resource_version, version),
    ):
        if wanted and wanted != found:
            raise delete_precondition(record.resource.kind, record.name, field)


def marked(resource: Resource, obj: Object, now: str) -> Object:
    """The object with a time of deletion."""
    metadata = dict(obj["metadata"])
    if "deletionTimestamp" not in metadata:
        metadata["deletionTimestamp"] = now
        if "generation" in metadata:
            metadata["generation"] += 1
    if resource.kind == kinds.NAMESPACE:
        return {**obj, "metadata": metadata, "status": {**(obj.get("status") or {}), "phase": "Terminating"}}
    metadata["deletionGracePeriodSeconds"] = 0
    return {**obj, "metadata": metadata}


def is_complete(obj: Object) -> bool:
    """Whether a deleted object has no finalizers left."""
    metadata = obj["metadata"]
    finalizers = metadata.get("finalizers") or (
        obj["kind"] == "Namespace" and (obj.get("spec") or {}).get("finalizers")
    )
    return bool(metadata.get("deletionTimestamp")) and not finalizers
