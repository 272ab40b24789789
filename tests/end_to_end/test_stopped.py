"""A run that is reported to stop: it ends what it has begun, begins nothing new and says what is left."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconcile.sandbox.embedded import Sandbox
from tests.clusters.backends import Backend
from tests.end_to_end import cli_harness
from tests.end_to_end.cli_harness import Command, FaultProxies
from tests.fault_proxy import Asked

pytestmark = pytest.mark.simulation_suffices("when a run stops does not depend on the server")


OF_CLUSTERS = {"skupperclusterpolicies", "clusterroles", "clusterrolebindings"}
"""What is written for a whole cluster, beside the sites."""


class Held:
    """Holds back the first write for a site to each cluster, and notes which come after somebody has said stop."""

    def __init__(self, box: Sandbox, proxies: FaultProxies) -> None:
        self.box = box
        self.proxies = proxies
        self.writes: list[Asked] = []
        self._waiting = threading.Semaphore(0)
        self._released = threading.Event()
        for proxy in proxies:
            proxy.before.append(self._hold)

    def wait(self) -> None:
        """Wait until every cluster has a write in flight."""
        for _ in self.proxies:
            assert self._waiting.acquire(timeout=60)

    def release(self) -> None:
        self._released.set()

    async def _hold(self, asked: Asked) -> None:
        if not asked.write or asked.plural in OF_CLUSTERS:
            return
        self.writes.append(asked)
        self._waiting.release()
        while not self._released.is_set():
            await asyncio.sleep(0.01)


@contextmanager
def holding(backend: Backend, folder: Path) -> Iterator[Held]:
    with (
        cli_harness.sandbox(backend, folder, cli_harness.data_of(folder, "vault")) as box,
        FaultProxies(box) as proxies,
    ):
        yield Held(box, proxies)


@pytest.fixture
def held(backend: Backend, tmp_path: Path) -> Iterator[Held]:
    with holding(backend, tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Stopped:
    """A run that got a signal while every cluster had a write in flight, and the one after it."""

    number: signal.Signals
    code: int
    result: str
    writes: set[str]
    """What of each kind had been written to, in the plural."""
    accounts: int
    """How many there were of the site-controller then."""
    in_flight: int
    next: tuple[int, str]


@pytest.fixture(scope="module", params=[signal.SIGINT, signal.SIGTERM])
def stopped(
    request: pytest.FixtureRequest, backend: Backend, tmp_path_factory: pytest.TempPathFactory
) -> Stopped:
    with holding(backend, tmp_path_factory.mktemp("stopped")) as held:
        command = Command(held.box, "run")
        held.wait()
        command.send(request.param)
        command.wait_until_it_says("finishing the requests in flight")
        held.release()
        code, result = command.finish()
        made = [key for key in cli_harness.end_state(held.box) if key[1] == "ServiceAccount"]
        return Stopped(
            number=request.param,
            code=code,
            result=result,
            writes={asked.plural for asked in held.writes},
            accounts=len([key for key in made if key[3] == "skupper-site-controller"]),
            in_flight=len(held.writes),
            next=cli_harness.command(held.box, "run"),
        )


def test_a_signal_ends_a_run_with_its_code_and_what_is_left(stopped: Stopped):
    assert stopped.code == 128 + stopped.number
    assert f"stopped by {stopped.number.name}; left for the next run: " in stopped.result
    assert "app-sre-stage-01/skupper-vault-net" in stopped.result.split("left for the next run")[1]
    assert "Traceback" not in stopped.result


def test_a_run_that_is_stopped_ends_the_writes_in_flight_and_begins_no_others(stopped: Stopped):
    assert stopped.writes == {"serviceaccounts"}
    assert stopped.accounts == stopped.in_flight


def test_the_next_run_finishes_what_a_stopped_one_has_left(stopped: Stopped):
    code, result = stopped.next
    assert code == 0, result


def test_a_run_whose_time_is_over_stops_like_one_that_got_a_signal(held: Held):
    command = Command(held.box, "run", "--timeout", "6s")
    held.wait()
    command.wait_until_it_says("stopping (--timeout 6s)")
    held.release()
    code, result = command.finish()
    assert code == 1
    assert "stopped by --timeout 6s; left for the next run: " in result


def test_a_dry_run_whose_time_is_over_ends_at_once(held: Held):
    for proxy in held.proxies:
        proxy.swallow()
    code, result = cli_harness.command(held.box, "run", "--dry-run", "--timeout", "1s")
    assert code == 1
    assert "stopped by --timeout 1s while reading; nothing was changed" in result
