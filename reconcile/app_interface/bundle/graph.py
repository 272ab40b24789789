"""GraphQL over a bundle, as the published qontract-server answers it.

The embedded server of the sandbox, the checks of a merge request and the tests all ask through ``execute``.
The answer has the shape of the server's JSON body: a request that is refused before it runs (syntax,
unknown field or argument) has no ``data`` key, which the server sends as HTTP 400; everything else is HTTP
200, with ``errors`` beside partial ``data`` if something went wrong on the way.
"""

from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from graphql import DocumentNode, GraphQLError, GraphQLSchema, execute_sync, parse, validate

from reconcile.app_interface.bundle.graph_resolvers import resolve_plain
from reconcile.app_interface.bundle.graph_schema import SchemaMaker
from reconcile.app_interface.bundle.graph_store import Store
from reconcile.app_interface.bundle.model import Bundle

Answer = dict[str, Any]
"""``{"data": ..., "errors": [...], "extensions": {"schemas": [...]}}``; keys that do not apply are absent."""


class Graph:
    """The schema and the indexes of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        store = Store(bundle)
        self.schema: GraphQLSchema = SchemaMaker(bundle.confs, store).make()
        self._resolver = resolve_plain(store)
        self._checked = lru_cache(maxsize=64)(self._check)

    def _check(self, query: str) -> tuple[DocumentNode | None, list[GraphQLError], str]:
        try:
            document = parse(query)
        except GraphQLError as error:
            return None, [error], "GRAPHQL_PARSE_FAILED"
        return document, validate(self.schema, document), "GRAPHQL_VALIDATION_FAILED"

    def answer(self, query: str, variables: dict[str, Any] | None, operation: str | None) -> Answer:
        """Run one request; see ``execute``."""
        document, refusals, code = self._checked(query)
        if document is None or refusals:
            return {"errors": [_formatted(error, code) for error in refusals], "extensions": {}}
        context: dict[str, list[str]] = {"schemas": []}
        result = execute_sync(
            self.schema,
            document,
            variable_values=variables,
            operation_name=operation,
            context_value=context,
            field_resolver=self._resolver,
        )
        answer: Answer = {"data": _without_empty_objects(result.data)}
        if result.errors:
            answer["errors"] = [_formatted(error, "INTERNAL_SERVER_ERROR") for error in result.errors]
        answer["extensions"] = {"schemas": context["schemas"]} if context["schemas"] else {}
        return answer


_GRAPHS: "WeakKeyDictionary[Bundle, Graph]" = WeakKeyDictionary()


def graph_of(bundle: Bundle) -> Graph:
    """Give the graph of ``bundle``, made on first use and kept as long as the bundle.

    Raises:
        GraphDefinitionError: if the bundle's GraphQL definitions make no schema.
    """
    graph = _GRAPHS.get(bundle)
    if graph is None:
        graph = _GRAPHS[bundle] = Graph(bundle)
    return graph


def execute(
    bundle: Bundle, query: str, variables: dict[str, Any] | None = None, operation: str | None = None
) -> Answer:
    """Answer ``query`` over ``bundle``; never raises for a fault of the query or of the data.

    Raises:
        GraphDefinitionError: if the bundle's GraphQL definitions make no schema.
    """
    return graph_of(bundle).answer(query, variables, operation)


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    formatted["extensions"] = {"code": code, **(error.extensions or {})}
    return formatted


def _without_empty_objects(value: Any) -> Any:
    """Drop the empty objects in lists, which the server has left out of its answers since November 2025."""
    if isinstance(value, dict):
        return {key: _without_empty_objects(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_empty_objects(item) for item in value if item != {}]
    return value
