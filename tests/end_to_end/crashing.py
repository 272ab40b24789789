"""Runs that end after any of their writes: processes that are killed, and runs in this process that are cut off.

To the clusters both look the same. A killed process leaves no doubt that nothing in it lived on; a run that is cut off
needs neither a process nor fault proxies, so that every write can be the last one at every test run.
"""

import itertools
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import click
import kubernetes.client.rest  # noqa: F401 imported by threads later: they must not meet the command importing it

from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.client import Client  # noqa: F401 as above
from reconcile.apply.events import Event
from reconcile.cli.opening import open_session
from reconcile.cli.options import Common, common, limits
from reconcile.sandbox.embedded import Sandbox, Source
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.skupper.limits import Limits
from tests.cli.calling import call
from tests.clusters.backends import Backend
from tests.end_to_end import cli_harness
from tests.end_to_end.cli_harness import Command, FaultProxies
from tests.fault_proxy import Asked
from tests.waiting import until

PATIENCE = 60.0
"""Seconds in which links must have come up: a run that loses something fails the test instead of holding it up."""
ALL = ("--max-removals", "100")
PAIR = "pair"
"""The network `vault` with two of its sites and the link between them."""

Write = tuple[str, str]
"""Verb and resource: ``("create", "secrets")``."""


class Victim(Protocol):
    """A run that is under way."""

    def kill(self) -> None:
        """End it at once."""

    def finish(self) -> bool:
        """Wait for its end, and say whether it came to its own one."""


class KilledProcess:
    """`run` in a process of its own, which is killed by SIGKILL."""

    def __init__(self, box: Sandbox) -> None:
        self._command = Command(box, "run", *ALL)

    def kill(self) -> None:
        self._command.kill()

    def finish(self) -> bool:
        code, reported = self._command.finish()
        assert code in {0, -signal.SIGKILL}, reported
        return code == 0


class AbandonedRun:
    """`run` in this process: the session that the command opens, from the same options.

    Cutting it off from the clusters is what kills it. It is only asked to stop so that it does not go on trying for
    seconds, and it has ended when no thread is left that could write once the next run is let through.
    """

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._stop = threading.Event()

    def kill(self) -> None:
        self._stop.set()

    def finish(self) -> bool:
        shared, chosen = _options.main(["--config", str(self._box.config), *ALL], standalone_mode=False)
        with open_session(shared, limits=chosen, stop=self._stop) as session:
            outcome = session.run(_unheard).execute(wait=PATIENCE)
        until(lambda: not _writers(), PATIENCE)
        assert outcome.stopped or not outcome.failures, outcome.failures
        return not outcome.stopped


@click.command()
@limits
@common
def _options(common: Common, limits: Limits) -> tuple[Common, Limits]:
    return common, limits


def _unheard(event: Event) -> None:
    """Say nothing: what a killed run would have said, nobody hears."""


def _writers() -> list[threading.Thread]:
    """The threads of runs in this process that may write."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("write-")]


class Crash:
    """Ends a run as soon as its `at`-th write, counted over all clusters from 1, has taken effect.

    The answer does not arrive any more. Writes that are under way on other connections may take effect or not, as with
    any process that dies.
    """

    def __init__(self, start: Callable[[], Victim]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._at = 0
        self._dead = False
        self._victim: Victim | None = None
        self.writes: list[Write] = []
        """Those of the last run that took effect."""

    def run(self, at: int = 0) -> bool:
        """Start a run and see it end; whether it was killed. With 0, it is not."""
        with self._lock:
            self.writes, self._at = [], at
            victim = self._victim = self._start()
        finished = victim.finish()
        with self._lock:
            killed, self._dead = self._dead, False
            self._victim = None
        assert finished is not killed, "it comes to its own end if and only if it is not killed"
        return killed

    def note(self, write: Write) -> None:
        """Note a write that has taken effect and is not answered yet."""
        with self._lock:
            self.writes.append(write)
            if len(self.writes) == self._at and self._victim:
                self._dead = True
                self._victim.kill()

    def bar(self) -> None:
        """Let nothing pass, either way, once the run is dead."""
        if self._dead:
            raise ConnectionResetError


@contextmanager
def killing_processes(box: Sandbox) -> Iterator[Crash]:
    """Crashes of processes, on any back end."""
    crash = Crash(partial(KilledProcess, box))

    def after(asked: Asked) -> None:
        if asked.write:
            crash.note((asked.verb, asked.plural))
        crash.bar()

    with FaultProxies(box) as proxies:
        for proxy in proxies:
            proxy.after.append(after)
        yield crash


@contextmanager
def cutting_off(box: Sandbox) -> Iterator[Crash]:
    """Crashes of runs in this process, on simulated clusters."""
    crash = Crash(partial(AbandonedRun, box))

    def ours(request: Call) -> bool:
        return request.user.startswith("sandbox:")

    def before(request: Call) -> None:
        if ours(request):
            crash.bar()

    def after(request: Call) -> None:
        if ours(request) and request.is_write:
            crash.note((request.verb, request.resource.kind.plural))
        before(request)

    for cluster in box.clusters:
        cluster.faults.before.append(before)
        cluster.faults.after.append(after)
    yield crash


class Versions:
    """Data that declares all sites of one network, or their removal; each is built once, for that takes time."""

    def __init__(self, folder: Path, network: str) -> None:
        data = (
            cli_harness.data_of(folder, "vault", without=["skupper-vault-net.app-sre-stage-02.yml"])
            if network == PAIR
            else cli_harness.data_of(folder, network)
        )
        self._bundles: dict[bool, Bundle] = {}
        for delete in (True, False):
            cli_harness.declare(data, delete=delete)
            self._bundles[delete] = Source(data, cli_harness.ROOT / "schemas").bundle()
        self.delete = False

    def bundle(self) -> Bundle:
        return self._bundles[self.delete]


class Rounds:
    """One network on its clusters, set up and removed again and again; a round starts from what the last has left."""

    def __init__(self, box: Sandbox, versions: Versions, crash: Crash) -> None:
        """See what an undisturbed first run and an undisturbed removal do."""
        self._box, self._versions, self._crash = box, versions, crash
        self.empty = cli_harness.end_state(box)
        self._declare(delete=False)
        self.writes = crash.writes
        """What a first run writes."""
        self.linked = self._finish_somehow("after a first run")
        self._declare(delete=True)
        self.removals = crash.writes
        """What a removal writes."""
        self._finish(self.empty, "after a removal")

    def go(self, first: int, removal: int) -> tuple[bool, bool]:
        """Have a first run killed after so many writes, finish it, then the same with a removal; tell which were."""
        killed = self._declare(delete=False, at=first)
        self._finish(self.linked, f"after a first run that was killed at write {first}")
        killed_too = self._declare(delete=True, at=removal)
        self._finish(self.empty, f"after a removal that was killed at write {removal}")
        return killed, killed_too

    def go_through_all(self) -> None:
        """Have runs killed after every one of their writes, until none is left to be killed."""
        last = next(at for at in itertools.count(1) if not any(self.go(at, at)))
        assert last > max(len(set(self.writes)), len(set(self.removals)))

    def go_through_some(self, draw: random.Random, drawn: int) -> None:
        """Have runs killed after the first, the middle and the last write, and after some others."""
        chosen = zip(some(len(self.writes), draw, drawn), some(len(self.removals), draw, drawn), strict=True)
        fates = [self.go(first, removal) for first, removal in chosen]
        # How many writes it takes depends a little on what is seen when: the last ones may not come.
        assert all(killed and killed_too for killed, killed_too in fates[:2])

    def _declare(self, *, delete: bool, at: int = 0) -> bool:
        self._versions.delete = delete
        self._box.reload()
        return self._crash.run(at)

    def _finish(self, state: cli_harness.State, moment: str) -> None:
        """Run undisturbed; see it end with this on the clusters."""
        found = self._finish_somehow(moment)
        assert found == state, f"{moment}: too much: {found - state}, missing: {state - found}"

    def _finish_somehow(self, moment: str) -> cli_harness.State:
        result = call("run", *ALL, "--wait", f"{PATIENCE:g}s", config=self._box.config)
        assert result.exit_code == 0, f"{moment}: {result.output}"
        return cli_harness.end_state(self._box)


def some(total: int, draw: random.Random, drawn: int) -> list[int]:
    """The first, the middle and the last of 1 to `total`, and so many others."""
    fixed = {1, (total + 1) // 2, total}
    return sorted({*fixed, *draw.sample(sorted(set(range(1, total + 1)) - fixed), drawn)})


@contextmanager
def rounds(
    network: str, backend: Backend, folder: Path, crashes: Callable[[Sandbox], AbstractContextManager[Crash]]
) -> Iterator[Rounds]:
    """One network on clusters of its own; what runs in this process does without TLS, since there are many runs."""
    versions = Versions(folder, network)
    make = partial(backend.clusters, tls=crashes is killing_processes)
    with Sandbox(versions, folder / "sandbox", make=make) as box, crashes(box) as crash:
        yield Rounds(box, versions, crash)
