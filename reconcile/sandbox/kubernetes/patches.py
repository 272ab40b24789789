"""The three patch formats that work on the whole object; server-side apply has its own module (``ownership``).

JSON merge patches (RFC 7386) and JSON patches (RFC 6902) know nothing of kinds. Strategic merge patches, which
``kubectl apply``, ``label`` and ``patch`` send by default, merge keyed lists item by item and carry directives:
``$patch: delete|replace|merge``, ``$deleteFromPrimitiveList/<field>``, ``$setElementOrder/<field>``, ``$retainKeys``.
"""

from typing import Any

import jsonpatch
import jsonpointer

from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import ApiError, Object, bad_request, unsupported_media_type
from reconcile.sandbox.kubernetes.shapes import Shape

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

_DELETE_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def accepted(resource: Resource) -> tuple[str, ...]:
    """Patch formats that a resource takes; custom resources have no strategic merge."""
    formats = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
    return tuple(name for name in formats if not (resource.custom and name == STRATEGIC_PATCH))


def unsupported(resource: Resource) -> ApiError:
    """415 of a patch in another format."""
    return unsupported_media_type(accepted(resource))


def json_patch(obj: Object, operations: Any) -> Object:
    """The object after the operations of a JSON patch.

    Raises:
        ApiError: 400 for a malformed patch, 422 for one that does not fit the object.
    """
    try:
        patched: Object = jsonpatch.JsonPatch(operations).apply(obj)
    except (jsonpatch.InvalidJsonPatch, TypeError, AttributeError) as error:
        raise bad_request(f"error decoding patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise ApiError(
            422, "Invalid", f"the server rejected our request due to an error in our request: {error}"
        ) from error
    return patched


def merge_patch(obj: Any, patch: Any) -> Any:
    """The object after a JSON merge patch: maps are merged, ``null`` removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def strategic_patch(obj: Any, patch: Any, shape: Shape) -> Any:
    """The object after a strategic merge patch.

    Raises:
        ApiError: 400 if an item of a keyed list lacks its merge key.
    """
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return _without_directives(patch)
    if patch.get("$patch") == "delete":
        return {}
    merged = dict(obj) if isinstance(obj, dict) else {}
    if "$retainKeys" in patch:
        merged = {key: value for key, value in merged.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith(_DELETE_FROM):
            field = key.removeprefix(_DELETE_FROM)
            merged[field] = [item for item in merged.get(field) or () if item not in value]
        elif not key.startswith("$"):
            _patch_field(merged, key, value, shape.child(key))
    for key, order in patch.items():
        if key.startswith(_ORDER):
            field = key.removeprefix(_ORDER)
            merged[field] = _ordered(merged.get(field) or [], order, shape.child(field))
    return merged


def _patch_field(merged: Object, key: str, value: Any, shape: Shape) -> None:
    if value is None:
        merged.pop(key, None)
    elif isinstance(value, dict):
        merged[key] = strategic_patch(merged.get(key), value, shape)
    elif isinstance(value, list) and shape.unique:
        present = merged.get(key) or []
        merged[key] = [*present, *(item for item in value if item not in present)]
    elif isinstance(value, list) and shape.keys:
        merged[key] = _patch_items(merged.get(key) or [], value, shape)
    else:
        merged[key] = value


def _patch_items(items: list[Any], patches: list[Any], shape: Shape) -> list[Any]:
    if any(item.get("$patch") == "replace" for item in patches):
        return [item for item in patches if "$patch" not in item]
    key = shape.keys[0]
    merged = {item.get(key): item for item in items}
    for patch in patches:
        name = patch.get(key)
        if name is None:
            raise bad_request(f"map: {sorted(patch)} does not contain declared merge key: {key}")
        if patch.get("$patch") == "delete":
            merged.pop(name, None)
        elif name in merged:
            merged[name] = strategic_patch(merged[name], patch, shape.item)
        else:
            merged[name] = _without_directives(patch)
    return list(merged.values())


def _ordered(items: list[Any], order: list[Any], shape: Shape) -> list[Any]:
    """Items in the order that the patch names; those it does not name keep their place behind."""

    def rank(item: Any) -> int:
        wanted = [entry.get(shape.keys[0]) for entry in order] if shape.keys else order
        found = item.get(shape.keys[0]) if shape.keys else item
        return wanted.index(found) if found in wanted else len(wanted)

    return sorted(items, key=rank)


def _without_directives(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_directives(item)
            for key, item in value.items()
            if not key.startswith("$") and item is not None
        }
    if isinstance(value, list):
        return [_without_directives(item) for item in value]
    return value
