"""From the body of a request to an object of the right kind in the right place.

What is wrong with a body is said in :class:`UndecodableError`; which status it becomes depends on the request (400 for
whole objects, 422 for patched ones, 500 for applied ones) and is decided where the request is carried out.
"""

import base64
import binascii
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import ApiError, Object, bad_request


class UndecodableError(ValueError):
    """A body is no object of the kind. The text never shows values, which may be secret."""


def decode(resource: Resource, body: Any) -> Object:
    """The body as an object of the resource, with ``apiVersion``, ``kind`` and a ``metadata`` of its own.

    Raises:
        UndecodableError: It is something else.
    """
    if not isinstance(body, dict):
        raise UndecodableError("couldn't get version/kind; json parse error: it is not an object")
    kind = resource.kind
    said = (body.get("apiVersion") or kind.api_version, body.get("kind") or kind.name)
    if said != (kind.api_version, kind.name):
        raise UndecodableError(f"it is a {said[1]} of {said[0]}, not a {kind.name} of {kind.api_version}")
    metadata = {} if body.get("metadata") is None else body["metadata"]
    if not isinstance(metadata, dict):
        raise UndecodableError(".metadata: expected map")
    _check_types(resource, body, metadata)
    head = {"apiVersion": kind.api_version, "kind": kind.name}
    rest = {key: value for key, value in body.items() if key not in {"apiVersion", "kind", "metadata"}}
    return {**head, "metadata": {key: value for key, value in metadata.items() if value is not None}, **rest}


def unreadable(resource: Resource, body: Any, fault: UndecodableError) -> ApiError:
    """400 of a create or replace."""
    kind = resource.kind
    if not isinstance(body, dict):
        return bad_request(f"the object provided is unrecognized (must be of type {kind.name}): {fault}")
    name = body.get("kind") or kind.name
    version = str(body.get("apiVersion") or kind.api_version).rpartition("/")[2]
    return bad_request(f'{name} in version "{version}" cannot be handled as a {kind.name}: {fault}')


def _check_types(resource: Resource, body: Object, metadata: Object) -> None:
    for field in ("labels", "annotations"):
        _check_texts(metadata.get(field), f".metadata.{field}")
    for field in ("finalizers", "ownerReferences"):
        if not isinstance(metadata.get(field), list | None):
            raise UndecodableError(f".metadata.{field}: expected list")
    if resource.kind in {kinds.CONFIG_MAP, kinds.SECRET}:
        _check_texts(body.get("data"), ".data")
    if resource.kind == kinds.SECRET:
        _check_texts(body.get("stringData"), ".stringData")
        _check_base64(body.get("data") or {})
    if resource.kind == kinds.DEPLOYMENT:
        _check_deployment(body.get("spec"))


def _check_texts(value: Any, path: str) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise UndecodableError(f"{path}: expected map, got {type(value).__name__}")
    for key, text in value.items():
        if not isinstance(text, str | None):
            raise UndecodableError(f"{path}.{key}: expected string, got {type(text).__name__}")


def _check_base64(data: dict[str, str | None]) -> None:
    for key, value in data.items():
        try:
            base64.b64decode(value or "", validate=True)
        except (binascii.Error, ValueError):
            raise UndecodableError(f".data.{key}: illegal base64 data") from None


def _check_deployment(spec: Any) -> None:
    if not isinstance(spec, dict | None):
        raise UndecodableError(".spec: expected map")
    replicas = (spec or {}).get("replicas")
    if isinstance(replicas, bool) or not isinstance(replicas, int | None):
        raise UndecodableError(".spec.replicas: expected numeric")
    pod_spec = _at(spec, "template", "spec")
    for field in ("containers", "initContainers", "volumes"):
        if isinstance(pod_spec, dict) and not isinstance(pod_spec.get(field), list | None):
            raise UndecodableError(f".spec.template.spec.{field}: expected list")


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
