"""The three patch formats that work on the whole object; server-side apply has its own module (``ownership``).

JSON merge patches (RFC 7386) and JSON patches (RFC 6902) know nothing of kinds. Strategic merge patches, which
``kubectl apply``, ``label`` and ``patch`` send by default, merge keyed lists item by item and carry directives:
``$patch: delete|replace|merge``, ``$deleteFromPrimitiveList/<field>``, ``$setElementOrder/<field>``, ``$retainKeys``.
"""

from typing import Any

import jsonpatch
import jsonpointer

from reconcile.sandbox.kubernetes.errors import ApiError, Object, bad_request, generic, unfit_patch
from reconcile.sandbox.kubernetes.shapes import Shape

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

_DELETE_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def unsupported() -> ApiError:
    """415 of a patch in another format, or in one that the resource has no rules for."""
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def json_patch(obj: Object, operations: Any) -> Object:
    """The object after the operations of a JSON patch.

    Raises:
        ApiError: 400 for what is no list of operations, 422 for operations that do not fit the object.
    """
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    try:
        patched: Object = jsonpatch.JsonPatch(operations).apply(obj)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, AttributeError):
        raise unfit_patch() from None
    return patched


def merge_patch(obj: Object, patch: Any) -> Object:
    """The object after a JSON merge patch.

    Raises:
        ApiError: 400 for a patch that is no map.
    """
    if not isinstance(patch, dict):
        raise bad_request("a merge patch is an object")
    merged: Object = _merged(obj, patch)
    return merged


def _merged(obj: Any, patch: Any) -> Any:
    """Maps are merged, ``null`` removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def strategic_patch(obj: Object, patch: Any, shape: Shape) -> Object:
    """The object after a strategic merge patch.

    Raises:
        ApiError: 400 for a patch that is no map; 500 if an item of a keyed list lacks its merge key.
    """
    if not isinstance(patch, dict):
        raise bad_request("a strategic merge patch is an object")
    return _patched(obj, patch, shape)


def _patched(obj: Any, patch: Object, shape: Shape) -> Object:
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
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
            _patch_field(merged, key, value, shape.child(key), patch.get(_ORDER + key))
    return merged


def _patch_field(merged: Object, key: str, value: Any, shape: Shape, order: list[Any] | None) -> None:
    if value is None:
        merged.pop(key, None)
    elif isinstance(value, dict):
        merged[key] = _patched(merged.get(key), value, shape)
    elif isinstance(value, list) and (shape.unique or shape.keys):
        merged[key] = _patch_list(merged.get(key) or [], value, shape, order)
    else:
        merged[key] = value


def _patch_list(items: list[Any], patches: list[Any], shape: Shape, order: list[Any] | None) -> list[Any]:
    """The items of a keyed list or set after a patch, in the order that the patch wants."""
    if any(isinstance(patch, dict) and patch.get("$patch") == "replace" for patch in patches):
        return [patch for patch in patches if "$patch" not in patch]
    before = {_name(item, shape): item for item in items}
    merged = dict(before)
    for patch in patches:
        name = _name(patch, shape)
        if isinstance(patch, dict) and patch.get("$patch") == "delete":
            merged.pop(name, None)
        elif isinstance(patch, dict) and name in merged:
            merged[name] = _patched(merged[name], patch, shape.item)
        else:
            merged[name] = _without_directives(patch)
    wanted = [_name(item, shape) for item in (patches if order is None else order)]
    return [merged[name] for name in _ordered(list(before), wanted) if name in merged]


def _name(item: Any, shape: Shape) -> Any:
    """What tells an item from others: the value of a set's item, the merge key of a keyed list's."""
    if shape.unique:
        return item
    key = shape.keys[0]
    if not isinstance(item, dict) or item.get(key) is None:
        raise generic(f"map: {list(item)} does not contain declared merge key: {key}")
    return item[key]


def _ordered(before: list[Any], wanted: list[Any]) -> list[Any]:
    """Names in the order of a patched list: as the patch wants, the others kept in front of what they stood before.

    New names come as early as the order of the patch allows, which is how the server merges the two orders.
    """
    others = [name for name in before if name not in wanted]
    ordered = []
    for name in wanted:
        if name in before:
            place = before.index(name)
            while others and before.index(others[0]) < place:
                ordered.append(others.pop(0))
        ordered.append(name)
    return ordered + others


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
