"""Bodies and options of write requests, read from what the client sent."""

import json
from collections.abc import Mapping
from typing import Any

import yaml
from aiohttp import web

from reconcile.sandbox.kubernetes import patches
from reconcile.sandbox.kubernetes.errors import ApiError, bad_request, unsupported_media_type
from reconcile.sandbox.kubernetes.writes import Options

JSON = "application/json"
_YAML = "application/yaml"
_PATCHES = (patches.JSON_PATCH, patches.MERGE_PATCH, patches.STRATEGIC_PATCH, patches.APPLY_PATCH)
_UNSAID = "application/octet-stream"
_TRUE = frozenset({"1", "true"})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


async def read(request: web.Request) -> Any:
    """The body, from JSON or YAML; None if there is none.

    Raises:
        ApiError: 400 for broken text, 413 for too much of it, 415 for a format that is not read here.
    """
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728") from None
    if not raw:
        return None
    accepted = _PATCHES if request.method == "PATCH" else (JSON, _YAML, _UNSAID)
    if request.content_type not in accepted:
        raise unsupported_media_type(media_type for media_type in accepted if media_type != _UNSAID)
    return _parse_yaml(raw) if request.content_type.endswith("yaml") else _parse_json(raw)


def _parse_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def _parse_yaml(raw: bytes) -> Any:
    try:
        return json.loads(
            raw
        )  # Most clients send JSON, which is YAML as well and read a hundred times faster.
    except ValueError:
        pass
    try:
        return yaml.load(raw, Loader=_Loader)  # noqa: S506 - a safe loader, the one in C where PyYAML has it
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {type(error).__name__}") from error


def options(request: web.Request) -> Options:
    """Field manager, dry run and force of a write.

    Raises:
        ApiError: 422 for values that the API does not know.
    """
    query = request.query
    manager = query.get("fieldManager", "") or _default_manager(request)
    if len(manager) > 128 or not manager.isprintable():
        why = "may not be longer than 128 printable characters"
        raise ApiError(422, "Invalid", f'fieldManager: Invalid value: "{manager}": {why}')
    return Options(manager, dry_run=is_dry_run(query, None), force=flag(query, "force"))


def _default_manager(request: web.Request) -> str:
    """The part of the user agent before the first slash."""
    return (request.headers.get("User-Agent", "") or "unknown").partition("/")[0][:128]


def flag(query: Mapping[str, str], name: str) -> bool:
    """A switch in the URL."""
    return query.get(name) in _TRUE


def is_dry_run(query: Mapping[str, str], body: Any) -> bool:
    """Whether nothing shall be stored; a delete may say so in its body.

    Raises:
        ApiError: 422 for any other value than ``All``.
    """
    given = query.get("dryRun") or (
        isinstance(body, dict) and body.get("kind") == "DeleteOptions" and body.get("dryRun")
    )
    values = [given] if isinstance(given, str) else list(given or ())
    if any(value != "All" for value in values):
        raise ApiError(422, "Invalid", f'dryRun: Unsupported value: "{values[0]}": supported values: "All"')
    return bool(values)
