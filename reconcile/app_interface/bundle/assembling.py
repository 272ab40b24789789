"""From documents to the published bundle format: what qontract-bundler adds, and the text itself.

The additions are those of the published bundler, so that its validator, qontract-server and whoever
compares two bundles find what they expect: the checksum of every datafile, the identifier of list items
that must be unique in their list, the back references of resources, and the specification that the schema
of schemas refers to.

The text is compact JSON with sorted keys and a final newline: the same input gives the same sha256.
"""

import copy
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft6Validator

from reconcile.app_interface.bundle.model import CHECKSUM_KEY, Document
from reconcile.app_interface.bundle.walking import RESOURCE_REFERENCE, guided, walk
from reconcile.findings import Pointer

METASCHEMA = "/metaschema-1.json"
SPECIFICATION = "/json-schema-spec-draft-06.json"
"""Where qontract-schemas keeps the JSON schema specification, which its own basic schemas refer to."""

_RESOURCE_SCHEMA = re.compile(r"^\$schema: (?P<schema>.+\.ya?ml)$", re.MULTILINE)


def text_of(parts: Mapping[str, Any]) -> str:
    """Write the parts of a bundle as the file that servers load and whose sha256 clients pin."""
    return json.dumps(parts, separators=(",", ":"), sort_keys=True) + "\n"


def digest(text: str) -> str:
    """Sha256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def checksum(content: bytes) -> str:
    """Sha256 of a datafile's text, in hex; line ends count as newlines, since the published bundler reads text."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).hexdigest()


def resource(path: str, content: bytes) -> Document:
    """Make the entry of a resource; bytes that are not UTF-8 are replaced, as the published bundler does."""
    text = content.decode(errors="replace")
    found = _RESOURCE_SCHEMA.search(text) if path.endswith((".yml", ".yaml")) else None
    return {
        "path": path,
        "content": text,
        "$schema": found["schema"] if found else None,
        "sha256sum": digest(text),
        "backrefs": [],
    }


def with_checksum(schemas: Mapping[str, Document]) -> dict[str, Document]:
    """Copy the schemas, with the bundler's own keys allowed in datafiles and the specification among them."""
    completed = {path: copy.deepcopy(schema) for path, schema in schemas.items()}
    for schema in completed.values():
        if schema.get("$schema") == METASCHEMA and isinstance(schema.get("properties"), dict):
            schema["properties"][CHECKSUM_KEY] = {
                "type": "string",
                "description": "sha256sum of the datafile",
            }
    if any(schema.get("$schema") == SPECIFICATION for schema in completed.values()):
        specification = {**Draft6Validator.META_SCHEMA, "$schema": SPECIFICATION}
        completed.setdefault(SPECIFICATION, specification)
    return completed


def add_back_references(
    data: Mapping[str, Document], resources: Mapping[str, Document], schemas: Mapping[str, Document]
) -> None:
    """Tell each resource which datafiles name it; a name without a resource is left to validation."""
    pointing = {path for path, schema in schemas.items() if _points_at_resources(schemas, schema, set())}
    for path, document in data.items():
        schema_path = document.get("$schema")
        if schema_path not in pointing:
            continue
        seen: set[tuple[str, str]] = set()
        for pointer, schema, value in guided(schemas, str(schema_path), document):
            if schema.get("$ref") == RESOURCE_REFERENCE and isinstance(value, str) and value in resources:
                # The branches of a oneOf may describe one place several times.
                entry = {"path": path, "datafileSchema": schema_path, "jsonpath": _json_path(pointer)}
                if (value, entry["jsonpath"]) not in seen:
                    seen.add((value, entry["jsonpath"]))
                    resources[value]["backrefs"].append(entry)


def _points_at_resources(schemas: Mapping[str, Document], schema: Document, seen: set[str]) -> bool:
    references = {
        value for pointer, value in walk(schema) if pointer[-1:] == ("$ref",) and isinstance(value, str)
    }
    if RESOURCE_REFERENCE in references:
        return True
    files = {reference.partition("#")[0] for reference in references} - seen - {""}
    seen |= files
    return any(_points_at_resources(schemas, schemas.get(file, {}), seen) for file in files)


def _json_path(pointer: Pointer) -> str:
    return ".".join(f"[{step}]" if isinstance(step, int) else str(step) for step in pointer)
