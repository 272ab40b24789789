"""Bodies of write requests: JSON, YAML, and what kubectl sends in protobuf."""

import contextlib
import json
from typing import Any

import yaml
from aiohttp import web

from reconcile.sandbox.kubernetes import kubectlbodies, patches
from reconcile.sandbox.kubernetes.errors import ApiError, bad_request, unsupported_media_type

JSON = "application/json"
_YAML = "application/yaml"
_PATCHES = (patches.JSON_PATCH, patches.MERGE_PATCH, patches.STRATEGIC_PATCH, patches.APPLY_PATCH)
_UNSAID = "application/octet-stream"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


async def read(request: web.Request) -> Any:
    """The body as JSON would say it; None if there is none.

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
    if request.content_type == kubectlbodies.MEDIA_TYPE:
        return kubectlbodies.decode(raw)
    if request.method != "PATCH" and request.content_type not in {JSON, _YAML, _UNSAID}:
        raise unsupported_media_type()
    return _parse_yaml(raw) if request.content_type.endswith("yaml") else _parse_json(raw)


def _parse_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def _parse_yaml(raw: bytes) -> Any:
    """Text in YAML. Most clients send JSON, which is YAML as well and read a hundred times faster."""
    with contextlib.suppress(ValueError):
        return json.loads(raw)
    try:
        return yaml.load(raw, Loader=_Loader)  # noqa: S506 - a safe loader, the one in C where PyYAML has it
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {type(error).__name__}") from error
