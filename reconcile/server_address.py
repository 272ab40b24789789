"""Addresses of API servers: which ones a client can use, and which ones are the same server.

The check of the data and the client of a cluster both ask ``parse``, so what passes a review works in the run. The
pattern of ``serverUrl`` in the schema is the part of it that a pattern can say.
"""

import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import unquote

_DEFAULT_PORTS = {"https": 443, "http": 80}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[^][/?#]*\]|[^][:/?#]*)(?::(?P<port>[^/?#]*))?(?P<path>/[^?#]*)?",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


class Endpoint(NamedTuple):
    """Where an API server is, however its address is spelled. The scheme makes no difference, the port does."""

    host: str
    port: int
    path: str
    """One proxy may serve several API servers under different paths."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The address of an API server as a client uses it."""

    scheme: str
    host: str
    """Name or IPv4 address in small letters, or IPv6 address in brackets."""
    port: int | None
    """None: the default of the scheme."""
    path: str
    """Empty, or what precedes every request path: it starts with a slash and does not end with one."""
    endpoint: Endpoint = field(repr=False)

    @property
    def netloc(self) -> str:
        """``host:port``, or the host alone."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return f"{self.scheme}://{self.netloc}{self.path}"


def parse(text: str) -> ServerAddress:
    """Parse an address; capitals in scheme and host, a path and slashes at its end are welcome.

    Raises:
        ValueError: if no client could use it. The text names the reason, and never the address, which may hold a
            password.
    """
    if "@" in re.split(r"[/?#]", text.partition("://")[2])[0]:
        raise ValueError("it must not contain a user name or password")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("it contains a space, a line break or a character that is not ASCII")
    match = _URL.fullmatch(text)
    if match is None:
        if "?" in text or "#" in text:
            raise ValueError("it must not contain a query or fragment (? or #)")
        raise ValueError("it is not of the form https://host:port/path")
    scheme, host = match["scheme"].lower(), _host(match["host"].lower())
    port = _port(match["port"] or "")
    path = _path(match["path"] or "")
    # Ports and paths are compared as proxies see them: percent escapes resolved, repeated slashes as one.
    same_path = re.sub("/+", "/", unquote(path))
    endpoint = Endpoint(_canonical(host), port or _DEFAULT_PORTS[scheme], same_path)
    return ServerAddress(scheme, host, port, path, endpoint)


def _host(host: str) -> str:
    if host.startswith("["):
        try:
            if "%" in host:
                raise AddressValueError
            IPv6Address(host[1:-1])
        except ValueError:
            raise ValueError("the host in brackets is not an IPv6 address") from None
        return host
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("its host is not a name or address of a machine")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            IPv4Address(host)
        except ValueError:
            raise ValueError("its host is a number, but not a complete IPv4 address") from None
    return host


def _canonical(host: str) -> str:
    if not host.startswith("["):
        return host.removesuffix(".")
    address = IPv6Address(host[1:-1])
    return str(address.ipv4_mapped or address)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text.lstrip("0")) > 5 or not 0 < int(text) < 65536:
        raise ValueError("its port is not a number between 1 and 65535")
    return int(text)


def _path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError("its path contains a character that must be escaped with %")
    if any(unquote(segment) in {".", ".."} or "/" in unquote(segment) for segment in path.split("/")):
        raise ValueError("its path contains . or .. or an escaped slash")
    return path.rstrip("/")
