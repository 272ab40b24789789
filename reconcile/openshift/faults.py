"""Translates failed connections into messages, and decides whether a retry may help.

The exceptions of urllib3 and of Python's sockets are not chained to our errors: some contain parts of the response,
which may be a Secret.
"""

import re
import ssl
from dataclasses import dataclass

from urllib3 import exceptions as lib

from reconcile.openshift import tls
from reconcile.openshift.access import Timeouts

_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: \d{3}")


@dataclass(frozen=True, slots=True)
class TransportFault:
    """Why there is no usable response."""

    reason: str
    hint: str = ""
    """The next step; empty: what errors of this class advise."""
    transient: bool = True
    """It is transient: a retry may succeed."""
    connecting: bool = False
    """The connection was never established, so no request was sent."""
    silent: bool = False
    """A time-out: neither a connection nor a whole response; it took seconds to find out."""
    excessive: bool = False
    """The response is larger than any that we would accept."""


class TransportError(Exception):
    """An exchange that failed."""

    def __init__(self, fault: TransportFault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def diagnose(error: Exception, host: str, timeouts: Timeouts) -> TransportFault:
    """Translate what urllib3 raised while talking to ``host`` (``name:port``). Most specific causes first."""
    if isinstance(error, lib.ProxyError):
        hint = "check HTTPS_PROXY"
        return TransportFault(f"the proxy on the way to {host} failed: {_root(error)}", hint, connecting=True)
    certificate = _find(error, ssl.SSLCertVerificationError)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        verdict, hint = tls.explain(certificate)
        return TransportFault(
            f"certificate of {host} is not valid: {verdict}", hint, transient=False, connecting=True
        )
    if isinstance(error, lib.SSLError):
        return _tls_fault(error, host)
    if isinstance(error, lib.NameResolutionError):
        hint = "check serverUrl and the name servers of this machine"
        return TransportFault(f"the name {host} cannot be resolved", hint, connecting=True)
    if isinstance(error, lib.NewConnectionError):
        return TransportFault(_not_connected(error, host), connecting=True)
    if isinstance(error, lib.ConnectTimeoutError) or _in_handshake(error):
        return TransportFault(
            f"no connection to {host} within {timeouts.connect:g} s", connecting=True, silent=True
        )
    if isinstance(error, lib.TimeoutError):
        # A retry would block the caller for as long again, so a silent server is reported at once.
        hint = "retry, or raise --request-timeout"
        return TransportFault(
            f"no answer from {host} within {timeouts.read:g} s", hint, transient=False, silent=True
        )
    if isinstance(error, lib.LocationValueError | UnicodeError):
        hint = "correct serverUrl of the cluster"
        return TransportFault(f"{host} is not a valid address", hint, transient=False, connecting=True)
    return _broken_answer(error, host)


def _tls_fault(error: lib.SSLError, host: str) -> TransportFault:
    text = str(error)
    if "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text:
        return TransportFault(f"{host} does not speak TLS", transient=False, connecting=True)
    if "EOF" in text:
        return TransportFault(f"{host} closed the connection during the TLS handshake", connecting=True)
    # An alert, say of a balancer that is being restarted; no request was sent yet.
    cause = _find(error, ssl.SSLError)
    words = getattr(cause, "reason", None) or _root(error)
    return TransportFault(f"no TLS connection to {host}: {words.lower().replace('_', ' ')}", connecting=True)


def _not_connected(error: Exception, host: str) -> str:
    if _find(error, ConnectionRefusedError):
        return f"connection refused by {host}"
    return f"no connection to {host}: {_root(error)}"


def _broken_answer(error: Exception, host: str) -> TransportFault:
    hint = "retry; if it persists, check any proxy, firewall or load balancer in between"
    if _find(error, ConnectionResetError) or _find(error, BrokenPipeError):
        return TransportFault(f"connection reset by {host}", hint)
    if "closed connection without response" in str(error):
        return TransportFault(f"{host} closed the connection without an answer", hint)
    if isinstance(error, lib.DecodeError | lib.IncompleteRead) or "IncompleteRead" in str(error):
        return TransportFault(f"the response from {host} was cut off", hint)
    return TransportFault(f"the connection to {host} failed: {_root(error)}", hint)


def _in_handshake(error: Exception) -> bool:
    # urllib3 distinguishes a time-out of the handshake from one of the response by the cause alone.
    return isinstance(error, lib.ReadTimeoutError) and "handshake" in str(error.__cause__)


def _chain(error: BaseException) -> list[BaseException]:
    """The error, what it wraps as argument, and what caused it."""
    found: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop(0)
        if current is None or current in found:
            continue
        found.append(current)
        pending += [argument for argument in current.args if isinstance(argument, BaseException)]
        # Not the context: that may be an error the caller was busy with, and none of ours.
        pending.append(current.__cause__)
    return found


def _find(error: Exception, wanted: type[Exception]) -> BaseException | None:
    return next((link for link in _chain(error) if isinstance(link, wanted)), None)


def _root(error: Exception) -> str:
    """The operating system's text for the cause, or the name of its class; never a part of a response."""
    for link in reversed(_chain(error)):
        if isinstance(link, OSError) and link.strerror:
            return link.strerror.lower()
        refused = _REFUSED_TUNNEL.match(str(link)) if isinstance(link, OSError) else None
        if refused:
            return refused[0].lower()  # not the proxy's own words, which may repeat what it was sent
    return type(error).__name__
