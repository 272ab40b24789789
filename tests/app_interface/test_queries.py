"""Queries, schema and models fit together, so that a change of one of them cannot be forgotten in the others."""

from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate,
)
from pydantic import BaseModel
from pydantic.types import Json

from reconcile.app_interface import queries
from reconcile.app_interface.answers.site_config import SiteConfig
from reconcile.app_interface.asking import QUERIES, SKUPPER, Query
from reconcile.app_interface.bundle.graph import graph_of
from reconcile.app_interface.bundle.model import Bundle
from reconcile.skupper.v1.keys import ALIASES, KEYS

SCALARS = {"String": str, "Int": int, "Boolean": bool}
NEVER_NULL = {
    "skupper_v1",
    "clusters_v1",
    "app_interface_settings_v1",
    "integrations_v1",
    "skupper_v1.namespaces.skupper",
}
"""Fields that the schema calls nullable and the server never serves as null without an error beside it."""


@pytest.fixture(scope="module")
def schema(bundle: Bundle) -> GraphQLSchema:
    return graph_of(bundle).schema


class Fitting:
    """Compares what a query selects with the model of its answer; ``faults`` tells where they differ."""

    def __init__(self, schema: GraphQLSchema, text: str) -> None:
        self._schema = schema
        document = parse(text)
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._operation = next(
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        )
        self.faults: list[str] = []

    def compare(self, model: type[BaseModel]) -> list[str]:
        self._compare(model, self._operation.selection_set, self._schema.query_type, "")
        return self.faults

    def _compare(self, model: type[BaseModel], selections: SelectionSetNode, kind: Any, path: str) -> None:
        selected = {name: rest for name, *rest in self._fields(selections, kind)}
        modelled = {field.alias or name: field for name, field in model.model_fields.items()}
        if selected.keys() != modelled.keys():
            self.faults.append(f"{path}: selected and modelled differ: {selected.keys() ^ modelled.keys()}")
        for name in selected.keys() & modelled.keys():
            node, field_type, conditional = selected[name]
            here = f"{path}.{name}".lstrip(".")
            field = modelled[name]
            annotation: Any = field.annotation
            if field.metadata:
                annotation = Annotated[annotation, *field.metadata]
            optional, inner = without_none(annotation)
            nullable = not is_non_null_type(field_type) or conditional
            if optional != (nullable and here not in NEVER_NULL):
                self.faults.append(f"{here}: nullable {nullable}, optional {optional}")
            self._compare_type(inner, field_type, node, here)

    def _compare_type(self, annotation: Any, field_type: Any, node: FieldNode, here: str) -> None:
        if is_non_null_type(field_type):
            field_type = field_type.of_type
        if is_list_type(field_type):
            if get_origin(annotation) is not list:
                self.faults.append(f"{here}: a list is modelled as {annotation}")
                return
            self._compare_type(get_args(annotation)[0], field_type.of_type, node, here)
        elif is_leaf_type(field_type):
            if not holds(annotation, field_type.name):
                self.faults.append(f"{here}: {field_type.name} is modelled as {annotation}")
        else:
            assert node.selection_set is not None
            self._compare(annotation, node.selection_set, get_named_type(field_type), here)

    def _fields(
        self, selections: SelectionSetNode, kind: Any, *, conditional: bool = False
    ) -> Iterator[tuple[str, FieldNode, Any, bool]]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node.name.value, node, kind.fields[node.name.value].type, conditional
            elif isinstance(node, FragmentSpreadNode):
                yield from self._fields(self._fragments[node.name.value].selection_set, kind)
            elif isinstance(node, InlineFragmentNode):
                assert node.type_condition is not None
                narrowed = self._schema.get_type(node.type_condition.name.value)
                yield from self._fields(node.selection_set, narrowed, conditional=True)


def without_none(annotation: Any) -> tuple[bool, Any]:
    """Split ``T | None`` into (True, ``T``); what is not optional into (False, itself)."""
    if get_origin(annotation) in {Union, UnionType}:
        others = [each for each in get_args(annotation) if each is not NoneType]
        return len(others) < len(get_args(annotation)), others[0]
    return False, annotation


def holds(annotation: Any, scalar: str) -> bool:
    """True if the annotation is right for a scalar of GraphQL."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        if scalar == "JSON":
            return any(mark is Json or isinstance(mark, Json) for mark in marks)
        return holds(inner, scalar)
    if scalar == "String" and isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return True
    return annotation is SCALARS.get(scalar)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_each_query_is_valid_against_the_schema(schema: GraphQLSchema, query: Query[Any]) -> None:
    assert validate(schema, parse(queries.text(query.name))) == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_each_model_fits_what_its_query_selects(schema: GraphQLSchema, query: Query[Any]) -> None:
    assert Fitting(schema, queries.text(query.name)).compare(query.model) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("      redundancy\n", ""), "skupper_v1.topology: selected and modelled differ: {'redundancy'}"),
        (
            ("    identifier\n", "    identifier\n    labels\n"),
            "skupper_v1: selected and modelled differ: {'labels'}",
        ),
    ],
)
def test_a_query_that_drifts_from_its_model_is_noticed(
    schema: GraphQLSchema, change: tuple[str, str], fault: str
) -> None:
    text = queries.text("skupper").replace(*change, 1)
    assert fault in Fitting(schema, text).compare(SKUPPER.model)


def test_each_query_file_has_a_model() -> None:
    found = {file.name for file in files(queries.__name__).iterdir() if file.name.endswith(".gql")}
    assert found == {f"{query.name}.gql" for query in QUERIES}


def test_every_configuration_key_of_the_schema_is_asked_for(schema: GraphQLSchema) -> None:
    keys = schema.type_map["SkupperConfig_v1"].fields.keys()  # type: ignore[attr-defined]
    assert {field.alias for field in SiteConfig.model_fields.values()} == keys


def test_every_configuration_key_that_we_ask_for_is_known_to_the_domain() -> None:
    assert {field.alias for field in SiteConfig.model_fields.values()} == KEYS.keys() | ALIASES
