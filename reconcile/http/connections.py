"""Connections of urllib3 whose reads keep to the limits of the exchange they are part of (see ``exchange``)."""

import http.client
import io
import socket
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from reconcile.http import exchange

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool, PoolManager

BUFFER = 1 << 16
"""Bytes read from a connection at once."""


def limit(pools: "PoolManager") -> None:
    """Let all connections of these pools keep to the limits of their exchanges. Before the first request only."""
    kinds = pools.pool_classes_by_scheme.items()
    pools.pool_classes_by_scheme = {scheme: _limited(pool) for scheme, pool in kinds}


class _Reads(io.RawIOBase):
    """What comes from a socket, at the pace of the exchange that is under way."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = cast("io.RawIOBase", sock.makefile("rb", buffering=0))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        here = exchange.current()
        return self._raw.readinto(buffer) if here is None else here.read(self._sock, self._raw, buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Source:
    """A socket as ``http.client`` wants it: something that can be made a file."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reads(self._sock), BUFFER)


class _Response(http.client.HTTPResponse):
    """Status line, headers and body; also the answer of a proxy to CONNECT."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(cast("socket.socket", _Source(sock)), *arguments, **options)


@cache
def _limited(pool: type["HTTPConnectionPool"]) -> type["HTTPConnectionPool"]:
    """The same kind of pool, be it of TLS or of a SOCKS proxy, with connections that read by `_Response`."""
    connection = type(pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"response_class": _Response})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})
