"""JSON patches (RFC 6902), JSON merge patches (RFC 7386) and strategic merge patches.

Strategic merge patches, which ``kubectl patch`` and client-side ``kubectl apply`` send, merge keyed lists item by item.
Of their directives, ``$patch: delete``, ``$patch: replace``, ``$deleteFromPrimitiveList`` and ``$retainKeys`` are
honoured; the order of list items is not.
"""

from typing import Any

import jsonpatch
import jsonpointer

from reconcile.sandbox.kubernetes.errors import ApiError, Object, bad_request, generic
from reconcile.sandbox.kubernetes.shapes import Shape

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
FORMATS = frozenset({JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH})

_DELETE_FROM = "$deleteFromPrimitiveList/"


def patched(content_type: str, obj: Object, patch: Any, shape: Shape) -> Object:
    """The object after a patch; ``shape`` are the merge rules of its kind.

    Raises:
        ApiError: 400 for a patch of the wrong type, 422 for operations that do not fit the object, 500 if an item of
            a keyed list lacks its merge key.
    """
    if not isinstance(patch, list if content_type == JSON_PATCH else dict):
        raise bad_request("the patch has the wrong type")
    if content_type != JSON_PATCH:
        return _merged(obj, patch, shape if content_type == STRATEGIC_PATCH else None)
    try:
        changed: Object = jsonpatch.JsonPatch(patch).apply(obj)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, AttributeError):
        raise ApiError(422, "Invalid", "the JSON patch does not fit the object") from None
    return changed


def _merged(obj: Any, patch: Any, shape: Shape | None) -> Object:
    """``obj`` with a patch merged into it; without a shape, all lists are replaced and there are no directives."""
    merged = dict(obj) if isinstance(obj, dict) else {}
    if shape and "$patch" in patch:
        return {} if patch["$patch"] == "delete" else _without_directives(patch)
    if shape and "$retainKeys" in patch:
        merged = {key: merged[key] for key in patch["$retainKeys"] if key in merged}
    for key, value in patch.items():
        child = shape.child(key) if shape else None
        if value is None:
            merged.pop(key, None)
        elif shape and key.startswith(_DELETE_FROM):
            field = key.removeprefix(_DELETE_FROM)
            merged[field] = [item for item in merged.get(field) or () if item not in value]
        elif shape and key.startswith("$"):
            continue
        elif isinstance(value, dict):
            merged[key] = _merged(merged.get(key), value, child)
        elif isinstance(value, list) and child and (child.unique or child.keys):
            merged[key] = _merged_list(merged.get(key) or [], value, child)
        else:
            merged[key] = value
    return merged


def _merged_list(items: list[Any], patches: list[Any], shape: Shape) -> list[Any]:
    if any(isinstance(patch, dict) and patch.get("$patch") == "replace" for patch in patches):
        return [patch for patch in patches if "$patch" not in patch]
    merged = {_key(item, shape): item for item in items}
    for patch in patches:
        key = _key(patch, shape)
        if isinstance(patch, dict) and patch.get("$patch") == "delete":
            merged.pop(key, None)
        elif isinstance(patch, dict):
            merged[key] = _merged(merged.get(key), patch, shape.item)
        else:
            merged[key] = patch
    return list(merged.values())


def _key(item: Any, shape: Shape) -> Any:
    """What identifies an item: the value of a set's item, the merge key of a keyed list's."""
    if shape.unique:
        return item
    if not isinstance(item, dict) or item.get(shape.keys[0]) is None:
        raise generic(f"an item lacks its merge key {shape.keys[0]}")
    return item[shape.keys[0]]


def _without_directives(patch: Object) -> Object:
    return {key: value for key, value in patch.items() if not key.startswith("$")}
