"""The endpoints beside GraphQL: which bundles there are, how they differ, how the server fares."""

from collections import Counter
from collections.abc import Callable

from aiohttp import web

from reconcile.app_interface.bundle.building import SourceMissingError
from reconcile.app_interface.bundle.loading import NotABundleError
from reconcile.app_interface.bundle.model import Bundle
from reconcile.sandbox.app_interface import diffs
from reconcile.sandbox.app_interface.shelf import Shelf

Source = Callable[[], Bundle]
"""Makes or reads the bundle that ``/reload`` brings."""

_DIFFS = {"datafile": diffs.datafile, "resourcefile": diffs.resource}


class Service:
    """Tells about the bundles of a shelf, and reloads it from ``source``."""

    def __init__(self, shelf: Shelf, source: Source | None) -> None:
        self._shelf = shelf
        self._source = source
        self._reloads = 0

    def routes(self) -> list[web.RouteDef]:
        """Give all endpoints."""
        return [
            web.get("/", self._root),
            web.get("/healthz", self._healthz),
            web.get("/sha256", self._sha256),
            web.get("/git-commit", self._commit),
            web.get("/git-commit/{sha}", self._commit),
            web.get("/git-commit-info", self._commit_info),
            web.get("/git-commit-info/{sha}", self._commit_info),
            web.get("/diff/{base}/{head}", self._diff),
            web.get("/diff/{base}/{head}/{kind}/{path:.+}", self._diff_of_file),
            web.post("/reload", self._reload),
            web.get("/cache", self._cache),
            web.get("/metrics", self._metrics),
        ]

    async def _root(self, _: web.Request) -> web.Response:
        raise web.HTTPFound("/graphql")

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response()

    async def _sha256(self, _: web.Request) -> web.Response:
        return web.Response(text=self._shelf.newest.sha256)

    async def _commit(self, request: web.Request) -> web.Response:
        return web.Response(text=self._bundle(request, "sha").git_commit)

    async def _commit_info(self, request: web.Request) -> web.Response:
        bundle = self._bundle(request, "sha")
        info = {"commit": bundle.git_commit, "timestamp": bundle.git_commit_timestamp}
        # A bundle without a timestamp has no such key, as JavaScript leaves out what is undefined.
        return web.json_response({key: value for key, value in info.items() if value})

    async def _diff(self, request: web.Request) -> web.Response:
        difference = diffs.between(self._bundle(request, "base"), self._bundle(request, "head"))
        return web.json_response(difference)

    async def _diff_of_file(self, request: web.Request) -> web.Response:
        difference_of = _DIFFS.get(request.match_info["kind"])
        if difference_of is None:
            raise web.HTTPBadRequest(text="the kind of file is either datafile or resourcefile")
        path = "/" + request.match_info["path"]
        difference = difference_of(self._bundle(request, "base"), self._bundle(request, "head"), path)
        if difference is None:
            raise web.HTTPNotFound(text=f"neither bundle has {path}")
        return web.json_response(difference)

    async def _reload(self, _: web.Request) -> web.Response:
        self._reloads += 1
        if self._source is not None:
            try:
                self._shelf.load(self._source())
            except (NotABundleError, SourceMissingError) as error:
                raise web.HTTPServiceUnavailable(text=f"error loading the bundle: {error}") from error
        return web.Response()

    async def _cache(self, _: web.Request) -> web.Response:
        expirations = self._shelf.expirations
        cache = [{"sha": sha, "expiration": int(moment * 1000)} for sha, moment in expirations.items()]
        return web.json_response({"bundleCache": cache, "bundles": list(expirations)})

    async def _metrics(self, _: web.Request) -> web.Response:
        files = Counter(str(document["$schema"]) for document in self._shelf.newest.data.values())
        held = len(self._shelf.expirations)
        lines = [
            "# TYPE qontract_server_reloads_total counter",
            f"qontract_server_reloads_total {self._reloads}",
            "# TYPE qontract_server_datafiles gauge",
            *(f'qontract_server_datafiles{{schema="{schema}"}} {files[schema]}' for schema in sorted(files)),
            "# TYPE qontract_server_bundle_object_shas gauge",
            f"qontract_server_bundle_object_shas {held}",
            "# TYPE qontract_server_bundle_cache_object_shas gauge",
            f"qontract_server_bundle_cache_object_shas {held}",
        ]
        return web.Response(text="\n".join(lines) + "\n")

    def _bundle(self, request: web.Request, key: str) -> Bundle:
        """Give the bundle that a part of the path names, by default the newest."""
        sha = request.match_info.get(key, self._shelf.newest.sha256)
        bundle = self._shelf.get(sha)
        if bundle is None:
            raise web.HTTPNotFound(text=f"no bundle {sha}")
        return bundle
