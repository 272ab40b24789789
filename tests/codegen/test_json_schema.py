"""The generated YAML says what the table says, whatever the text looks like."""

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from codegen import json_schema
from reconcile.skupper.config_keys import ConfigTable, ValueType
from reconcile.skupper.v1.keys import KEYS, TABLE

LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=20)
TRAPS = [
    "none",
    "no",
    "Yes",
    "null",
    "1",
    "1.5",
    "-",
    "key: value",
    "key:",
    "a #comment",
    "",
    "#",
    "[a]",
    "^a: b",
    "=",
    "~",
]


def table(*values: ValueType) -> ConfigTable:
    keys = tuple(
        replace(KEYS["ingress"], name=f"key{index}", type=value) for index, value in enumerate(values)
    )
    return replace(TABLE, sections={"One": keys[:1], "Two": keys[1:]})


@given(LINES | st.sampled_from(TRAPS))
def test_a_string_stays_the_same_string(text: str) -> None:
    read = yaml.safe_load(json_schema.definitions(table(ValueType({"type": "string", "title": text}, "one"))))
    assert read == {"one": {"type": "string", "title": text}}


def test_a_type_with_a_name_is_defined_once_and_referred_to() -> None:
    shared = ValueType({"type": "string"}, "shared")
    both = table(shared, shared)
    assert yaml.safe_load(json_schema.definitions(both)) == {"shared": {"type": "string"}}
    assert [entry["$ref"] for entry in yaml.safe_load(json_schema.properties(both)).values()] == [
        "#/definitions/shared"
    ] * 2


def test_a_type_without_a_name_is_written_out_at_its_key() -> None:
    read = yaml.safe_load(json_schema.properties(table(ValueType({"type": "integer", "minimum": 3}))))
    assert read["key0"].items() >= {"type": "integer", "minimum": 3}.items()


@pytest.mark.parametrize("name", [name for name, key in KEYS.items() if key.default])
def test_a_default_is_the_last_sentence_of_the_description(name: str) -> None:
    read = yaml.safe_load(json_schema.properties(TABLE))[name]["description"]
    assert " ".join(read.split()).endswith(f" Default: {KEYS[name].default}.")


def test_the_schema_of_every_type_of_the_table_is_read_back_as_it_is() -> None:
    read = yaml.safe_load(json_schema.definitions(TABLE))
    expected = {key.type.definition: key.type.schema for key in TABLE if key.type.definition}
    assert read == {name: {**schema, **lists(schema)} for name, schema in expected.items()}


def lists(schema: dict) -> dict:
    return {name: list(value) for name, value in schema.items() if isinstance(value, tuple)}
