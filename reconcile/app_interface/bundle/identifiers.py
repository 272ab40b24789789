"""Items that must be unique in their list, and the identifier that bundling gives them.

GraphQL types say it: the fields of a list's type that are marked ``isContextUnique`` or ``isUnique`` make,
taken together, the identity of an item. Bundling writes a hash of it into the item, by which two bundles
are compared item by item.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from reconcile.app_interface.bundle.graph_store import is_reference
from reconcile.app_interface.bundle.graphql_types import Types
from reconcile.app_interface.bundle.model import IDENTIFIER_KEY, Document
from reconcile.app_interface.bundle.walking import resolve
from reconcile.findings import Pointer

Identity = tuple[Any, ...]
"""Values of the identifying fields, in the order of the type's fields."""


def lists(
    types: Types, type_name: str, value: Any, pointer: Pointer = ()
) -> Iterator[tuple[Pointer, str, list[Any]]]:
    """Yield (pointer, item type, list) for all lists inside a value of ``type_name``, references not followed."""
    if not isinstance(value, dict) or is_reference(value):
        return
    actual = types.of_item(type_name, value)
    for field, kind in types.nested(actual):
        inner, here = value.get(field), (*pointer, field)
        if isinstance(inner, list):
            yield here, kind, inner
            for index, item in enumerate(inner):
                yield from lists(types, kind, item, (*here, index))
        else:
            yield from lists(types, kind, inner, here)


def identity(types: Types, type_name: str, item: Any) -> Identity | None:
    """Give what identifies ``item`` in its list; None if its type has no such fields or it sets none of them."""
    if not isinstance(item, dict):
        return None
    values = tuple(item.get(field) for field in types.identifying(types.of_item(type_name, item)))
    return values if any(value is not None for value in values) else None


def add(data: Mapping[str, Document], schemas: Mapping[str, Document], confs: list[Document]) -> None:
    """Write the identifiers into the list items of ``data``, and allow them in ``schemas``; both are changed."""
    types = Types(confs)
    permission = _Permission(types, schemas)
    for path, type_name in types.by_schema.items():
        permission.grant(path, schemas.get(path, {}), type_name, is_item=True)
    for document in data.values():
        for _, kind, items in lists(types, types.by_schema.get(document.get("$schema", ""), ""), document):
            for item in items:
                found = None if is_reference(item) else identity(types, kind, item)
                if found is not None:
                    text = "".join(map(str, found))
                    item[IDENTIFIER_KEY] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _Permission:
    """Makes room for the identifier in schemas, which are closed."""

    def __init__(self, types: Types, schemas: Mapping[str, Document]) -> None:
        self._types = types
        self._schemas = schemas
        self._seen: set[tuple[int, str]] = set()

    def grant(self, base: str, schema: Document, type_name: str, *, is_item: bool) -> None:
        """Allow the identifier in ``schema`` if it describes items of a type with identity, and in all below it.

        Args:
            base: path of the schema file that ``schema`` is part of.
            schema: the description of a value of ``type_name``.
            type_name: GraphQL type.
            is_item: True for a datafile or an item of a list, False for a value that stands alone.
        """
        properties = schema.get("properties")
        if not isinstance(properties, dict) or (id(schema), type_name) in self._seen:
            return
        self._seen.add((id(schema), type_name))
        if is_item and self._types.identifying(type_name):
            properties[IDENTIFIER_KEY] = {"type": "string"}
        for field, kind in self._types.nested(type_name):
            described = properties.get(field, {})
            for path, inner in self._descriptions(base, described):
                for variant in self._types.variants(kind):
                    self.grant(path, inner, variant, is_item="items" in described)

    def _descriptions(
        self, base: str, schema: Document, met: frozenset[int] = frozenset()
    ) -> Iterator[tuple[str, Document]]:
        """Yield what describes a value, or the items of a list: behind references and in all branches."""
        if "$schemaRef" in schema or id(schema) in met:
            return
        met |= {id(schema)}
        if isinstance(schema.get("$ref"), str):
            yield from self._descriptions(*resolve(self._schemas, base, schema["$ref"]), met)
        elif isinstance(schema.get("items"), dict):
            yield from self._descriptions(base, schema["items"], met)
        else:
            yield base, schema
            for branch in schema.get("oneOf", []):
                yield from self._descriptions(base, branch, met)
