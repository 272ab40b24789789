"""Real servers on 127.0.0.1 that answer as a test tells them, down to the bytes and the reset."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 10.0
"""Seconds after which a wait inside a server gives up, so that a failing test does not hang."""


@dataclass
class Visit:
    """One request that reached a server."""

    connection: socket.socket
    number: int
    """Which connection of the server carried it, from 1."""
    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    ended: threading.Event = field(repr=False)
    """Set when the server stops."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(
        self, status: int, body: bytes = b"", content_type: str = "application/json", **headers: str
    ) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def start_stream(self, content_type: str = "application/json") -> None:
        self.send(
            f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def reset(self) -> None:
        """Close at once with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def hang_up(self) -> None:
        """Close at once, whatever was promised."""
        raise ConnectionAbortedError


Reply = Callable[[Visit], object]
Raw = Callable[[socket.socket], object]


class Loopback:
    """A server whose n-th request gets the n-th reply; the last reply serves all further requests.

    With ``raw`` each connection is given to it as it comes, and nothing is read before.
    """

    def __init__(
        self, *replies: Reply, context: ssl.SSLContext | None = None, raw: Raw | None = None
    ) -> None:
        self.replies = replies
        self._raw = raw
        self.visits: list[Visit] = []
        self.connections = 0
        self._context = context
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://{self.host}"

    def close(self) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
                thread = threading.Thread(
                    target=self._serve, args=(connection, self.connections), daemon=True
                )
                self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        connection = plain
        try:
            if self._raw is not None:
                self._raw(plain)
                return
            if self._context is not None:
                connection = self._context.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._open.add(connection)
            with connection.makefile("rb") as stream:
                while visit := self._receive(connection, stream, number):
                    with self._lock:
                        self.visits.append(visit)
                        reply = self.replies[min(len(self.visits), len(self.replies)) - 1]
                    reply(visit)
        except (OSError, ValueError):
            pass  # the client went away, or the reply closed the connection
        finally:
            with self._lock:
                self._open -= {plain, connection}
            connection.close()
            plain.close()

    def _receive(self, connection: socket.socket, stream: Any, number: int) -> Visit | None:
        line = stream.readline()
        if not line:
            return None
        method, target, _ = line.decode().split(" ", 2)
        headers = {}
        while header := stream.readline().decode().strip():
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
        return Visit(connection, number, method, target, headers, body, self._ended)


@contextmanager
def serving(
    *replies: Reply, context: ssl.SSLContext | None = None, raw: Raw | None = None
) -> Iterator[Loopback]:
    server = Loopback(*replies, context=context, raw=raw)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def black_hole() -> Iterator[str]:
    """A port whose connection attempts are never answered: its queue of half-open connections is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for filler in fillers:
                filler.close()


@contextmanager
def silent_host() -> Iterator[str]:
    """A port whose connections are accepted by the kernel and never served."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def closed_port() -> int:
    """A port that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def sends(document: Any, status: int = 200, **headers: str) -> Reply:
    """Answer with a JSON document."""
    return lambda visit: visit.answer(status, json.dumps(document).encode(), **headers)


def fails(status: int, reason: str = "", message: str = "", *, details: Any = None, **headers: str) -> Reply:
    """Answer with a Status as a kube-apiserver does."""
    return sends(failure(status, reason, message, details=details), status, **headers)


def failure(status: int, reason: str = "", message: str = "", *, details: Any = None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": status,
    }
    return document | ({"details": details} if details else {})


def listing(*names: str, version: str = "7", more: str = "") -> dict[str, Any]:
    metadata = {"resourceVersion": version} | ({"continue": more} if more else {})
    items = [{"metadata": {"name": name}} for name in names]
    return {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": metadata, "items": items}


def event(kind: str, version: str = "", /, **content: Any) -> bytes:
    """One line of a watch."""
    changed = content or {"metadata": {"name": "a", "resourceVersion": version}}
    return json.dumps({"type": kind, "object": changed}).encode() + b"\n"
