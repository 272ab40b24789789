"""The connection to one API server: a validated address, the TLS context, and a pool of the ``kubernetes`` package.

The package supports the proxy variables of the environment (``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``) and
keep-alive probes that find dead watches. Its typed models, retries and error texts are not used. It is imported late,
since that takes a third of a second.
"""

import re
import socket
import ssl
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from reconcile import server_address
from reconcile.http.addresses import is_loopback
from reconcile.http.connections import limit
from reconcile.openshift import tls
from reconcile.openshift.access import Access
from reconcile.openshift.faults import TransportError, TransportFault

if TYPE_CHECKING:
    from urllib3 import PoolManager

SHORTEST_CONNECT = 1.0
"""Least seconds given to one of several addresses of a server."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection pool for a server whose address and CA file are valid."""

    server: SplitResult
    context: ssl.SSLContext
    pool: "PoolManager"
    watches: "PoolManager"
    """For requests that occupy a connection for long, each its own."""
    addresses: int
    """How many addresses the server's name has; urllib3 would give each the whole time-out in turn."""

    @property
    def host(self) -> str:
        """``name:port`` for error texts."""
        return self.server.netloc

    def connect_timeout(self, seconds: float) -> float:
        """Share of ``seconds`` for one address, so that three addresses do not take three times as long."""
        return max(seconds / self.addresses, min(seconds, SHORTEST_CONNECT))


_WATCHES = 500
"""More than a client has open, even if it watches each namespace: urllib3 warns of each that it has no place for."""
_IMPORTING = threading.Lock()


def open_connection(access: Access, *, size: int) -> Connection:
    """Validate address and CA file, and create a pool of up to ``size`` connections. Raises ``TransportError``."""
    try:
        server = parse_server(access.server, insecure=access.insecure)
        # Plain HTTP, to this machine, verifies nothing.
        context = tls.context(access.ca_file, insecure=access.insecure or server.scheme == "http")
    except OSError as error:
        no_file = None if isinstance(error, ssl.SSLError) else error.strerror
        reason = f"the CA file {access.ca_file} is unusable: {no_file or 'it contains no certificate'}"
        hint = "point certificate_authority in [kubernetes] of the configuration to a PEM file"
    except ValueError as error:
        reason, hint = str(error), "correct serverUrl of the cluster"
    else:
        try:
            pool, watches = _open_pools(server, context, size, _WATCHES)
            return Connection(server, context, pool, watches, 1 if pool.proxy else _count_addresses(server))
        except (ValueError, ImportError):
            # The library's text may quote the credentials of the proxy.
            reason, hint = (
                "the proxy in HTTPS_PROXY is unusable",
                "correct that environment variable",
            )
    raise TransportError(TransportFault(reason, hint, transient=False, connecting=True))


def parse_server(server: str, *, insecure: bool) -> SplitResult:
    """Split the address of an API server.

    Raises ``ValueError`` (its text is fit for an error message) if no client could use it, or if it is plain HTTP to
    another machine: the token would be sent unencrypted.
    """
    try:
        address = server_address.parse(server)
    except ValueError as error:
        # What may hold a password is not shown.
        shown = "" if set("@?#") & set(server) else f" {server!r}"
        raise ValueError(f"the server address{shown} is unusable: {error}") from None
    parts = urlsplit(address.url)
    if parts.scheme == "http" and not (insecure or is_loopback(parts.hostname or "")):
        raise ValueError(f"{server} is plain HTTP, which would expose the token")
    return parts


def _count_addresses(server: SplitResult) -> int:
    try:
        return len(socket.getaddrinfo(server.hostname, server.port, type=socket.SOCK_STREAM)) or 1
    except (OSError, UnicodeError):
        return 1  # the request itself will fail


def _open_pools(server: SplitResult, context: ssl.SSLContext, *sizes: int) -> list["PoolManager"]:
    # Threads that import a package concurrently may see it partly initialised: so Python avoids deadlocks.
    with _IMPORTING:
        from kubernetes.client.configuration import Configuration

    configuration: Any = Configuration(host=server.geturl())
    configuration.verify_ssl = context.verify_mode is ssl.CERT_REQUIRED
    configuration.keep_alive = True
    if is_loopback(server.hostname or ""):
        # As Go programs do (kubectl among them): a proxy cannot reach our loopback.
        configuration.proxy = None
    if not configuration.verify_ssl:
        _accept_unverified(server.hostname or "")
    return [_open_pool(configuration, context, size) for size in sizes]


def _open_pool(configuration: Any, context: ssl.SSLContext, size: int) -> "PoolManager":
    with _IMPORTING:
        from kubernetes.client.rest import RESTClientObject

    configuration.connection_pool_maxsize = size
    pool: PoolManager = RESTClientObject(configuration).pool_manager
    pool.connection_pool_kw["ssl_context"] = context
    limit(pool)
    return pool


def _accept_unverified(host: str) -> None:
    """Silence urllib3's warning about a host whose data declares that it is not verified."""
    from urllib3.exceptions import InsecureRequestWarning

    text = f"Unverified HTTPS request.*'{re.escape(host)}'"
    warnings.filterwarnings("ignore", message=text, category=InsecureRequestWarning)
