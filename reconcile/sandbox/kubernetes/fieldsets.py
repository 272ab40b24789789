"""Sets of field paths, and operations on objects with them.

A path is a tuple of elements as ``FieldsV1`` writes them: ``f:<field>``, ``k:<key fields of a list item>`` or
``v:<value of a set>``. The rules are those of ``sigs.k8s.io/structured-merge-diff``: which paths an object has,
what two versions of it differ in, how one is merged into the other, how owned fields are taken out again.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.shapes import KeyedListError, Shape

Path = tuple[str, ...]
FieldSet = frozenset[Path]

EMPTY: FieldSet = frozenset()
_MISSING = object()


def _value_element(value: Any) -> str:
    return "v:" + json.dumps(value, sort_keys=True, separators=(",", ":"))


def _items(value: list[Any], shape: Shape) -> dict[str, Any]:
    """Items of a keyed list or set by path element."""
    name = _value_element if shape.unique else shape.key_of
    items: dict[str, Any] = {}
    for item in value:
        element = name(item)
        if element in items:
            raise KeyedListError(f"duplicate entries for key {_readable(element)}")
        items[element] = item
    return items


def _children(value: Any, shape: Shape) -> dict[str, tuple[Any, Shape]] | None:
    """What is below a value, by path element; None for a leaf."""
    if shape.atomic:
        return None
    if isinstance(value, dict):
        return {f"f:{key}": (item, shape.child(key)) for key, item in value.items()}
    if isinstance(value, list) and (shape.keys or shape.unique):
        return {element: (item, shape.item) for element, item in _items(value, shape).items()}
    return None


def of_object(value: Any, shape: Shape) -> FieldSet:
    """All paths that an apply of ``value`` owns.

    Raises:
        KeyedListError: Items of a keyed list cannot be distinguished.
    """
    return frozenset(_paths(value, shape, ()))


def _paths(value: Any, shape: Shape, prefix: Path) -> Iterator[Path]:
    children = _children(value, shape)
    if children is None:
        if prefix:
            yield prefix
        return
    for element, (item, rules) in children.items():
        path = (*prefix, element)
        if item is None or item == {} or element[0] != "f" or (rules.untyped and isinstance(item, dict)):
            yield path
        yield from _paths(item, rules, path)


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of an object, path by path."""

    added: FieldSet
    removed: FieldSet
    modified: FieldSet


def compare(old: Any, new: Any, shape: Shape) -> Difference:
    """Paths that ``new`` adds to, removes from and changes in ``old``, maps and items that come or go included."""
    added: set[Path] = set()
    removed: set[Path] = set()
    modified: set[Path] = set()
    _compare(old, new, shape, (), (added, removed, modified))
    return Difference(frozenset(added), frozenset(removed), frozenset(modified))


def _compare(
    old: Any, new: Any, shape: Shape, path: Path, into: tuple[set[Path], set[Path], set[Path]]
) -> None:
    if old is new:
        return
    added, removed, modified = into
    if old is _MISSING:
        added.add(path)
    elif new is _MISSING:
        removed.add(path)
    before, after = _children(old, shape) or {}, _children(new, shape) or {}
    if not before and not after:
        if old is not _MISSING and new is not _MISSING and old != new:
            modified.add(path)
        return
    nothing = (_MISSING, shape)
    for element in dict.fromkeys((*before, *after)):
        one, rules = before.get(element, nothing)
        two, rules = after.get(element, (_MISSING, rules))
        _compare(one, two, rules, (*path, element), into)


def merge(live: Any, applied: Any, shape: Shape) -> Any:
    """``live`` with all that ``applied`` says put into it; neither is changed."""
    if shape.atomic or live is None:
        return applied
    if isinstance(live, dict) and isinstance(applied, dict):
        merged = dict(live)
        for key, value in applied.items():
            merged[key] = merge(live[key], value, shape.child(key)) if key in live else value
        return merged
    if isinstance(live, list) and isinstance(applied, list) and (shape.keys or shape.unique):
        items = _items(live, shape)
        for element, value in _items(applied, shape).items():
            items[element] = merge(items[element], value, shape.item) if element in items else value
        return list(items.values())
    return applied


def remove(value: Any, shape: Shape, paths: FieldSet) -> Any:
    """``value`` without the given paths and everything below them; the value itself is not changed."""
    return _remove(value, shape, (), paths) if paths else value


def _remove(value: Any, shape: Shape, prefix: Path, paths: FieldSet) -> Any:
    children = _children(value, shape)
    if children is None:
        return value
    kept = {
        element: _remove(item, rules, (*prefix, element), paths)
        for element, (item, rules) in children.items()
        if (*prefix, element) not in paths
    }
    if isinstance(value, dict):
        return {element[2:]: item for element, item in kept.items()}
    return list(kept.values())


def with_fields_above(paths: Iterable[Path]) -> FieldSet:
    """The paths and the named fields that lead to them; list items count only if they are paths of their own."""
    members = frozenset(paths)
    ways = (
        path[:length] for path in members for length in range(1, len(path) + 1) if path[length - 1][0] == "f"
    )
    return members.union(ways)


@lru_cache(maxsize=4096)
def to_fields_v1(paths: FieldSet) -> Object:
    """The set as ``managedFields[].fieldsV1`` holds it, not to be changed: objects of one kind often share it."""
    fields: Object = {}
    for path in sorted(paths):
        node = fields
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    return _without_leaf_dots(fields)


def _without_leaf_dots(node: Object) -> Object:
    if set(node) == {"."}:
        return {}
    return {element: _without_leaf_dots(child) if element != "." else {} for element, child in node.items()}


def from_fields_v1(fields: Object) -> FieldSet:
    """The set that ``managedFields[].fieldsV1`` holds."""
    return frozenset(_read(fields, ()))


def _read(node: Object, prefix: Path) -> Iterator[Path]:
    if not node and prefix:
        yield prefix
    for element, child in node.items():
        if element == ".":
            yield prefix
        else:
            yield from _read(child, (*prefix, element))


def readable(path: Path) -> str:
    """A path as conflict messages write it: ``.spec.containers[name="router"].image``."""
    return "".join(_readable(element) for element in path)


def _readable(element: str) -> str:
    kind, rest = element[0], element[2:]
    if kind == "f":
        return f".{rest}"
    if kind == "v":
        return f"[={rest}]"
    return "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items()) + "]"
