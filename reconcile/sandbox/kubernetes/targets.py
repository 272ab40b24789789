"""What a write is about, how it is done and what comes of it; and whether an object belongs where it is sent."""

from collections.abc import Callable
from dataclasses import dataclass

from reconcile.sandbox.kubernetes.calls import Subresource
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import ApiError, Object, bad_request
from reconcile.sandbox.kubernetes.store import Record


@dataclass(frozen=True, slots=True)
class Target:
    """The object, or for a create the place, that a write is about."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: Subresource = ""


Check = Callable[[Object, Object | None], None]
"""Sees an object that is about to be stored and the one in whose place; raises ``ApiError`` against it."""


def _unchecked(_new: Object, _old: Object | None) -> None:
    """The sandbox itself may do anything."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a write is done."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    check: Check = _unchecked


@dataclass(frozen=True, slots=True)
class Written:
    """The object after a write, and whether the write created it."""

    record: Record
    created: bool = False


def placed(target: Target, obj: Object, *, by_create: bool = False) -> Object:
    """The object with the name and the namespace of the request.

    Raises:
        ApiError: 400 if it says that it belongs somewhere else.
    """
    metadata = dict(obj["metadata"])
    if target.name and metadata.setdefault("name", target.name) != target.name:
        said = metadata["name"]
        raise bad_request(
            f"the name of the object ({said}) does not match the name on the URL ({target.name})"
        )
    if not target.resource.kind.namespaced:
        metadata.pop("namespace", None)
    elif metadata.setdefault("namespace", target.namespace) != target.namespace:
        raise _elsewhere(target, metadata["namespace"], by_create=by_create)
    return {**obj, "metadata": metadata}


def _elsewhere(target: Target, said: str, *, by_create: bool) -> ApiError:
    if by_create:
        return bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    text = f"the namespace of the object ({said}) does not match the namespace on the request ({target.namespace})"
    return bad_request(text)
