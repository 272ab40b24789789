"""The endpoints of the published qontract-server that clients of a sandbox use: queries, pinned bundles, reload."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from reconcile.app_interface.bundle.building import SourceMissingError
from reconcile.app_interface.bundle.graph import execute
from reconcile.app_interface.bundle.loading import NotABundleError
from reconcile.app_interface.bundle.model import Bundle
from reconcile.sandbox.app_interface.shelf import Shelf

Source = Callable[[], Bundle]
"""Builds or reads the bundle that ``/reload`` loads."""


class Endpoints:
    """Answers requests about the bundles of a shelf, and reloads it from ``source``."""

    def __init__(self, shelf: Shelf, source: Source | None) -> None:
        self._shelf = shelf
        self._source = source
        self._reloading = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return all endpoints."""
        return [
            *(web.post(path, self._query) for path in ("/graphql", "/graphqlsha/{sha}")),
            web.get("/graphql", self._page),
            web.get("/healthz", self._healthz),
            web.get("/sha256", self._sha256),
            *(web.get(path, self._commit_info) for path in ("/git-commit-info", "/git-commit-info/{sha}")),
            web.post("/reload", self._reload),
        ]

    async def _query(self, request: web.Request) -> web.Response:
        bundle = self._bundle(request)
        if bundle is None:
            # The published server has no route for a bundle that it does not hold.
            page = f"<!DOCTYPE html>\n<html><body><pre>Cannot POST {request.path}</pre></body></html>\n"
            return web.Response(status=404, text=page, content_type="text/html")
        self._shelf.touch(bundle.sha256)
        try:
            body = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="<pre>SyntaxError: not JSON</pre>", content_type="text/html")
        return _answer(bundle, body if isinstance(body, dict) else {})

    async def _page(self, _: web.Request) -> web.Response:
        """A page for browsers."""
        return web.Response(text="<h1>app-interface</h1>POST a GraphQL query", content_type="text/html")

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response()

    async def _sha256(self, _: web.Request) -> web.Response:
        return web.Response(text=self._shelf.newest.sha256)

    async def _commit_info(self, request: web.Request) -> web.Response:
        bundle = self._bundle(request)
        if bundle is None:
            raise web.HTTPNotFound(text=f"no bundle {request.match_info['sha']}")
        info = {"commit": bundle.git_commit, "timestamp": bundle.git_commit_timestamp}
        # A bundle without a timestamp has no such key, as JavaScript leaves out what is undefined.
        return web.json_response({key: value for key, value in info.items() if value})

    async def _reload(self, _: web.Request) -> web.Response:
        if self._source is not None:
            try:
                async with self._reloading:
                    # Checking takes seconds, in which queries are answered from what is loaded.
                    self._shelf.load(await asyncio.to_thread(self._source))
            except (NotABundleError, SourceMissingError) as error:
                raise web.HTTPServiceUnavailable(text=f"error loading the bundle: {error}\n") from error
        return web.Response()

    def _bundle(self, request: web.Request) -> Bundle | None:
        """Return the bundle that the path names, by default the newest."""
        return self._shelf.get(request.match_info.get("sha", self._shelf.newest.sha256))


def _answer(bundle: Bundle, body: dict[str, Any]) -> web.Response:
    query, variables = body.get("query"), body.get("variables")
    if not isinstance(query, str) or not query:
        return _refused("GraphQL operations must contain a non-empty `query`.")
    if variables is not None and not isinstance(variables, dict):
        return _refused("`variables` must be an object.")
    answer = execute(bundle, query, variables, body.get("operationName"))
    # Only a query that was refused before it ran has no data at all.
    return web.json_response(answer, status=200 if "data" in answer else 400)


def _refused(message: str) -> web.Response:
    error = {"message": message, "extensions": {"code": "BAD_REQUEST"}}
    return web.json_response({"errors": [error]}, status=400)
