"""The GraphQL endpoints."""

import json
from typing import Any

from aiohttp import web

from reconcile.app_interface.bundle.graph import execute
from reconcile.app_interface.bundle.model import Bundle
from reconcile.sandbox.app_interface.shelf import Shelf


class Queries:
    """Answers queries about the bundles of a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def routes(self) -> list[web.RouteDef]:
        """Give the endpoints for queries about the newest and about a pinned bundle."""
        return [
            web.post("/graphql", self._post),
            web.get("/graphql", self._get),
            web.post("/graphqlsha/{sha}", self._post),
            web.get("/graphqlsha/{sha}", self._get),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        bundle = self._bundle(request)
        if bundle is None:
            return _no_such_page(request)
        self._shelf.touch(bundle.sha256)
        try:
            question = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="<pre>SyntaxError: not JSON</pre>", content_type="text/html")
        return _answer(bundle, question if isinstance(question, dict) else {})

    async def _get(self, request: web.Request) -> web.Response:
        """A query in the URL, which does not prolong the bundle's life; without one, a page for browsers."""
        bundle = self._bundle(request)
        if bundle is None:
            return _no_such_page(request)
        if "query" not in request.query:
            return web.Response(text="<h1>app-interface</h1>POST a GraphQL query", content_type="text/html")
        question: dict[str, Any] = dict(request.query)
        try:
            question["variables"] = json.loads(question.get("variables") or "null")
        except ValueError:
            return _refused("The `variables` search parameter contains invalid JSON.")
        return _answer(bundle, question)

    def _bundle(self, request: web.Request) -> Bundle | None:
        sha = request.match_info.get("sha", self._shelf.newest.sha256)
        return self._shelf.get(sha)


def _answer(bundle: Bundle, question: dict[str, Any]) -> web.Response:
    query, variables = question.get("query"), question.get("variables")
    if not isinstance(query, str) or not query:
        return _refused("GraphQL operations must contain a non-empty `query`.")
    if variables is not None and not isinstance(variables, dict):
        return _refused("`variables` must be an object.")
    answer = execute(bundle, query, variables, question.get("operationName"))
    # Only a query that was refused before it ran has no data at all.
    return web.json_response(answer, status=200 if "data" in answer else 400)


def _refused(message: str) -> web.Response:
    error = {"message": message, "extensions": {"code": "BAD_REQUEST"}}
    return web.json_response({"errors": [error]}, status=400)


def _no_such_page(request: web.Request) -> web.Response:
    """Answer as the published server does for a bundle that it does not hold: it has no such route."""
    page = f"<!DOCTYPE html>\n<html><body><pre>Cannot {request.method} {request.path}</pre></body></html>\n"
    return web.Response(status=404, text=page, content_type="text/html")
