"""One exchange with an API server: a request out, a whole answer in.

It knows HTTP, not Kubernetes. Redirects are not followed, since they would send the token elsewhere; urllib3's own
retries are off, since ``retrying`` decides by the kind of fault. No answer takes longer or is larger than the limits.
"""

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import DecodeError

from reconcile.http.exchange import Exchange, Limits, TooLarge
from reconcile.openshift.access import Access, Timeouts
from reconcile.openshift.circuit_breaker import CircuitBreaker
from reconcile.openshift.connecting import Connection, open_connection
from reconcile.openshift.faults import TransportError, TransportFault, diagnose
from reconcile.openshift.messages import Answer, Request
from reconcile.openshift.watching import Body

if TYPE_CHECKING:
    from urllib3 import PoolManager

PIECE = 1 << 16
"""Maximum bytes read from the connection at once."""
LARGEST = 8 << 20
"""Bytes of one answer, decompressed. An object has two million at most, since etcd takes no larger ones, and a LIST
whose chunk is larger asks for smaller chunks."""


class Exchanges(Protocol):
    """What carries the requests of a client."""

    def exchange(self, request: Request) -> Answer:
        """Send a request and read the whole answer, whatever its status. Raises ``TransportError``."""

    def stream(self, request: Request) -> Answer | Body:
        """Send a request whose answer, if it is 200, may be silent for any time. Raises ``TransportError``.

        The caller closes the body. Any status but 200 comes as a whole answer.
        """

    def close(self) -> None:
        """Close what is idle; later requests fail."""

    def abandon(self) -> None:
        """Close, and fail the exchanges in progress, too."""


class Transport:
    """Connections to one API server, shared by many threads.

    The pool is created at the first request, so that a wrong address or CA file fails requests and not the creation of
    a client.
    """

    def __init__(
        self, access: Access, breaker: CircuitBreaker, *, size: int, timeouts: Timeouts, user_agent: str
    ) -> None:
        self._access = access
        self._breaker = breaker
        self._size = size
        self._timeouts = timeouts
        self._limits = Limits(timeouts.limit, LARGEST)
        self._headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {access.token.strip()}",
            "User-Agent": user_agent,
        }
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(size)
        self._connection: Connection | None = None
        self._closed = False
        self._abandoned = threading.Event()

    def exchange(self, request: Request) -> Answer:
        """Send a request and read the whole answer, whatever its status.

        Waits for a free connection if all are in use. Raises ``TransportError``.
        """
        with self._slots:
            self._breaker.check()
            connection = self._open()
            with Exchange(self._limits, abandoned=self._abandoned.is_set) as exchange:
                try:
                    response = self._send(connection.pool, connection, request, encoding="gzip")
                    return _complete(response, exchange)
                except Exception as error:  # noqa: BLE001 whatever a library raises ends here, since it may quote answers
                    fault = self._diagnose(error, exchange, connection)
        raise TransportError(fault)

    def stream(self, request: Request) -> Answer | BaseHTTPResponse:
        """Send a request on a connection of its own, and return the response once its headers are there.

        Its body may be silent for any time. The caller closes the response. Any status but 200 comes as a
        complete answer instead. Raises ``TransportError``.
        """
        self._breaker.check()
        connection = self._open()
        with Exchange(self._limits, abandoned=self._abandoned.is_set) as exchange:
            try:
                response = self._send(connection.watches, connection, request, encoding="identity")
                if response.status == HTTPStatus.OK:
                    _allow_silence(response)
                    return response
                return _complete(response, exchange)
            except Exception as error:  # noqa: BLE001 as above
                fault = self._diagnose(error, exchange, connection)
        raise TransportError(fault)

    def close(self) -> None:
        """Close idle connections; later requests fail. Exchanges in progress are completed."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.pool.clear()
            connection.watches.clear()

    def abandon(self) -> None:
        """Close, and fail the exchanges in progress, too: at their next byte or time-out."""
        self._abandoned.set()
        self.close()

    def _open(self) -> Connection:
        with self._lock:
            if self._closed:
                raise TransportError(
                    TransportFault(
                        "the client is closed", "open another one", transient=False, connecting=True
                    )
                )
            if self._connection is None:
                self._connection = open_connection(self._access, size=self._size)
            return self._connection

    def _send(
        self, pool: "PoolManager", connection: Connection, request: Request, *, encoding: str
    ) -> BaseHTTPResponse:
        headers = {**self._headers, "Accept-Encoding": encoding}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        connect = connection.connect_timeout(self._timeouts.connect)
        return pool.urlopen(
            request.method,
            connection.server.geturl() + request.path,
            redirect=False,
            retries=False,
            preload_content=False,
            headers=headers,
            body=request.body,
            timeout=Timeout(connect=connect, read=self._timeouts.read),
        )

    def _diagnose(self, error: Exception, exchange: Exchange, connection: Connection) -> TransportFault:
        exceeded = exchange.exceeded
        if exceeded is None:
            return diagnose(error, connection.host, self._timeouts)
        reason = f"{connection.host} {exceeded}"
        if isinstance(exceeded, TooLarge):
            return TransportFault(reason, transient=False, excessive=True)
        # Others would wait as long, so for a while nobody does.
        hint = "retry; if it persists, check the API server"
        return TransportFault(reason, hint, transient=False, silent=True)


def _complete(response: BaseHTTPResponse, exchange: Exchange) -> Answer:
    """Read to the end, then return the connection to the pool. Raises ``LimitExceeded``."""
    body = bytearray()
    try:
        _check_encoding(response)
        while piece := response.read1(PIECE):
            body += piece
            exchange.check(len(body))
        exchange.check_values(body)
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return Answer(response.status, response.headers, body)


def _check_encoding(response: BaseHTTPResponse) -> None:
    """Refuse what was not asked for: some formats may take any memory to decompress."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"identity", "gzip"}:
        raise DecodeError("compressed in another format")


def _allow_silence(response: BaseHTTPResponse) -> None:
    """Lift the read time-out, which was for the headers alone."""
    sock = getattr(response.connection, "sock", None)
    if sock is not None:
        sock.settimeout(None)
