"""An address is dialled as a router would, and nothing is given away: no client certificate, not a byte of data."""

import ast
import json
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from reconcile.apply import dialling, probe
from reconcile.apply.executing import Clusters
from reconcile.skupper.certificates import Certificate, read
from reconcile.skupper.diagnosis import probe_answer
from reconcile.skupper.diagnosis.facts import Address, Dialled, Reach
from reconcile.skupper.diagnosis.probe_job import MOST
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from tests.openshift.certificates import Authority

HOST = "127.0.0.1"
LINK = Link(SiteKey("a", "net"), SiteKey("b", "net"))
NO_CLUSTERS = Clusters({}, {})
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
    assert dialling.nothing({LINK: Dialled(Address(HOST, 1))}, NO_CLUSTERS, Ownership("test")) == {}


def test_from_here_only_addresses_are_dialled_that_mean_something_here() -> None:
    inside = {LINK: Dialled(Address(HOST, 1), inside=True)}
    assert dialling.from_here(inside, NO_CLUSTERS, Ownership("test")) == {}


class TestAsAProgram:
    """What a pod runs."""

    def test_it_reports_a_certificate_as_expected_by_its_fingerprint_alone(self, tmp_path: Path) -> None:
        with presenting(tmp_path) as (address, certificate):
            (found,) = reported((address, certificate.fingerprint))
        assert found == {
            "at": 0,
            "addresses": [HOST],
            "connected": True,
            "sha256": certificate.fingerprint,
        }

    def test_it_reports_another_certificate_as_a_whole(self, tmp_path: Path) -> None:
        with presenting(tmp_path) as (address, certificate):
            (found,) = reported((address, ""))
        assert probe_answer.reach(found).presented == certificate

    def test_what_it_reports_fits_into_a_termination_message_whatever_it_finds(self) -> None:
        found = {
            "addresses": [f"2001:db8:{n:04x}:1111:2222:3333:4444:5555" for n in range(20)],
            "connected": True,
            "certificate": b64encode(b"x" * 1500).decode(),
        }
        failed = {"addresses": found["addresses"], "connected": True, "no_handshake": "é" * 1000}
        lines = probe.lines({**dict.fromkeys(range(MOST - 2), failed), 6: found, 7: found}, [""] * MOST)
        assert len(lines.encode()) <= 4096
        assert [json.loads(line)["at"] for line in lines.splitlines()] == list(range(MOST))

    def test_a_host_that_hangs_does_not_keep_it(self) -> None:
        silent = threading.Event()
        with listener(lambda _: silent.wait(5)) as address:
            assert probe.report([(*address, "")], 5.0, SHORT) == ""
            silent.set()

    def test_it_is_python_of_any_router_image_and_imports_nothing_of_ours(self) -> None:
        program = Path(probe.__file__).read_text()
        tree = ast.parse(program, feature_version=(3, 6))
        assert "reconcile" not in {
            name.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for name in node.names
        }
        assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
        assert "$" not in program


def reported(*targets: tuple[Address, str]) -> list[dict[str, Any]]:
    lines = probe.report([(*address, expected) for address, expected in targets], 5.0, 20.0)
    return [json.loads(line) for line in lines.splitlines()]


@contextmanager
def presenting(folder: Path) -> Iterator[tuple[Address, Certificate]]:
    """A server, and its certificate."""
    context = Authority.make(folder).server()

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with listener(serve) as address:
        (chain,) = folder.glob("server-*.pem")
        yield address, read(b64encode(chain.read_bytes()).decode())
