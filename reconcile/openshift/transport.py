"""One exchange with an API server: a request out, a whole answer in.

It knows HTTP and nothing of Kubernetes. Redirects are not followed, for they would carry the token elsewhere;
urllib3's own retries are off, for ``retrying`` decides them with the kind of request in view.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ssl import SSLContext
from urllib.parse import SplitResult

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from reconcile.openshift import connecting, tls
from reconcile.openshift.access import Access, Timeouts
from reconcile.openshift.faults import Broken, Fault, diagnose

PIECE = 1 << 16
"""Bytes asked for at once while reading a body."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; ``path`` includes the query."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, complete."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """Media type without parameters, lower case; empty if the server names none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def busy(self) -> bool:
        """The server may answer better a little later (429, 5xx)."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def retry_after(self) -> float:
        """Seconds the server asks to wait; 0 if it names none or a date."""
        text = self.headers.get("Retry-After", "")
        return float(text) if text.isdigit() else 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """The way to the server, once its address and CA file have proved usable."""

    server: SplitResult
    context: SSLContext
    pool: PoolManager

    @property
    def host(self) -> str:
        """``name:port`` for error texts."""
        return self.server.netloc


class Transport:
    """Connections to one API server, shared by many threads.

    The pool is made at the first request, so that a wrong address or CA file is a fault of requests, like any
    other, and not of building a client.
    """

    def __init__(self, access: Access, *, size: int, timeouts: Timeouts, user_agent: str) -> None:
        self._access = access
        self._size = size
        self._timeouts = timeouts
        self._headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {access.token.strip()}",
            "User-Agent": user_agent,
        }
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(size)
        self._route: Route | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    def exchange(self, request: Request) -> Answer:
        """Send a request and read the whole answer, whatever its status.

        Waits for a free connection if all are in use. Raises ``Broken``.
        """
        with self._slots:
            route = self._ready()
            deadline = time.monotonic() + self._timeouts.whole
            try:
                response = self._send(route.pool, route, request, read=self._timeouts.read, encoding="gzip")
                body = self._body(response, deadline, route.host)
            except (HTTPError, OSError, UnicodeError) as error:
                fault = diagnose(error, route.host, self._timeouts)
            else:
                return Answer(response.status, response.headers, body)
        raise Broken(fault)

    def stream(self, request: Request) -> Answer | BaseHTTPResponse:
        """Send a request on a connection of its own, and return the response once its headers are there.

        Its body may be silent for any time. The caller closes the response. Any status but 200 comes as a
        complete answer instead. Raises ``Broken``.
        """
        route = self._ready()
        deadline = time.monotonic() + self._timeouts.whole
        pool = connecting.open_pool(route.server, route.context, size=1)
        try:
            response = self._send(pool, route, request, read=self._timeouts.read, encoding="identity")
            if response.status == HTTPStatus.OK:
                _allow_silence(response)
                return response
            body = self._body(response, deadline, route.host)
        except (HTTPError, OSError, UnicodeError) as error:
            fault = diagnose(error, route.host, self._timeouts)
        else:
            return Answer(response.status, response.headers, body)
        raise Broken(fault)

    def close(self) -> None:
        """Close idle connections; later requests fail. Exchanges under way come to their end."""
        with self._lock:
            self._closed = True
            route, self._route = self._route, None
        if route is not None:
            route.pool.clear()

    def _ready(self) -> Route:
        with self._lock:
            if self._closed:
                raise Broken(Fault("the client is closed", passing=False, reaching=True))
            if self._route is None:
                self._route = self._make_route()
            return self._route

    def _make_route(self) -> Route:
        access = self._access
        try:
            server = connecting.parse_server(access.server, insecure=access.insecure)
            context = tls.context(access.ca_file, insecure=access.insecure)
        except OSError as error:
            why = error.strerror or "it holds no certificate"
            fault = Fault(f"the CA file {access.ca_file} is not usable: {why}", passing=False, reaching=True)
        except ValueError as error:
            fault = Fault(str(error), passing=False, reaching=True)
        else:
            return Route(server, context, connecting.open_pool(server, context, size=self._size))
        raise Broken(fault)

    def _send(
        self, pool: PoolManager, route: Route, request: Request, *, read: float, encoding: str
    ) -> BaseHTTPResponse:
        headers = {**self._headers, "Accept-Encoding": encoding}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        return pool.urlopen(
            request.method,
            route.server.geturl() + request.path,
            redirect=False,
            retries=False,
            preload_content=False,
            headers=headers,
            body=request.body,
            timeout=Timeout(connect=self._timeouts.connect, read=read),
        )

    def _body(self, response: BaseHTTPResponse, deadline: float, host: str) -> bytes:
        pieces: list[bytes] = []
        complete = False
        try:
            while piece := response.read1(PIECE):
                pieces.append(piece)
                if time.monotonic() > deadline:
                    whole = self._timeouts.whole
                    raise Broken(
                        Fault(f"{host} had not answered completely after {whole:g} s", passing=False)
                    )
            complete = True
        finally:
            if complete:
                response.release_conn()
            else:
                response.close()
        return b"".join(pieces)


def _allow_silence(response: BaseHTTPResponse) -> None:
    """Lift the read time-out, which was for the headers alone."""
    connection = response.connection
    sock = getattr(connection, "sock", None)
    if sock is not None:
        sock.settimeout(None)
