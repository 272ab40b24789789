"""Probes an address as a router would dial it: resolve, connect, TLS handshake, hang up.

No client certificate is presented and nothing is sent after the handshake; in TLS 1.3 the certificate of the server
arrives before it asks for one. The certificate is not verified here but handed on, for a diagnosis to compare.
"""

import socket
import ssl
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

from reconcile.skupper.certificates import read_der
from reconcile.skupper.diagnosis.facts import Address, Reach

STEP = 5.0
"""Seconds for each step at one address."""
THREADS = 16

Dial = Callable[[Iterable[Address]], dict[Address, Reach]]


def nothing(_: Iterable[Address]) -> dict[Address, Reach]:
    """Dial none of the addresses."""
    return {}


def reach(addresses: Iterable[Address], *, step: float = STEP) -> dict[Address, Reach]:
    """Probe each address once, in parallel; never raises."""
    wanted = sorted(set(addresses))
    if not wanted:
        return {}
    # A resolver that hangs is not to be interrupted, so there is a limit for all, too.
    limit = 3 * step * (1 + len(wanted) // THREADS)
    pool = ThreadPoolExecutor(min(THREADS, len(wanted)), thread_name_prefix="dial")
    futures = {address: pool.submit(_reach, address, step) for address in wanted}
    wait(futures.values(), timeout=limit)
    pool.shutdown(wait=False, cancel_futures=True)
    return {
        address: future.result()
        if future.done() and not future.cancelled()
        else Reach(not_resolved=f"no answer within {limit:g} s")
        for address, future in futures.items()
    }


def _reach(address: Address, step: float) -> Reach:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Reach(not_resolved=_reason(error, step))
    resolved = tuple(sorted({str(entry[4][0]) for entry in found}))
    try:
        connection = socket.create_connection(address, timeout=step)
    except OSError as error:
        return Reach(resolved, not_connected=_reason(error, step))
    with connection:
        try:
            with _context().wrap_socket(connection, server_hostname=address.host) as tls:
                presented = tls.getpeercert(binary_form=True)
        except (OSError, ValueError) as error:
            return Reach(resolved, connected=True, no_handshake=_reason(error, step))
    if presented is None:
        return Reach(resolved, connected=True, no_handshake="no certificate was presented")
    return Reach(resolved, connected=True, presented=read_der(presented))


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Skupper's own CA signed it, and a wrong one is to be seen; nothing is sent over the connection.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _reason(error: Exception, step: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {step:g} s"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
