"""How a plain field of a document becomes a value of an answer.

The manners are those of qontract-server, also the odd ones, because clients are written against them:

- a list is dereferenced only if every element is a reference; a mixed list is served raw, its references as
  objects without fields;
- a missing field is null, an explicit null is an error in the words of the JavaScript engine;
- ``schema`` is the document's ``$schema``, which is also noted for the ``schemas`` extension of the answer,
  though only when a plain field of the document is read.
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from reconcile.app_interface.bundle.graph_store import Store, is_reference

Resolver = Callable[..., Any]
Info = GraphQLResolveInfo[Any]

_MISSING = object()
_NULL_MESSAGE = "Cannot read properties of null (reading 'constructor')"


def resolve_plain(store: Store) -> Resolver:
    """Make the resolver of every field that says nothing else: the value itself, references replaced."""

    def resolve(source: Any, info: Info, **_: object) -> Any:
        # The published server reads properties of whatever it finds; on text, numbers and lists they are
        # undefined.
        document = source if isinstance(source, dict) else {}
        schema = document.get("$schema")
        if schema and schema not in info.context["schemas"]:
            info.context["schemas"].append(schema)
        if info.field_name == "schema":
            return schema
        value = document.get(info.field_name, _MISSING)
        return None if value is _MISSING else _dereferenced(store, value)

    return resolve


def _dereferenced(store: Store, value: Any) -> Any:
    if value is None or (isinstance(value, list) and None in value):
        raise GraphQLError(_NULL_MESSAGE)
    if isinstance(value, list) and value and all(is_reference(item) for item in value):
        return [store.dereference(item) for item in value]
    return store.dereference(value) if is_reference(value) else value
