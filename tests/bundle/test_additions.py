"""What bundling adds to data: back references of resources, identifiers of list items."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconcile.app_interface.bundle.building import build
from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.bundle.validation import validate
from tests.bundle.sources import COMMIT, SCHEMAS, TIMESTAMP

JOB = "/job-1.yml"
STEPS = {
    "type": "array",
    "items": {"oneOf": [{"$ref": "#/definitions/shell"}, {"$ref": "#/definitions/wait"}]},
}
SCHEMA = {
    "$schema": "/metaschema-1.json",
    "version": "1.0",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "enum": [JOB]},
        "script": {"$ref": "/common-1.json#/definitions/resourceref"},
        "steps": STEPS,
    },
    "definitions": {
        "shell": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "kind": {"type": "string", "enum": ["shell"]},
                "name": {"type": "string"},
                "script": {"$ref": "/common-1.json#/definitions/resourceref"},
            },
        },
        "wait": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"kind": {"type": "string", "enum": ["wait"]}, "seconds": {"type": "integer"}},
        },
    },
}
TYPES: list[dict[str, Any]] = [
    {
        "name": "Job_v1",
        "datafile": JOB,
        "fields": [
            {"name": "schema", "type": "string"},
            {"name": "path", "type": "string"},
            {"name": "steps", "type": "Step_v1", "isList": True, "isInterface": True},
        ],
    },
    {
        "name": "Step_v1",
        "isInterface": True,
        "interfaceResolve": {
            "strategy": "fieldMap",
            "field": "kind",
            "fieldMap": {"shell": "ShellStep_v1", "wait": "WaitStep_v1"},
        },
        "fields": [{"name": "kind", "type": "string"}],
    },
    {
        "name": "ShellStep_v1",
        "interface": "Step_v1",
        "fields": [
            {"name": "kind", "type": "string", "isContextUnique": True},
            {"name": "name", "type": "string", "isContextUnique": True},
        ],
    },
    {"name": "WaitStep_v1", "interface": "Step_v1", "fields": [{"name": "kind", "type": "string"}]},
    {
        "name": "Query",
        "fields": [{"name": "jobs_v1", "type": "Job_v1", "isList": True, "datafileSchema": JOB}],
    },
]


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A copy of the repository's basic schemas with the job beside them."""
    root = tmp_path / "schemas-root"
    (root / "schemas/app-interface").mkdir(parents=True)
    (root / "graphql-schemas").mkdir()
    for name in ("common-1.json", "metaschema-1.json", "app-interface/graphql-schemas-1.yml"):
        (root / "schemas" / name).write_bytes((SCHEMAS / "schemas" / name).read_bytes())
    (root / "schemas/job-1.yml").write_text(yaml.safe_dump(SCHEMA))
    types = {"$schema": "/app-interface/graphql-schemas-1.yml", "confs": TYPES}
    (root / "graphql-schemas/schema.yml").write_text(yaml.safe_dump(types))
    return root


def bundle_of(tmp_path: Path, schemas: Path, job: dict[str, Any]) -> Bundle:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/job.yml").write_text(yaml.safe_dump({"$schema": JOB, **job}))
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources/run.sh").write_text("true\n")
    return build(tmp_path / "data", tmp_path / "resources", schemas, COMMIT, TIMESTAMP)


def test_a_resource_knows_every_place_that_names_it(tmp_path: Path, schemas: Path) -> None:
    steps = [{"kind": "wait", "seconds": 1}, {"kind": "shell", "name": "a", "script": "/run.sh"}]
    bundle = bundle_of(tmp_path, schemas, {"script": "/run.sh", "steps": steps})
    assert sorted(each["jsonpath"] for each in bundle.resources["/run.sh"]["backrefs"]) == [
        "script",
        "steps.[1].script",
    ]
    assert {(each["path"], each["datafileSchema"]) for each in bundle.resources["/run.sh"]["backrefs"]} == {
        ("/job.yml", JOB)
    }


def test_a_path_without_a_resource_is_a_fault(tmp_path: Path, schemas: Path) -> None:
    bundle = bundle_of(tmp_path, schemas, {"script": "/walk.sh"})
    assert [(each.rule, each.pointer, each.message) for each in validate(bundle)] == [
        ("missing-resource", ("script",), "there is no resource /walk.sh")
    ]


def test_items_with_identity_carry_a_hash_of_it(tmp_path: Path, schemas: Path) -> None:
    bundle = bundle_of(tmp_path, schemas, {"steps": [{"kind": "shell", "name": "a"}, {"kind": "wait"}]})
    shell, wait = bundle.data["/job.yml"]["steps"]
    assert shell["__identifier"] == hashlib.md5(b"shella", usedforsecurity=False).hexdigest()
    assert "__identifier" not in wait


def test_the_schema_knows_the_identifier(tmp_path: Path, schemas: Path) -> None:
    bundle = bundle_of(tmp_path, schemas, {"steps": [{"kind": "shell", "name": "a"}]})
    assert validate(bundle) == []


def test_items_with_the_same_identity_are_a_fault(tmp_path: Path, schemas: Path) -> None:
    steps = [{"kind": "shell", "name": "a"}, {"kind": "wait"}, {"kind": "shell", "name": "a"}]
    assert [
        (each.rule, each.pointer) for each in validate(bundle_of(tmp_path, schemas, {"steps": steps}))
    ] == [("duplicate-item", ("steps", 2))]


def test_a_broken_schema_is_named_by_its_own_file(tmp_path: Path, schemas: Path) -> None:
    broken = {**SCHEMA, "properties": {**SCHEMA["properties"], "steps": {"type": "arrays"}}}  # type: ignore[dict-item]
    (schemas / "schemas/job-1.yml").write_text(yaml.safe_dump(broken))
    found = validate(bundle_of(tmp_path, schemas, {}))
    assert [(each.rule, each.datafile) for each in found] == [("schema", "schemas/job-1.yml")]


def test_a_schema_that_lacks_what_every_schema_has_is_a_fault(tmp_path: Path, schemas: Path) -> None:
    (schemas / "schemas/job-1.yml").write_text(yaml.safe_dump({**SCHEMA, "additionalProperties": True}))
    found = validate(bundle_of(tmp_path, schemas, {}))
    assert [(each.rule, each.datafile, each.dotted) for each in found] == [
        ("enum", "schemas/job-1.yml", "additionalProperties")
    ]


def test_a_schema_that_refers_to_nothing_is_named(tmp_path: Path, schemas: Path) -> None:
    broken = {**SCHEMA, "properties": {**SCHEMA["properties"], "steps": {"$ref": "/none-1.yml"}}}  # type: ignore[dict-item]
    (schemas / "schemas/job-1.yml").write_text(yaml.safe_dump(broken))
    found = validate(bundle_of(tmp_path, schemas, {"steps": []}))
    assert [(each.datafile, each.message) for each in found] == [
        ("schemas/job-1.yml", "the schema /job-1.yml refers to /none-1.yml, which does not exist")
    ]


@pytest.mark.parametrize(
    ("allowed", "rules"), [([JOB, "/other-1.yml"], []), (["/other-1.yml"], ["wrong-ref"])]
)
def test_a_reference_may_be_held_to_a_schema_of_its_own(
    tmp_path: Path, schemas: Path, allowed: list[str], rules: list[str]
) -> None:
    target = {"type": "object", "properties": {"$schema": {"type": "string", "enum": allowed}}}
    after = {"$ref": "/common-1.json#/definitions/crossref", "$schemaRef": target}
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "after": after}}  # type: ignore[dict-item]
    (schemas / "schemas/job-1.yml").write_text(yaml.safe_dump(schema))
    found = validate(bundle_of(tmp_path, schemas, {"after": {"$ref": "/job.yml"}}))
    assert [each.rule for each in found] == rules


def test_an_unreadable_schema_is_reported_once_and_not_again_by_its_datafiles(
    tmp_path: Path, schemas: Path
) -> None:
    (schemas / "schemas/job-1.yml").write_text("{broken\n")
    found = validate(bundle_of(tmp_path, schemas, {}))
    assert [(each.rule, each.datafile) for each in found] == [("yaml-syntax", "schemas/job-1.yml")]


def test_types_that_make_no_graphql_schema_are_a_fault(tmp_path: Path, schemas: Path) -> None:
    types = {"$schema": "/app-interface/graphql-schemas-1.yml", "confs": TYPES[:-2]}
    (schemas / "graphql-schemas/schema.yml").write_text(yaml.safe_dump(types))
    assert [(each.rule, each.message) for each in validate(bundle_of(tmp_path, schemas, {}))] == [
        ("graphql-types", "the GraphQL definitions have no type Query")
    ]
