"""The server itself: synchronous code starts it, stops it and loads new bundles."""

import hmac
import time
from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web

from reconcile.app_interface.bundle.graph import graph_of
from reconcile.app_interface.bundle.model import Bundle
from reconcile.sandbox.app_interface.endpoints import Endpoints, Source
from reconcile.sandbox.app_interface.shelf import TIME_TO_LIVE, Shelf
from reconcile.sandbox.loop import BackgroundLoop

HOST = "127.0.0.1"


class Server:
    """Serves bundles on loopback in a thread of its own; a context manager."""

    def __init__(
        self,
        *bundles: Bundle,
        port: int = 0,
        token: str | None = None,
        source: Source | None = None,
        time_to_live: float = TIME_TO_LIVE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare to serve; nothing listens before ``start``.

        Args:
            bundles: at least one; the last one is the newest.
            port: port to listen on; 0: any free one.
            token: value of the ``Authorization`` header that every request must carry; None: open to all. The
                published server leaves that to a proxy in front of it.
            source: where ``/reload`` takes the newest bundle from; None: it changes nothing.
            time_to_live: seconds that older bundles outlive their last query.
            clock: gives the time in seconds.
        """
        self._port = port
        self._token = token
        self._source = source
        self._shelf = Shelf(bundles, time_to_live=time_to_live, clock=clock)
        self._loop: BackgroundLoop | None = None
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """The GraphQL address, for ``server`` in ``[graphql]`` of a configuration; known once started."""
        return f"http://{HOST}:{self._port}/graphql"

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: if the port is taken.
        """
        self._loop = BackgroundLoop("app-interface")
        try:
            self._loop.run(self._open())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close all connections and stop listening. Stopping twice does no harm."""
        if self._loop is None:
            return
        if self._runner is not None:
            self._loop.run(self._runner.cleanup())
        self._loop.close()
        self._runner = self._loop = None

    def load(self, bundle: Bundle) -> None:
        """Make ``bundle`` the newest one, as ``/reload`` does."""
        if self._loop is None:
            self._shelf.load(bundle)
        else:
            self._loop.run(self._load(bundle))

    async def _load(self, bundle: Bundle) -> None:
        self._shelf.load(bundle)

    async def _open(self) -> None:
        graph_of(self._shelf.newest)  # so that the first query is not slow
        application = web.Application(middlewares=[self._gate])
        application.add_routes(Endpoints(self._shelf, self._source).routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = int(self._runner.addresses[0][1])

    @web.middleware
    async def _gate(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if self._token is not None and not hmac.compare_digest(
            given.encode(errors="surrogateescape"), self._token.encode()
        ):
            headers = {"WWW-Authenticate": 'Basic realm="app-interface"'}
            return web.Response(status=401, text="401 Authorization Required", headers=headers)
        return await handler(request)
