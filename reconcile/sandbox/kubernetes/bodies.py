"""Bodies and options of write requests: JSON or YAML; field manager, dry run, force, preconditions."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from reconcile.sandbox.kubernetes import patches
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.deletion import DeleteOptions
from reconcile.sandbox.kubernetes.errors import (
    Cause,
    bad_request,
    invalid_options,
    unsupported_media_type,
)
from reconcile.sandbox.kubernetes.requests import Asked
from reconcile.sandbox.kubernetes.writes import Check, Options

UNSAID = "application/octet-stream"
"""The content type of a body whose sender named none."""
_FORMATS = frozenset({"application/json", "application/yaml", UNSAID})


async def read(asked: Asked) -> Any:
    """The parsed body; None if there is none.

    Raises:
        ApiError: 400 for broken text, 413 for a body that is too large, 415 for a format that is not supported.
    """
    raw = await asked.read()
    if not raw:
        return None
    if asked.content_type not in (patches.FORMATS if asked.method == "PATCH" else _FORMATS):
        raise unsupported_media_type()
    with contextlib.suppress(ValueError):
        return json.loads(raw)  # also if it is sent as YAML, whose parser is slow
    try:
        return yaml.safe_load(raw) if asked.content_type.endswith("yaml") else json.loads(raw)
    except (ValueError, yaml.YAMLError) as error:
        raise bad_request(f"cannot parse the body: {type(error).__name__}") from error


def is_dry_run(call: Call, query: Mapping[str, str], body: Any) -> bool:
    """Whether nothing is to be stored; a delete may say so in its body."""
    deletes = call.verb == "delete" and isinstance(body, dict)
    return bool((deletes and body.get("dryRun")) or query.get("dryRun"))


def write_options(asked: Asked, call: Call, check: Check) -> Options:
    """The options of a create, update or patch; ``check`` sees what it would store.

    Raises:
        ApiError: 422 for a server-side apply without a field manager.
    """
    manager = asked.query.get("fieldManager", "")
    if asked.content_type == patches.APPLY_PATCH and not manager:
        cause = Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
        raise invalid_options("PatchOptions", cause)
    agent = asked.agent or "unknown"
    return Options(
        manager=manager or agent.partition("/")[0],
        dry_run=is_dry_run(call, asked.query, None),
        force=asked.query.get("force") in {"1", "true"},
        check=check,
    )


def delete_options(call: Call, query: Mapping[str, str], body: Any) -> DeleteOptions:
    """The options of a delete."""
    preconditions = (body.get("preconditions") if isinstance(body, dict) else None) or {}
    return DeleteOptions(
        uid=preconditions.get("uid", ""),
        resource_version=preconditions.get("resourceVersion", ""),
        dry_run=is_dry_run(call, query, body),
    )
