"""One table of config keys in three places: JSON schema, GraphQL types, and what the domain writes."""

import yaml

from reconcile.skupper.v1.keys import ALIASES, KEYS
from tests.bundle.sources import SCHEMAS

SCHEMA = yaml.safe_load((SCHEMAS / "schemas/dependencies/skupper-config-1.yml").read_text())
TYPES = yaml.safe_load((SCHEMAS / "graphql-schemas/schema.yml").read_text())["confs"]
FIELDS = {
    field["name"]: field["type"]
    for conf in TYPES
    if conf["name"] == "SkupperConfig_v1"
    for field in conf["fields"]
}
PROPERTIES = {name: value for name, value in SCHEMA["properties"].items() if name != "$schema"}


def test_the_schema_has_exactly_the_keys_that_the_domain_knows() -> None:
    assert PROPERTIES.keys() == KEYS.keys() | ALIASES


def test_the_graphql_type_has_exactly_the_keys_of_the_schema() -> None:
    assert FIELDS.keys() == PROPERTIES.keys()


def test_the_graphql_types_are_those_of_the_schema() -> None:
    names = {"boolean": "boolean", "integer": "int", "string": "string", "object": "json"}
    kinds = {}
    for name, value in PROPERTIES.items():
        definition = SCHEMA["definitions"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
        kinds[name] = names[definition["type"]]
    assert kinds == FIELDS


def test_every_key_has_a_description() -> None:
    assert [name for name, value in PROPERTIES.items() if not value["description"].strip()] == []
