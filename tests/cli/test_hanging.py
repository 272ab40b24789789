"""A cluster that does not answer, and somebody who does not want to wait for it."""

import asyncio
import signal
import threading
from collections.abc import Iterator

import pytest

from reconcile.sandbox.embedded import Sandbox
from tests.cli.processes import PATIENCE, start
from tests.end_to_end.cli_harness import FaultProxies
from tests.fault_proxy import Asked

pytestmark = pytest.mark.simulation_suffices("what a signal does, does not depend on the server")

SOON = 10
"""Seconds within which a command has to be gone; a request to a cluster may take three times as long."""


@pytest.fixture
def asked(sandbox: Sandbox) -> Iterator[threading.Event]:
    """Set when a command has asked a cluster for something that it will not be reported."""
    heard = threading.Event()

    async def hang(_: Asked) -> None:
        heard.set()
        await asyncio.sleep(PATIENCE)

    with FaultProxies(sandbox) as proxies:
        next(iter(proxies)).before.append(hang)
        yield heard


@pytest.mark.parametrize("name", ["plan", "status", "run"])
def test_ctrl_c_ends_a_command_at_once(name: str, sandbox: Sandbox, asked: threading.Event) -> None:
    with start(name, config=sandbox.config) as process:
        assert asked.wait(PATIENCE)
        process.send_signal(signal.SIGINT)
        _, reported = process.communicate(timeout=SOON)
    assert process.returncode == 130
    assert "stopped" in reported
    assert "Traceback" not in reported


def test_sigterm_ends_a_run_at_once(sandbox: Sandbox, asked: threading.Event) -> None:
    with start("run", config=sandbox.config) as process:
        assert asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SOON)
    assert process.returncode == 143
