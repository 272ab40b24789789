"""Options of write requests: ``CreateOptions``, ``UpdateOptions``, ``PatchOptions`` and ``DeleteOptions``."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.deletion import PROPAGATION, DeleteOptions
from reconcile.sandbox.kubernetes.errors import Cause, invalid_options
from reconcile.sandbox.kubernetes.patches import APPLY_PATCH
from reconcile.sandbox.kubernetes.targets import Check, Options

_TRUE = frozenset({"1", "true"})
_MAX_MANAGER = 128
_KINDS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}


def flag(query: Mapping[str, str], name: str) -> bool:
    """A switch in the URL."""
    return query.get(name) in _TRUE


def is_dry_run(call: Call, query: Mapping[str, str], body: Any) -> bool:
    """Whether nothing shall be stored; a delete may say so in its body.

    Raises:
        ApiError: 422 for any other value than ``All``.
    """
    deletes = call.verb in {"delete", "deletecollection"}
    said = body.get("dryRun") if deletes and isinstance(body, dict) else None
    values = list(said or ()) or list(filter(None, [query.get("dryRun")]))
    if any(value != "All" for value in values):
        text = f'Unsupported value: {values}: supported values: "All"'
        kind = _KINDS.get(call.verb, "DeleteOptions")
        raise invalid_options(kind, Cause("FieldValueNotSupported", text, "dryRun"))
    return bool(values)


def write_options(request: web.Request, call: Call, check: Check) -> Options:
    """Field manager, dry run and force of a create, update or patch; ``check`` sees what it would store.

    Raises:
        ApiError: 422 for values that the API does not allow.
    """
    query = request.query
    manager = query.get("fieldManager", "")
    force = flag(query, "force")
    if problem := _problem(manager, force=force, applies=request.content_type == APPLY_PATCH):
        raise invalid_options(_KINDS[call.verb], problem)
    return Options(manager or _default_manager(request), is_dry_run(call, query, None), force, check)


def _problem(manager: str, *, force: bool, applies: bool) -> Cause | None:
    if applies and not manager:
        return Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
    if force and not applies:
        return Cause("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force")
    if len(manager.encode()) > _MAX_MANAGER:
        text = f"Too long: must have at most {_MAX_MANAGER} bytes"
        return Cause("FieldValueTooLong", text, "fieldManager")
    for position, sign in enumerate(manager):
        if not sign.isprintable():
            text = f"invalid character U+{ord(sign):04X} (at position {position})"
            return Cause(
                "FieldValueInvalid", f'Invalid value: "{ascii(manager)[1:-1]}": {text}', "fieldManager"
            )
    return None


def _default_manager(request: web.Request) -> str:
    """The part of the user agent before the first slash."""
    return (request.headers.get("User-Agent", "") or "unknown").partition("/")[0][:_MAX_MANAGER]


def delete_options(call: Call, query: Mapping[str, str], body: Any) -> DeleteOptions:
    """The options of a delete, from its body and its URL; the body wins.

    Raises:
        ApiError: 422 for values that the API does not know.
    """
    given = body if isinstance(body, dict) else {}
    preconditions = given.get("preconditions") or {}
    propagation = given.get("propagationPolicy") or query.get("propagationPolicy")
    orphan = given.get("orphanDependents", query.get("orphanDependents"))
    if propagation is None and orphan is not None:
        propagation = "Orphan" if orphan in {True, "true"} else "Background"
    if propagation is not None and propagation not in PROPAGATION:
        supported = '"Foreground", "Background", "Orphan", "nil"'
        text = f'Unsupported value: "{propagation}": supported values: {supported}'
        raise invalid_options("DeleteOptions", Cause("FieldValueNotSupported", text, "propagationPolicy"))
    return DeleteOptions(
        uid=preconditions.get("uid", ""),
        resource_version=preconditions.get("resourceVersion", ""),
        propagation=propagation or "Background",
        dry_run=is_dry_run(call, query, body),
    )
