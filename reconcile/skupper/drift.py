"""How a live object differs from what it must be: the fields that an apply would change.

Only our own fields count. A field differs if we want another value than it has, or if we own it (the object's
``managedFields`` say so) and no longer want it. Whatever others put into the object stays theirs, and an object
without drift costs no request.

Source: server-side apply of Kubernetes, field sets in ``FieldsV1`` notation.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconcile.skupper.live import LiveObject, managed_fields
from reconcile.skupper.ownership import FIELD_MANAGER

Path = tuple[str, ...]
_MISSING = object()
_IDENTITY = frozenset({"apiVersion", "kind", "name", "namespace"})


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One field that differs. A value of None means that the field is absent."""

    path: Path
    live: Any
    desired: Any

    @property
    def dotted(self) -> str:
        return ".".join(self.path)


def drift(desired: Mapping[str, Any], live: LiveObject) -> tuple[FieldDrift, ...]:
    """All fields in which `live` is not as `desired` (the JSON body we would apply), sorted by path."""
    wanted = _differing(desired, live.content, ())
    unwanted = _left_over(_owned_fields(live), desired, live.content, ())
    return tuple(sorted([*wanted, *unwanted], key=lambda field: field.path))


def _differing(desired: Any, live: Any, path: Path) -> Iterator[FieldDrift]:
    if isinstance(desired, Mapping) and isinstance(live, Mapping):
        for key, value in desired.items():
            yield from _differing(value, live.get(key, _MISSING), (*path, str(key)))
    elif _keyed(desired) and _keyed(live):
        by_name = {item["name"]: item for item in live}
        for item in desired:
            yield from _differing(item, by_name.get(item["name"], _MISSING), (*path, item["name"]))
    elif isinstance(desired, list) and isinstance(live, list) and len(desired) == len(live):
        for index, (wanted, found) in enumerate(zip(desired, live, strict=True)):
            yield from _differing(wanted, found, (*path, str(index)))
    elif desired != live:
        yield FieldDrift(path, None if live is _MISSING else live, desired)


def _keyed(value: Any) -> bool:
    """True for a list whose items are told apart by ``name``, such as containers and environment variables."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and "name" in item for item in value)
    )


def _owned_fields(live: LiveObject) -> Mapping[str, Any]:
    for entry in managed_fields(live):
        if entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply":
            fields = entry.get("fieldsV1")
            return fields if isinstance(fields, Mapping) else {}
    return {}


def _left_over(fields: Mapping[str, Any], desired: Any, live: Any, path: Path) -> Iterator[FieldDrift]:
    """Fields that we own and no longer want."""
    for notation, below in fields.items():
        step, wanted, found = _follow(notation, desired, live)
        if step is None or (len(path) <= 1 and step in _IDENTITY):
            continue
        if wanted is _MISSING:
            if found is not _MISSING:
                yield FieldDrift((*path, step), found, None)
        elif below:
            yield from _left_over(below, wanted, found, (*path, step))


def _follow(notation: str, desired: Any, live: Any) -> tuple[str | None, Any, Any]:
    """Take one step of ``FieldsV1`` notation in both documents: its name and the values found."""
    mark, _, rest = notation.partition(":")
    if mark == "f":
        return rest, _entry(desired, rest), _entry(live, rest)
    if mark == "k":
        keys = json.loads(rest)
        step = str(keys.get("name", rest))
        return step, _item(desired, keys), _item(live, keys)
    return None, _MISSING, _MISSING


def _entry(document: Any, key: str) -> Any:
    return document.get(key, _MISSING) if isinstance(document, Mapping) else _MISSING


def _item(document: Any, keys: Mapping[str, Any]) -> Any:
    if isinstance(document, Sequence) and not isinstance(document, str):
        for item in document:
            if isinstance(item, Mapping) and keys.items() <= item.items():
                return item
    return _MISSING
