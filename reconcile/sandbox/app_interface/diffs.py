"""What differs between two bundles, as ``/diff`` tells it. A side that lacks a file has no key in the answer."""

from collections.abc import Mapping
from typing import Any

from reconcile.app_interface.bundle.model import Bundle, Document

Difference = dict[str, Any]


def between(base: Bundle, head: Bundle) -> Difference:
    """Give all files that differ, by path."""
    return {
        "datafiles": {path: datafile(base, head, path) for path in _changed(base.data, head.data)},
        "resources": {path: resource(base, head, path) for path in _changed(base.resources, head.resources)},
    }


def datafile(base: Bundle, head: Bundle, path: str) -> Difference | None:
    """Give both states of a datafile; None if neither bundle has it."""
    sides = _sides(base.data, head.data, path)
    if not sides:
        return None
    schema = next(iter(sides.values())).get("$schema")
    return {"datafilepath": path, "datafileschema": schema, **sides}


def resource(base: Bundle, head: Bundle, path: str) -> Difference | None:
    """Give both states of a resource; None if neither bundle has it."""
    sides = _sides(base.resources, head.resources, path)
    return {"resourcepath": path, **sides} if sides else None


def _sides(base: Mapping[str, Document], head: Mapping[str, Document], path: str) -> dict[str, Document]:
    sides = {"old": base.get(path), "new": head.get(path)}
    return {name: document for name, document in sides.items() if document is not None}


def _changed(base: Mapping[str, Document], head: Mapping[str, Document]) -> list[str]:
    return [path for path in {**base, **head} if base.get(path) != head.get(path)]
