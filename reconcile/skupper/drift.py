"""Drift: the fields of a live object that an apply would change.

Only our own fields count. A field differs if its value is not the desired one, or if we own it (by the object's
``managedFields``) and no longer want it. Fields of other managers are ignored. An object without drift needs no
request.

Source: server-side apply of Kubernetes, field sets in ``FieldsV1`` notation.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from typing import Any

from reconcile.skupper.live import LiveObject, managed_fields
from reconcile.skupper.ownership import FIELD_MANAGER

Path = tuple[str, ...]
_MISSING = object()
_IDENTITY = frozenset({"apiVersion", "kind", "name", "namespace"})
_ATOMIC = ("subjects",)
"""The list of a binding, in which names may repeat; it is replaced as a whole."""
_DEEPEST = 20
"""Levels of a differing value that are kept; nothing that we apply is as deep."""
_MOST_FIELDS = 1000
"""Fields or list items at one level that are compared; more cannot be ours."""


class Masked(StrEnum):
    """A confidential value in a drift: reports show only that it differs."""

    VALUE = "***"


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One field that differs. A value of None means that the field is absent, ``Masked`` that it is confidential."""

    path: Path
    live: Any
    desired: Any

    @property
    def dotted(self) -> str:
        return ".".join(self.path)


def drift(desired: Mapping[str, Any], live: LiveObject) -> tuple[FieldDrift, ...]:
    """All fields in which `live` differs from `desired` (the JSON body to apply), sorted by path.

    A run compares most objects many times with the same body, so what was found last is kept with the object.
    """
    kept = live.derived(_Kept)
    if kept.desired != desired:
        kept.desired, kept.found = desired, _compared(desired, live)
    return kept.found


class _Kept:
    """What an object was compared with last, and what was found."""

    __slots__ = ("desired", "found")

    def __init__(self, _: LiveObject) -> None:
        self.desired: Mapping[str, Any] | None = None
        self.found: tuple[FieldDrift, ...] = ()


def _compared(desired: Mapping[str, Any], live: LiveObject) -> tuple[FieldDrift, ...]:
    wanted = _differing(desired, live.content, ())
    unwanted = _unwanted(_owned_fields(live), desired, live.content, ())
    return tuple(sorted([*wanted, *unwanted], key=lambda field: field.path))


def _differing(desired: Any, live: Any, path: Path) -> Iterator[FieldDrift]:
    # Goes as deep as `desired`, however deep `live` is, and no deeper where both are the same.
    if desired == live:
        return
    if isinstance(desired, Mapping) and isinstance(live, Mapping):
        for key, value in desired.items():
            yield from _differing(value, live.get(key, _MISSING), (*path, str(key)))
    elif path[-1:] != _ATOMIC and _keyed(desired) and _keyed(live):
        by_name = {item["name"]: item for item in live}
        for item in desired:
            yield from _differing(item, by_name.get(item["name"], _MISSING), (*path, item["name"]))
    elif isinstance(desired, list) and isinstance(live, list) and len(desired) == len(live):
        for index, (wanted, found) in enumerate(zip(desired, live, strict=True)):
            yield from _differing(wanted, found, (*path, str(index)))
    else:
        yield FieldDrift(path, None if live is _MISSING else _shown(live), desired)


def _keyed(value: Any) -> bool:
    """True for a list whose items have unique names, such as containers and environment variables."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and isinstance(item.get("name"), str) for item in value)
    )


def _owned_fields(live: LiveObject) -> Mapping[str, Any]:
    for entry in managed_fields(live):
        if entry.manager == FIELD_MANAGER and entry.applied:
            return entry.fields
    return {}


def _unwanted(fields: Mapping[str, Any], desired: Any, live: Any, path: Path) -> Iterator[FieldDrift]:
    """Fields that we own and no longer want."""
    if len(fields) > _MOST_FIELDS:
        return
    for notation, below in fields.items():
        step, wanted, found = _follow(notation, desired, live)
        if step is None or (len(path) <= 1 and step in _IDENTITY):
            continue
        if wanted is _MISSING:
            if found is not _MISSING:
                yield FieldDrift((*path, step), _shown(found), None)
        elif isinstance(below, Mapping):
            yield from _unwanted(below, wanted, found, (*path, step))


def _follow(notation: str, desired: Any, live: Any) -> tuple[str | None, Any, Any]:
    """Take one step of ``FieldsV1`` notation in both documents: its name and the values found."""
    mark, _, rest = notation.partition(":")
    if mark == "f":
        return rest, _entry(desired, rest), _entry(live, rest)
    if mark == "k":
        keys = _keys(rest)
        if keys:
            name = keys.get("name")
            return name if isinstance(name, str) else rest, _item(desired, keys), _item(live, keys)
    return None, _MISSING, _MISSING


@lru_cache(maxsize=1000)
def _keys(notation: str) -> Mapping[str, Any]:
    """The keys that identify a list item; empty if the notation is invalid."""
    try:
        keys = json.loads(notation)
    except (ValueError, RecursionError):
        return {}
    scalar = isinstance(keys, Mapping) and not any(isinstance(key, dict | list) for key in keys.values())
    return keys if scalar else {}


def _entry(document: Any, key: str) -> Any:
    return document.get(key, _MISSING) if isinstance(document, Mapping) else _MISSING


def _item(document: Any, keys: Mapping[str, Any]) -> Any:
    if isinstance(document, list) and len(document) <= _MOST_FIELDS:
        for item in document:
            if isinstance(item, Mapping) and all(item.get(key, _MISSING) == keys[key] for key in keys):
                return item
    return _MISSING


def _shown(value: Any, depth: int = 0) -> Any:
    """A live value as reports can print it: of bounded depth, without numbers that JSON does not have."""
    if isinstance(value, dict | list) and depth == _DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {key: _shown(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list):
        return [_shown(entry, depth + 1) for entry in value]
    return value if not isinstance(value, float) or isfinite(value) else str(value)
