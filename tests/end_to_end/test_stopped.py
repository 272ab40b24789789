"""A run that is told to stop: it ends what it has begun, begins nothing new and says what is left."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconcile.sandbox.embedded import Sandbox
from tests.clusters.backends import Backend
from tests.end_to_end import boxes
from tests.end_to_end.boxes import Command, Gates
from tests.gate import Asked

SIGNALS = [signal.SIGINT, signal.SIGTERM]


class Held:
    """Holds back the first write to each cluster, and notes which writes come after somebody has said stop."""

    def __init__(self, box: Sandbox, gates: Gates) -> None:
        self.box = box
        self.gates = gates
        self.writes: list[Asked] = []
        self._waiting = threading.Semaphore(0)
        self._released = threading.Event()
        for gate in gates:
            gate.before.append(self._hold)

    def wait(self) -> None:
        """Wait until every cluster has a write in flight."""
        for _ in self.gates:
            assert self._waiting.acquire(timeout=60)

    def release(self) -> None:
        self._released.set()

    async def _hold(self, asked: Asked) -> None:
        if not asked.write or asked.plural == "skupperclusterpolicies":
            return
        self.writes.append(asked)
        self._waiting.release()
        while not self._released.is_set():
            await asyncio.sleep(0.01)


@pytest.fixture
def held(backend: Backend, tmp_path: Path) -> Iterator[Held]:
    with ExitStack() as stack:
        box = stack.enter_context(boxes.sandbox(backend, tmp_path, boxes.data_of(tmp_path, "vault")))
        yield Held(box, stack.enter_context(Gates(box)))


def stopped_by(number: signal.Signals, held: Held) -> tuple[int, str]:
    command = Command(held.box, "run")
    held.wait()
    command.send(number)
    command.wait_until_it_says("finishing the requests in flight")
    held.release()
    return command.finish()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_run_with_its_code_and_what_is_left(number: signal.Signals, held: Held):
    code, told = stopped_by(number, held)
    assert code == 128 + number
    assert f"stopped by {number.name}; left to the next run: " in told
    assert "app-sre-stage-01/skupper-vault-net" in told.split("left to the next run")[1]
    assert "Traceback" not in told


def test_a_run_that_is_told_to_stop_ends_the_writes_in_flight_and_begins_no_others(held: Held):
    stopped_by(signal.SIGTERM, held)
    assert {asked.plural for asked in held.writes} == {"serviceaccounts"}
    made = [key for key in boxes.end_state(held.box) if key[1] == "ServiceAccount"]
    assert len([key for key in made if key[3] == "skupper-site-controller"]) == len(held.writes)


def test_the_next_run_finishes_what_a_stopped_one_has_left(held: Held):
    stopped_by(signal.SIGTERM, held)
    code, told = boxes.command(held.box, "run")
    assert code == 0, told


def test_a_run_whose_time_is_over_stops_like_one_that_got_a_signal(held: Held):
    command = Command(held.box, "run", "--timeout", "6s")
    held.wait()
    command.wait_until_it_says("stopping by --timeout 6s")
    held.release()
    code, told = command.finish()
    assert code == 1
    assert "stopped by --timeout 6s; left to the next run: " in told


def test_a_dry_run_whose_time_is_over_ends_at_once(held: Held):
    for gate in held.gates:
        gate.swallow()
    code, told = boxes.command(held.box, "run", "--dry-run", "--timeout", "1s")
    assert code == 1
    assert "stopped by --timeout 1s while reading; nothing was changed" in told
