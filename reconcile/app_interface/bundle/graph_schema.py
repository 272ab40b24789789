"""From ``graphql-schemas/schema.yml`` to an executable GraphQL schema.

Types and arguments are those that qontract-server makes of the same file: list elements are never null, searchable
text fields, ``path`` and ``filter`` are arguments of query fields, and every type of a datafile implements
``DatafileObject_v1`` where that exists.
"""

import json
from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    validate_schema,
)

from reconcile.app_interface.bundle.graph_filters import predicate
from reconcile.app_interface.bundle.graph_resolvers import Info, Resolver
from reconcile.app_interface.bundle.graph_store import Store, select
from reconcile.app_interface.bundle.model import Document


class GraphDefinitionError(ValueError):
    """``graphql-schemas/schema.yml`` does not make a GraphQL schema; the message says where."""


_FIELD = {"name", "type"}


def _as_json_text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_JSON = GraphQLScalarType("JSON", serialize=_as_json_text)
_SCALARS: dict[str, GraphQLScalarType] = {
    "string": GraphQLString,
    "int": GraphQLInt,
    "float": GraphQLFloat,
    "boolean": GraphQLBoolean,
    "json": _JSON,
}


def _check_shape(confs: list[Document]) -> None:
    """Check what the schema of the definitions requires, since they may not have been validated."""
    for conf in confs:
        fields = conf.get("fields")
        whole = isinstance(fields, list) and all(
            isinstance(each, dict) and each.keys() >= _FIELD for each in fields
        )
        if "name" not in conf or not whole:
            raise GraphDefinitionError(f"the GraphQL type {conf.get('name', 'without a name')} is malformed")


class SchemaMaker:
    """Makes the GraphQL types of one bundle; types refer to each other, so fields are filled in late."""

    def __init__(self, confs: list[Document], store: Store) -> None:
        _check_shape(confs)
        self._confs = {conf["name"]: conf for conf in confs}
        self._store = store
        self._types: dict[str, GraphQLObjectType | GraphQLInterfaceType] = {}
        self._type_of_schema = {
            conf["datafile"]: conf["name"]
            for conf in confs
            if "datafile" in conf and not conf.get("isInterface")
        }

    def make(self) -> GraphQLSchema:
        """Build the schema.

        Raises:
            GraphDefinitionError: if a type is missing or the definitions contradict each other.
        """
        if "Query" not in self._confs:
            raise GraphDefinitionError("the GraphQL definitions have no type Query")
        for name, conf in self._confs.items():
            self._types[name] = self._make_type(conf)
        query = self._types["Query"]
        try:
            schema = GraphQLSchema(query=query, types=list(self._types.values()))  # type: ignore[arg-type]
        except TypeError as error:
            raise GraphDefinitionError(str(error)) from error
        for fault in validate_schema(schema):
            raise GraphDefinitionError(fault.message)
        return schema

    def _make_type(self, conf: Document) -> GraphQLObjectType | GraphQLInterfaceType:
        def fields() -> dict[str, GraphQLField]:
            return {field["name"]: self._make_field(conf["name"], field) for field in conf["fields"]}

        def interfaces() -> list[GraphQLInterfaceType]:
            names = [conf.get("interface"), "DatafileObject_v1" if "datafile" in conf else None]
            found = [self._types[name] for name in names if name in self._types]
            return [each for each in found if isinstance(each, GraphQLInterfaceType)]

        if conf.get("isInterface"):
            resolver = self._type_resolver(conf)
            return GraphQLInterfaceType(conf["name"], fields, interfaces=interfaces, resolve_type=resolver)
        return GraphQLObjectType(conf["name"], fields, interfaces=interfaces)

    def _type_resolver(self, conf: Document) -> Callable[..., str | None]:
        resolution = conf.get("interfaceResolve") or {}
        strategy = resolution.get("strategy")
        if strategy == "schema":
            return lambda source, *_: self._type_of_schema.get(source.get("$schema"))
        if strategy == "fieldMap":
            by_value = resolution.get("fieldMap") or {}
            return lambda source, *_: by_value.get(source.get(resolution.get("field")))
        raise GraphDefinitionError(
            f"interface {conf['name']} has no known interfaceResolve.strategy: {strategy!r}"
        )

    def _make_field(self, owner: str, field: Document) -> GraphQLField:
        kind: Any = _SCALARS.get(field["type"]) or self._types.get(field["type"])
        if kind is None:
            raise GraphDefinitionError(
                f"field {owner}.{field['name']} has the unknown type {field['type']!r}"
            )
        if field.get("isResource") and field.get("resolveResource") and kind is GraphQLString:
            return GraphQLField(self._types["Resource_v1"], resolve=self._resource_of(field["name"]))
        if field.get("isList"):
            kind = GraphQLList(GraphQLNonNull(kind))
        if field.get("isRequired"):
            kind = GraphQLNonNull(kind)
        if "datafileSchema" in field:
            return GraphQLField(kind, args=self._arguments(field["type"]), resolve=self._datafiles(field))
        if "synthetic" in field:
            return GraphQLField(kind, resolve=self._referring(field["synthetic"]))
        if field.get("isResource") and field["type"] == "Resource_v1":
            arguments = {name: GraphQLArgument(GraphQLString) for name in ("path", "schema")}
            return GraphQLField(kind, args=arguments, resolve=self._resources)
        return GraphQLField(kind)

    def _arguments(self, type_name: str) -> dict[str, GraphQLArgument]:
        fields = self._confs[type_name]["fields"]
        names = [field["name"] for field in fields if field.get("isSearchable") and field["type"] == "string"]
        arguments = {name: GraphQLArgument(GraphQLString) for name in [*names, "path"]}
        return {**arguments, "filter": GraphQLArgument(_JSON)}

    def _datafiles(self, field: Document) -> Resolver:
        def resolve(_: object, __: Info, **arguments: Any) -> list[Document]:
            conditions = arguments.pop("filter", None)
            found = select(self._store.by_schema(field["datafileSchema"]), arguments)
            if conditions is None or not found:
                return found
            test = predicate(self._store, self._confs, field["type"], conditions)
            return [document for document in found if test(document)]

        return resolve

    def _referring(self, synthetic: Document) -> Resolver:
        schema, attribute = synthetic["schema"], synthetic["subAttr"]
        return lambda source, _: self._store.referring(schema, attribute, source.get("path"))

    def _resource_of(self, name: str) -> Resolver:
        return lambda source, _: self._store.resources.get(source.get(name))

    def _resources(
        self, _: object, __: Info, path: str | None = None, schema: str | None = None
    ) -> list[Document | None]:
        if path:
            return [self._store.resources.get(path)]
        return [
            each for each in self._store.resources.values() if not schema or each.get("$schema") == schema
        ]
