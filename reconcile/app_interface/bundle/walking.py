"""Walks over documents: plain ones, and ones that a JSON schema guides."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconcile.app_interface.bundle.model import Document
from reconcile.findings import Pointer

CROSS_REFERENCE = "/common-1.json#/definitions/crossref"
RESOURCE_REFERENCE = "/common-1.json#/definitions/resourceref"


def walk(value: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Yield every value of a document with its path, parents first."""
    yield pointer, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*pointer, index))


def resolve(schemas: Mapping[str, Document], base: str, reference: str) -> tuple[str, Document]:
    """Follow a ``$ref`` of a schema.

    Args:
        schemas: all schemas of the bundle, by path.
        base: path of the schema that holds the reference.
        reference: ``/path.yml``, ``/path.yml#/definitions/x`` or ``#/definitions/x``.

    Returns:
        The path of the schema it leads into, and the part it names; an empty mapping if that does not exist.
    """
    path, _, fragment = reference.partition("#")
    target: Any = schemas.get(path or base, {})
    for step in fragment.strip("/").split("/") if fragment.strip("/") else []:
        target = target.get(step, {}) if isinstance(target, dict) else {}
    return path or base, target if isinstance(target, dict) else {}


def guided(schemas: Mapping[str, Document], path: str, value: Any) -> Iterator[tuple[Pointer, Document, Any]]:
    """Yield (pointer, schema, value) for every part of a datafile that its schema at ``path`` describes.

    A part that several branches of a ``oneOf`` describe comes once per branch. References to other
    datafiles are yielded, not followed.
    """
    yield from _guided(schemas, path, schemas.get(path, {}), value, (), frozenset())


def _guided(
    schemas: Mapping[str, Document],
    base: str,
    schema: Document,
    value: Any,
    pointer: Pointer,
    applied: frozenset[int],
) -> Iterator[tuple[Pointer, Document, Any]]:
    """As ``guided``; ``applied`` holds the schemas that led here from the same value, which a faulty one may repeat."""
    if id(schema) in applied:
        return
    applied |= {id(schema)}
    yield pointer, schema, value
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference not in {CROSS_REFERENCE, RESOURCE_REFERENCE}:
            yield from _guided(schemas, *resolve(schemas, base, reference), value, pointer, applied)
        return
    for keyword in ("oneOf", "anyOf", "allOf"):
        for branch in schema.get(keyword, []):
            yield from _guided(schemas, base, branch, value, pointer, applied)
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, dict):
        for key in value.keys() & properties.keys():
            yield from _guided(schemas, base, properties[key], value[key], (*pointer, key), frozenset())
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _guided(schemas, base, schema["items"], item, (*pointer, index), frozenset())
