"""The connection pool of one cluster, made by the ``kubernetes`` package.

The package knows the proxy variables of the environment (``HTTPS_PROXY``, ``NO_PROXY``) and keep-alive probes
that find dead watches. Its typed models, retries and error texts are not used. It is imported late, for it
takes a third of a second that ``--help`` should not pay.
"""

import ipaddress
import re
import ssl
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    import urllib3


def parse_server(server: str, *, insecure: bool) -> SplitResult:
    """Split the address of an API server.

    Raises ``ValueError`` (its text fit for an error message) if it is no URL, or plain HTTP to a machine
    other than this one: the token would travel in the clear.
    """
    parts = urlsplit(server)
    if "@" in parts.netloc:
        raise ValueError("the server address must not hold a user name or password")
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(f"the server address {server!r} is not of the form https://host:port")
    if parts.scheme == "http" and not (insecure or is_loopback(parts.hostname)):
        raise ValueError(f"{server} is plain HTTP, which would show the token to the network")
    if parts.port == 0:  # reading the port also raises ValueError for one that is no number
        raise ValueError(f"the server address {server!r} has port 0")
    return parts._replace(path=parts.path.rstrip("/"), query="", fragment="")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_pool(server: SplitResult, context: ssl.SSLContext, *, size: int) -> "urllib3.PoolManager":
    """Make a pool that keeps up to ``size`` connections."""
    from kubernetes.client.configuration import Configuration
    from kubernetes.client.rest import RESTClientObject

    configuration: Any = Configuration(host=server.geturl())
    configuration.verify_ssl = context.verify_mode is ssl.CERT_REQUIRED
    configuration.connection_pool_maxsize = size
    configuration.keep_alive = True
    if is_loopback(server.hostname or ""):
        # As Go programs do (kubectl among them): a proxy cannot reach our loopback.
        configuration.proxy = None
    if not configuration.verify_ssl:
        _accept_unverified(server.hostname or "")
    pool: urllib3.PoolManager = RESTClientObject(configuration).pool_manager
    pool.connection_pool_kw["ssl_context"] = context
    return pool


def _accept_unverified(host: str) -> None:
    """Silence urllib3 about a host whose data declares that it is not verified."""
    from urllib3.exceptions import InsecureRequestWarning

    warnings.filterwarnings(
        "ignore", message=f"Unverified HTTPS request.*{re.escape(host)}", category=InsecureRequestWarning
    )
