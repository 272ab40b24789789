"""What a delete does to an object: it goes at once, or is marked and goes when its last finalizer does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import Cause, Object, invalid
from reconcile.sandbox.kubernetes.store import Record

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_PROPAGATION = {"Background": None, "Foreground": FOREGROUND, "Orphan": ORPHAN}


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


def read_options(resource: Resource, name: str, body: Any, query: Mapping[str, str]) -> DeleteOptions:
    """The options of a delete, from its body and its URL; the body wins, as in a kube-apiserver.

    Raises:
        ApiError: 422 for an unknown propagation policy.
    """
    given = body if isinstance(body, dict) else {}
    preconditions = given.get("preconditions") or {}
    propagation = given.get("propagationPolicy") or query.get("propagationPolicy")
    orphan = given.get("orphanDependents", query.get("orphanDependents"))
    if propagation is None and orphan is not None:
        propagation = "Orphan" if orphan in {True, "true"} else "Background"
    if propagation is not None and propagation not in _PROPAGATION:
        supported = '"Foreground", "Background", "Orphan"'
        cause = f'Unsupported value: "{propagation}": supported values: {supported}'
        raise invalid(resource.kind, name, [Cause("FieldValueNotSupported", cause, "propagationPolicy")])
    dry_run = given.get("dryRun") or query.get("dryRun")
    return DeleteOptions(
        uid=preconditions.get("uid", ""),
        resource_version=preconditions.get("resourceVersion", ""),
        propagation=propagation or "Background",
        dry_run=bool(dry_run),
    )


def marked(resource: Resource, obj: Object, options: DeleteOptions, now: str) -> Object:
    """The object with the finalizers that the propagation policy asks for and a time of deletion."""
    metadata = dict(obj["metadata"])
    wanted = _PROPAGATION[options.propagation]
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
