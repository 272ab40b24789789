"""Items that must be unique in their list, and the identifier that bundling gives them.

GraphQL types say it: the fields of a list's type that are marked ``isContextUnique`` or ``isUnique`` make,
taken together, the identity of an item. Bundling writes a hash of it into the item, by which two bundles
are compared item by item.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from reconcile.app_interface.bundle.graph_store import is_reference
from reconcile.app_interface.bundle.model import IDENTIFIER_KEY, Document
from reconcile.app_interface.bundle.walking import resolve
from reconcile.findings import Pointer

Identity = tuple[Any, ...]
"""Values of the identifying fields, in the order of the type's fields."""


class Types:
    """The GraphQL type definitions of a bundle, asked the way documents are walked."""

    def __init__(self, confs: list[Document]) -> None:
        confs = [conf for conf in confs if _well_formed(conf)]
        self._fields = {conf["name"]: {field["name"]: field for field in conf["fields"]} for conf in confs}
        self._resolution = {conf["name"]: conf.get("interfaceResolve") or {} for conf in confs}
        self.by_schema = {
            field["datafileSchema"]: field["type"]
            for field in self._fields.get("Query", {}).values()
            if "datafileSchema" in field
        }
        self.by_schema |= {conf["datafile"]: conf["name"] for conf in confs if "datafile" in conf}

    def field_type(self, type_name: str, field: str) -> str:
        """Give the type of a field; empty if there is no such field, or if other datafiles fill it."""
        conf = self._fields.get(type_name, {}).get(field, {})
        return "" if "synthetic" in conf else conf.get("type", "")

    def of_item(self, type_name: str, item: Document) -> str:
        """Give the type of ``item`` where ``type_name`` may be an interface."""
        resolution = self._resolution.get(type_name, {})
        by_value = resolution.get("fieldMap") or {}
        return str(by_value.get(item.get(str(resolution.get("field"))), type_name))

    def identifying(self, type_name: str) -> list[str]:
        """List the fields that together identify an item of a list of ``type_name``."""
        fields = self._fields.get(type_name, {}).values()
        return [field["name"] for field in fields if field.get("isContextUnique") or field.get("isUnique")]

    def unique(self, type_name: str) -> list[str]:
        """List the fields whose values no two datafiles of ``type_name`` may share."""
        return [name for name, field in self._fields.get(type_name, {}).items() if field.get("isUnique")]

    def nested(self, type_name: str) -> list[tuple[str, str]]:
        """List the (field, type) pairs of a type that lead on to other types."""
        fields = self._fields.get(type_name, {})
        return [(name, kind) for name in fields if (kind := self.field_type(type_name, name)) in self._fields]


def _well_formed(conf: Any) -> bool:
    fields = conf.get("fields") if isinstance(conf, dict) and "name" in conf else None
    return isinstance(fields, list) and all(isinstance(each, dict) and "name" in each for each in fields)


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
    for path, type_name in types.by_schema.items():
        if types.identifying(type_name) and isinstance(schemas.get(path, {}).get("properties"), dict):
            schemas[path]["properties"][IDENTIFIER_KEY] = {"type": "string"}
        _allow(types, schemas, path, schemas.get(path, {}), type_name, set())
    for document in data.values():
        for _, kind, items in lists(types, types.by_schema.get(document.get("$schema", ""), ""), document):
            for item in items:
                found = None if is_reference(item) else identity(types, kind, item)
                if found is not None:
                    text = "".join(map(str, found))
                    item[IDENTIFIER_KEY] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _allow(
    types: Types, schemas: Mapping[str, Document], base: str, schema: Document, type_name: str, seen: set[int]
) -> None:
    """Add the identifier to the properties of every item schema below ``schema`` whose type has identity."""
    if id(schema) in seen:
        return
    seen.add(id(schema))
    properties = schema.get("properties", {})
    for field, kind in types.nested(type_name):
        if field in properties:
            for path, item in _item_schemas(schemas, base, properties[field]):
                inner = item.get("properties")
                if isinstance(inner, dict):
                    if "items" in properties[field] and types.identifying(kind):
                        inner[IDENTIFIER_KEY] = {"type": "string"}
                    _allow(types, schemas, path, item, kind, seen)


def _item_schemas(
    schemas: Mapping[str, Document], base: str, schema: Document
) -> Iterator[tuple[str, Document]]:
    """Yield the schemas that describe a value, or the items of a list: behind references and in all branches."""
    if "$schemaRef" in schema:
        return
    if isinstance(schema.get("$ref"), str):
        yield from _item_schemas(schemas, *resolve(schemas, base, schema["$ref"]))
    elif isinstance(schema.get("items"), dict):
        yield from _item_schemas(schemas, base, schema["items"])
    else:
        yield base, schema
        for branch in schema.get("oneOf", []):
            yield from _item_schemas(schemas, base, branch)
