"""An address is dialled as a router would, and nothing is given away: no client certificate, not a byte of data."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconcile.apply import dialling
from reconcile.skupper.diagnosis.facts import Address, Reach
from tests.openshift.certificates import Authority

HOST = "127.0.0.1"
SHORT = 0.3
"""Seconds for each step where the other side does not answer."""


@contextmanager
def listener(serve: Callable[[socket.socket], None]) -> Iterator[Address]:
    """Serve one connection."""
    with socket.create_server((HOST, 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield Address(HOST, server.getsockname()[1])
        thread.join(5)


def dial(address: Address, step: float = 5.0) -> Reach:
    return dialling.reach([address], step=step)[address]


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    """As a router's: it wants a certificate of its clients."""
    authority = Authority.make(tmp_path)
    made = authority.server()
    made.load_verify_locations(authority.file)
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def test_the_certificate_that_is_presented_is_read_without_a_client_certificate(
    context: ssl.SSLContext,
) -> None:
    got: list[str] = []

    def serve(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                got.append(f"{len(tls.recv(1))} bytes")
        except ssl.SSLError as error:
            got.append(str(error.reason))

    with listener(serve) as address:
        found = dial(address)
    assert (found.addresses, found.connected, found.no_handshake) == ((HOST,), True, None)
    assert found.presented
    assert found.presented.hosts == (HOST,)
    assert got == ["PEER_DID_NOT_RETURN_A_CERTIFICATE"]


def test_a_closed_port_is_not_connected_to() -> None:
    with socket.create_server((HOST, 0)) as server:
        address = Address(HOST, server.getsockname()[1])
    found = dial(address)
    assert (found.addresses, found.connected, found.not_connected) == ((HOST,), False, "Connection refused")


def test_a_host_that_no_resolver_can_know_does_not_resolve() -> None:
    found = dial(Address("a" * 80 + ".example.com", 443))
    assert found.not_resolved
    assert not found.addresses


def test_what_is_no_tls_server_has_no_handshake() -> None:
    with listener(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address:
        found = dial(address)
    assert (found.connected, found.presented) == (True, None)
    assert found.no_handshake == "wrong version number"


def test_a_server_that_says_nothing_costs_no_more_than_its_time() -> None:
    silent = threading.Event()
    with listener(lambda _: silent.wait(5)) as address:
        found = dial(address, SHORT)
        silent.set()
    assert (found.connected, found.no_handshake) == (True, f"no answer within {SHORT} s")


def test_nothing_is_dialled_on_request() -> None:
    assert dialling.nothing([Address(HOST, 1)]) == {}
