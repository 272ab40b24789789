"""The proxy itself: one HTTPS port in front of one API server, in a thread of its own.

Everything passes byte for byte, watches as they come, unless a test has put something in between: hooks before the
server is asked and after it has answered, a spoilt answer, a port that is closed, silent or shows a wrong certificate.
"""

import asyncio
import inspect
import socket
import ssl
import struct
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum, auto
from pathlib import Path
from typing import Any, Self

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

from reconcile.sandbox.loop import BackgroundLoop, end_listening
from tests.fault_proxy.asking import Asked, parse
from tests.fault_proxy.port import HOST, Port
from tests.openshift.certificates import DAY, NOW, Authority

_GOODBYE = 0.1
"""Seconds that a closing TLS connection waits for the client to close it too."""
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}
_MAX_BODY = 16 * 1024 * 1024


class Spoil(Enum):
    """What may happen to an answer on its way."""

    RESET = auto()
    """Half of the body, then a TCP reset."""
    TRUNCATE = auto()
    """Half of the body that its Content-Length promised, then an orderly end."""
    BREAK_CHUNKS = auto()
    """Half of the body in chunks and no last chunk, then an orderly end."""


Hook = Callable[[Asked], "web.StreamResponse | Awaitable[web.StreamResponse | None] | None"]
"""Lets a request pass (None), answers in place of the server, delays it by waiting, or cuts the connection by raising
`ConnectionResetError`. Hooks run on the fault proxy's event loop and must not block it."""


class FaultProxy:
    """Open from construction to `shut`; also a context manager. Its methods may be called from any thread."""

    def __init__(self, url: str, ca_file: Path | str) -> None:
        """Stand in front of the API server at `url`, whose certificate `ca_file` vouches for."""
        self._folder = tempfile.TemporaryDirectory(prefix="fault-proxy-")
        self._port = Port()
        # Trust is looked up by name, and a client may have to trust several fault proxies.
        self._authority = Authority.make(
            Path(self._folder.name), f"authority of fault proxy {self._port.number}"
        )
        self._context = self._authority.server()
        self._upstream = URL(url.rstrip("/"))
        self._trust = ssl.create_default_context(cafile=str(ca_file))
        self._trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self._listener: asyncio.Server | None = None
        self._silent: socket.socket | None = None
        self._watches: set[ClientResponse] = set()
        self._over = False
        self.before: list[Hook] = []
        """Asked in order before the server is."""
        self.after: list[Hook] = []
        """Asked in order when the server has answered, and before the client gets a byte of it."""
        self.spoil: list[Callable[[Asked], Spoil | None]] = []
        """Asked in order what happens to an answer that passes."""
        self.asked: list[Asked] = []
        """All requests so far, as they came."""
        self._loop = BackgroundLoop("fault-proxy")
        self._loop.run(self._set_up())
        self.open()

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self._port.number}"

    @property
    def ca_file(self) -> str:
        """The authority of the fault proxy's own certificate, PEM."""
        return self._authority.file

    @property
    def requests(self) -> int:
        return len(self.asked)

    @property
    def writes(self) -> int:
        return sum(asked.write for asked in tuple(self.asked))

    @property
    def open_watches(self) -> int:
        return len(self._watches)

    def clear(self) -> None:
        """Let everything pass again."""
        for hooks in (self.before, self.after, self.spoil):
            hooks.clear()  # type: ignore[attr-defined]

    # -- the port --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Listen, with a good certificate."""
        self._present(self._context)

    def close(self) -> None:
        """Cut all connections and refuse new ones."""
        self._loop.run(self.cut())

    def swallow(self) -> None:
        """Accept connections and never say a word on them, not even in the TLS handshake."""
        self.close()
        self._silent = self._port.listen()

    def vanish(self) -> None:
        """Leave every attempt to connect unanswered, as a firewall that drops packets does."""
        self.close()
        self._silent = self._port.listen_to_nobody()

    def expire(self) -> None:
        """Show a certificate that is out of date."""
        self._present(self._authority.server(until=NOW - DAY))

    def use_other_authority(self) -> None:
        """Show a certificate that nobody has reason to trust."""
        with tempfile.TemporaryDirectory(prefix="fault-proxy-") as folder:
            self._present(Authority.make(Path(folder), "another authority").server())

    def use_other_name(self) -> None:
        """Show the certificate of another host."""
        self._present(self._authority.server(address="127.0.0.2"))

    def end_watches(self) -> None:
        """End all watches that pass through, in order, as a server does that restarts."""
        self._loop.run(self._end_watches())

    def shut(self) -> None:
        """End everything. Shutting twice does no harm."""
        if self._over:
            return
        self._over = True
        self.close()
        self._loop.run(self._tear_down())
        self._loop.close()
        self._port.release()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    # -- on the event loop -----------------------------------------------------------------------------------------

    def _present(self, context: ssl.SSLContext) -> None:
        self._loop.run(self._listen(context))

    async def _set_up(self) -> None:
        self._session = ClientSession(
            connector=TCPConnector(ssl=self._trust, limit=0),
            auto_decompress=False,
            timeout=ClientTimeout(total=None),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
        await self._runner.setup()

    async def _tear_down(self) -> None:
        await self._runner.cleanup()
        # An orderly end of the connections to the server could take any time, and aiohttp has no word for another.
        connector: Any = self._session.connector
        idle = [protocol for pool in connector._conns.values() for protocol, _ in pool]
        for protocol in (*idle, *connector._acquired):
            if protocol.transport is not None:
                protocol.transport.abort()
        await self._session.close()
        # Connections close in turns of the loop to come.
        await asyncio.sleep(_GOODBYE)

    async def _listen(self, context: ssl.SSLContext) -> None:
        await self.cut()
        server: Any = self._runner.server
        self._listener = await asyncio.get_running_loop().create_server(
            server, sock=self._port.listen(), ssl=context, ssl_shutdown_timeout=_GOODBYE
        )

    async def cut(self) -> None:
        """What `close` does, for hooks."""
        if self._silent is not None:
            self._silent.close()
            self._silent = None
        self._port.drain()
        listener, self._listener = self._listener, None
        if listener is not None:
            await end_listening(listener)
        server: Any = self._runner.server
        while connections := server.connections:
            for connection in connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await asyncio.sleep(0.01)

    async def _end_watches(self) -> None:
        while self._watches:
            self._watches.pop().close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        asked = parse(request.method, request.path, request.query)
        self.asked.append(asked)
        try:
            if (instead := await _first(self.before, asked)) is not None:
                return instead
            return await self._forward(request, asked)
        except (ConnectionResetError, ClientError):
            # A hook has cut it, or the server behind is gone.
            return _reset(request)

    async def _forward(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        headers = CIMultiDict(request.headers)
        for name in _HOP_BY_HOP & {name.lower() for name in headers}:
            headers.popall(name)
        target = URL(f"{self._upstream}{request.raw_path}", encoded=True)
        body = await request.read() if request.can_read_body else None
        async with self._session.request(
            request.method, target, headers=headers, data=body, allow_redirects=False
        ) as answer:
            if (instead := await _first(self.after, asked)) is not None:
                return instead
            for spoil in tuple(self.spoil):
                if (manner := spoil(asked)) is not None:
                    return await _spoilt(request, answer, manner, endless=asked.verb == "watch")
            return await self._stream(request, answer, asked)

    async def _stream(self, request: web.Request, answer: ClientResponse, asked: Asked) -> web.StreamResponse:
        response = _head_of(answer)
        await response.prepare(request)
        if asked.verb == "watch":
            self._watches.add(answer)
        try:
            async for piece in answer.content.iter_any():
                await response.write(piece)
        except ClientError:
            if asked.verb != "watch" or answer in self._watches:
                raise
            # Ended by us, so in good order for the client.
        finally:
            self._watches.discard(answer)
        await response.write_eof()
        return response


async def _first(hooks: Iterable[Hook], asked: Asked) -> web.StreamResponse | None:
    """The first answer that a hook gives in place of the server."""
    for hook in tuple(hooks):
        answer = hook(asked)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is not None:
            return answer
    return None


class _Relayed(web.StreamResponse):
    """An answer with the headers of the server behind and no other."""

    async def _prepare_headers(self) -> None:
        given = {name.lower() for name in self.headers}
        await super()._prepare_headers()
        for name in ("Server", "Date", "Content-Type"):
            if name.lower() not in given:
                self.headers.pop(name, None)


def _head_of(answer: ClientResponse) -> web.StreamResponse:
    headers = CIMultiDict(answer.headers)
    for name in _HOP_BY_HOP & {name.lower() for name in headers}:
        headers.popall(name)
    return _Relayed(status=answer.status, reason=answer.reason, headers=headers)


async def _spoilt(
    request: web.Request, answer: ClientResponse, manner: Spoil, *, endless: bool
) -> web.StreamResponse:
    body = b"" if endless else await answer.read()
    response = _head_of(answer)
    response.headers.popall("Content-Length", None)
    if manner is Spoil.BREAK_CHUNKS:
        response.enable_chunked_encoding()
    else:
        response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if manner is Spoil.RESET:
        return _reset(request)
    if request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.Request) -> web.StreamResponse:
    """Close with a TCP reset."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is None:  # closed already
            return web.Response()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
