"""The way to one API server: a checked address, the trust, and a connection pool of the ``kubernetes``
package.

The package knows the proxy variables of the environment (``HTTPS_PROXY``, ``NO_PROXY``) and keep-alive probes
that find dead watches. Its typed models, retries and error texts are not used. It is imported late, for it
takes a third of a second that ``--help`` should not pay.
"""

import ipaddress
import re
import socket
import ssl
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from reconcile.openshift import tls
from reconcile.openshift.access import Access
from reconcile.openshift.faults import TransportError, TransportFault

if TYPE_CHECKING:
    from urllib3 import PoolManager

SHORTEST_CONNECT = 1.0
"""Least seconds given to one of several addresses of a server."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to the server whose address and CA file have proved usable."""

    server: SplitResult
    context: ssl.SSLContext
    pool: "PoolManager"
    addresses: int
    """How many addresses the server's name has; urllib3 would give each the whole time-out in turn."""

    @property
    def host(self) -> str:
        """``name:port`` for error texts."""
        return self.server.netloc

    def connect_timeout(self, seconds: float) -> float:
        """Share of ``seconds`` for one address, so that a black hole with three costs no more than one."""
        return max(seconds / self.addresses, min(seconds, SHORTEST_CONNECT))

    def separate_pool(self) -> "PoolManager":
        """A pool for one connection, for a request that would hold one of the shared for long."""
        return _open_pool(self.server, self.context, size=1)


_IMPORTING = threading.Lock()


def open_connection(access: Access, *, size: int) -> Connection:
    """Check address and CA file, and make a pool that keeps up to ``size`` connections. Raises ``TransportError``."""
    try:
        server = parse_server(access.server, insecure=access.insecure)
        context = tls.context(access.ca_file, insecure=access.insecure)
    except OSError as error:
        no_file = None if isinstance(error, ssl.SSLError) else error.strerror
        reason = f"the CA file {access.ca_file} is unusable: {no_file or 'it contains no certificate'}"
        hint = "point certificate_authority in [kubernetes] of the configuration to a PEM file"
    except ValueError as error:
        reason, hint = str(error), "correct serverUrl of the cluster"
    else:
        try:
            pool = _open_pool(server, context, size=size)
            return Connection(server, context, pool, 1 if pool.proxy else _count_addresses(server))
        except (ValueError, ImportError):
            # The library's words may quote the credentials of the proxy.
            reason, hint = (
                "the proxy in HTTPS_PROXY is unusable",
                "correct that environment variable",
            )
    raise TransportError(TransportFault(reason, hint, passing=False, reaching=True))


def parse_server(server: str, *, insecure: bool) -> SplitResult:
    """Split the address of an API server.

    Raises ``ValueError`` (its text fit for an error message) if it is no URL, or plain HTTP to a machine
    other than this one: the token would travel in the clear.
    """
    parts = urlsplit(server)
    if "@" in parts.netloc:
        raise ValueError("the server address must not contain a user name or password")
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(f"the server address {server!r} is not of the form https://host:port")
    if parts.scheme == "http" and not (insecure or _is_loopback(parts.hostname)):
        raise ValueError(f"{server} is plain HTTP, which would expose the token")
    if parts.port == 0:  # reading the port also raises ValueError for one that is no number
        raise ValueError(f"the server address {server!r} has port 0")
    return parts._replace(path=parts.path.rstrip("/"), query="", fragment="")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _count_addresses(server: SplitResult) -> int:
    try:
        return len(socket.getaddrinfo(server.hostname, server.port, type=socket.SOCK_STREAM)) or 1
    except (OSError, UnicodeError):
        return 1  # the request itself will tell


def _open_pool(server: SplitResult, context: ssl.SSLContext, *, size: int) -> "PoolManager":
    # Threads that import a package side by side may see half of it: Python breaks their deadlock that way.
    with _IMPORTING:
        from kubernetes.client.configuration import Configuration
        from kubernetes.client.rest import RESTClientObject

    configuration: Any = Configuration(host=server.geturl())
    configuration.verify_ssl = context.verify_mode is ssl.CERT_REQUIRED
    configuration.connection_pool_maxsize = size
    configuration.keep_alive = True
    if _is_loopback(server.hostname or ""):
        # As Go programs do (kubectl among them): a proxy cannot reach our loopback.
        configuration.proxy = None
    if not configuration.verify_ssl:
        _accept_unverified(server.hostname or "")
    pool: PoolManager = RESTClientObject(configuration).pool_manager
    pool.connection_pool_kw["ssl_context"] = context
    return pool


def _accept_unverified(host: str) -> None:
    """Silence urllib3's warning about a host whose data declares that it is not verified."""
    from urllib3.exceptions import InsecureRequestWarning

    text = f"Unverified HTTPS request.*'{re.escape(host)}'"
    warnings.filterwarnings("ignore", message=text, category=InsecureRequestWarning)
