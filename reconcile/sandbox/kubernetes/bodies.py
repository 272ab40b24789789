"""Bodies of write requests: JSON, and YAML where clients may send it."""

import json
from typing import Any

import yaml
from aiohttp import web

from reconcile.sandbox.kubernetes import patches
from reconcile.sandbox.kubernetes.errors import ApiError, bad_request, unsupported_media_type

JSON = "application/json"
_YAML = "application/yaml"
_PATCHES = (patches.JSON_PATCH, patches.MERGE_PATCH, patches.STRATEGIC_PATCH, patches.APPLY_PATCH)
_UNSAID = "application/octet-stream"
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
    if request.method == "PATCH" and request.content_type not in _PATCHES:
        raise patches.unsupported()
    if request.method != "PATCH" and request.content_type not in {JSON, _YAML, _UNSAID}:
        raise unsupported_media_type()
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
