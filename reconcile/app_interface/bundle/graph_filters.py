"""The ``filter`` argument of query fields, as qontract-server understands it.

Forms, all of which must hold: ``{"f": value}`` equality (null also matches a missing field),
``{"f": {"ne": value}}``, ``{"f": {"in": [values]}}``, ``{"f": [values]}`` the exact list, and
``{"f": {"filter": {...}}}`` on a nested object or through a reference. A field that the type does not have
is an error, not an empty answer.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError

from reconcile.app_interface.bundle.graph_store import Store, is_reference
from reconcile.app_interface.bundle.model import Document

Predicate = Callable[[Document], bool]
Confs = Mapping[str, Document]
"""GraphQL type name -> its definition."""


def predicate(store: Store, confs: Confs, type_name: str, conditions: Any) -> Predicate:
    """Turn a ``filter`` argument for ``type_name`` into a test of one document.

    Raises:
        GraphQLError: with code ``BAD_FILTER_FIELD`` if the type has no such field.
    """
    if not isinstance(conditions, dict):
        return lambda _: False
    fields = {field["name"]: field for field in confs.get(type_name, {}).get("fields", [])}
    tests = []
    for name, condition in conditions.items():
        if name not in fields:
            message = f"Field {name} on {type_name} can not be used for filtering (yet)"
            raise GraphQLError(message, extensions={"code": "BAD_FILTER_FIELD", "gqlType": type_name})
        tests.append(_field_test(store, confs, fields[name], condition))
    return lambda document: all(test(document) for test in tests)


def _field_test(store: Store, confs: Confs, field: Document, condition: Any) -> Predicate:
    name = field["name"]
    if not isinstance(condition, dict):
        return lambda document: _same(document.get(name), condition)
    tests: list[Predicate] = []
    if "ne" in condition:
        tests.append(lambda document: not _same(document.get(name), condition["ne"]))
    if "in" in condition:
        tests.append(lambda document: any(_same(document.get(name), value) for value in condition["in"]))
    if "filter" in condition:
        nested = predicate(store, confs, field["type"], condition["filter"])
        tests.append(lambda document: _holds_inside(store, nested, document.get(name)))
    return lambda document: all(test(document) for test in tests)


def _holds_inside(store: Store, nested: Predicate, value: Any) -> bool:
    target = store.dereference(value) if is_reference(value) else value
    return isinstance(target, dict) and nested(target)


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
