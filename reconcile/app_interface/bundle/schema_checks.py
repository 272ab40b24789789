"""Datafiles against their JSON schemas, draft 06, with the schemas' own dialect of references.

Two things differ from plain draft 06: beside a ``$ref`` to the definition of a cross reference, ``$schemaRef`` says
what the other datafile must be; and ``$`` in a pattern means the very end, as JSON schema has it, while Python's would
let a trailing newline pass.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft6Validator, SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT6

from reconcile.app_interface.bundle.assembling import METASCHEMA
from reconcile.app_interface.bundle.building import SCHEMAS
from reconcile.app_interface.bundle.graph_store import is_reference
from reconcile.app_interface.bundle.model import Bundle, Document
from reconcile.app_interface.bundle.references import References
from reconcile.app_interface.bundle.walking import CROSS_REFERENCE, RESOURCE_REFERENCE, walk
from reconcile.app_interface.bundle.wording import REFERENCE_NOT_ALLOWED, findings
from reconcile.findings import Finding


class SchemaChecks:
    """The schemas of one bundle, ready to judge its datafiles."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._references = References(bundle, self._fits)
        self._registry: Registry[Any] = Registry().with_resources(
            [(path, DRAFT6.create_resource(schema)) for path, schema in bundle.schemas.items()]
        )
        keywords = {"$ref": self._reference, "pattern": _pattern}
        self._validator_type: Any = extend(Draft6Validator, keywords)  # type: ignore[no-untyped-call]
        self._validators: dict[str, Draft6Validator] = {}
        self._met: set[int] = set()

    def check_schemas(self) -> Iterator[Finding]:
        """Check every schema: draft 06 itself, and the schema of schemas where it names that."""
        for path, schema in self._bundle.schemas.items():
            name = f"{SCHEMAS}{path}"
            fault = _fault(json.dumps(schema))
            if fault:
                message, pointer = fault
                yield Finding("schema", message, datafile=name, pointer=pointer)
                continue
            if schema.get("$schema") == METASCHEMA and METASCHEMA in self._bundle.schemas:
                yield from self.check(name, schema)

    def check_datafile(self, path: str, document: Document) -> Iterator[Finding]:
        """Check a datafile: against its schema, and that it refers to others only where the schema says so."""
        self._met.clear()
        yield from list(self.check(path, document)) or self._stray_references(path, document)

    def check(self, name: str, document: Document) -> Iterator[Finding]:
        """Check one document against the schema that its ``$schema`` names.

        Args:
            name: how findings call the file.
            document: a datafile, or a schema, or the GraphQL types.
        """
        path = document.get("$schema")
        if path not in self._bundle.schemas:
            if f"{SCHEMAS}{path}" not in self._bundle.unreadable:
                yield Finding(
                    "unknown-schema", f"there is no schema {path}", datafile=name, pointer=("$schema",)
                )
            return
        try:
            yield from findings(name, self._validator(str(path)).iter_errors(document))
        except Unresolvable as error:
            message = f"the schema {path} refers to {error.ref}, which does not exist"
            yield Finding("schema", message, datafile=f"{SCHEMAS}{path}")
        except RecursionError:
            message = f"the schema {path} refers to itself without end; correct its $ref"
            yield Finding("schema", message, datafile=f"{SCHEMAS}{path}")

    def _stray_references(self, path: str, document: Document) -> Iterator[Finding]:
        """Find references where the schema expects other content and yet is content, as in labels."""
        for pointer, value in walk(document):
            if is_reference(value) and id(value) not in self._met:
                yield Finding(
                    "ref-not-allowed", REFERENCE_NOT_ALLOWED, datafile=path, pointer=(*pointer, "$ref")
                )

    def _validator(self, path: str) -> Draft6Validator:
        if path not in self._validators:
            schema = self._bundle.schemas[path]
            self._validators[path] = self._validator_type(schema, registry=self._registry)
        return self._validators[path]

    def _fits(self, document: Document, schema: Document) -> bool:
        validator: Draft6Validator = self._validator_type(schema, registry=self._registry)
        try:
            return validator.is_valid(document)
        except RecursionError:
            return True  # a fault of the schema, reported where a datafile names it

    def _reference(
        self, validator: Any, reference: str, instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        yield from Draft6Validator.VALIDATORS["$ref"](validator, reference, instance, schema)
        if reference == CROSS_REFERENCE:
            self._met.add(id(instance))
            yield from self._references.check(instance, schema.get("$schemaRef"))
        elif reference == RESOURCE_REFERENCE and instance not in self._bundle.resources:
            yield ValidationError(f"there is no resource {instance}", validator="missing-resource")


@lru_cache(maxsize=512)
def _fault(schema: str) -> tuple[str, tuple[str | int, ...]] | None:
    """What is wrong with a schema in JSON, and where; a sandbox that reloads its data sees the same ones again."""
    try:
        Draft6Validator.check_schema(json.loads(schema))
    except SchemaError as error:
        return error.message, tuple(error.absolute_path)
    return None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", pattern))
    except re.error:
        # A dialect that Python does not know; only the schema's own language could judge.
        return None


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    compiled = _compiled(pattern)
    if isinstance(instance, str) and compiled and not compiled.search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")
