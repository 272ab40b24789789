"""Whole runs over a sandbox: time, requests as the servers count them, links."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from reconcile.apply.events import Event, Planned
from reconcile.integration import open_session
from reconcile.sandbox.embedded import Sandbox, Source
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.skupper.limits import Limits
from reconcile.skupper.plan import LinkReport
from reconcile.skupper.selection import Selection
from tests.bench import fleets

PATIENCE = 120.0
OURS = "sandbox:"
"""How the accounts of our tokens begin; the simulated Skupper uses the administrator's."""


@dataclass(frozen=True)
class Invocation:
    """What a session asks of the command line, as its defaults have it."""

    config: Path
    thread_pool_size: int = 10
    request_timeout: float = 10
    selection: Selection = Selection()
    pin_sha: bool = True
    validate_schemas: bool = True


@dataclass
class Ran:
    """What one run took."""

    seconds: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    """Cluster -> requests of ours."""
    writes: int = 0
    links: tuple[LinkReport, ...] = ()
    others_up: float = 0.0
    """Seconds until all links with no end on `apart` were up."""

    @property
    def most_requests(self) -> int:
        return max(self.requests.values(), default=0)


class Box:
    """A sandbox with some networks, and runs over it."""

    def __init__(self, sandbox: Sandbox, source: Source) -> None:
        self.sandbox = sandbox
        self.source = source
        self._now = Ran()
        for cluster in sandbox:
            cluster.faults.before.append(self._count)

    def run(self, *, apart: str = "") -> Ran:
        """One run, from configuration to verdict, as the command line does it."""
        ran = self._now = Ran()
        started = time.perf_counter()

        def listen(event: Event) -> None:
            if isinstance(event, Planned) and not ran.others_up and _all_up(event.plan.links, apart):
                ran.others_up = time.perf_counter() - started

        with open_session(Invocation(self.sandbox.config), limits=Limits(budget=10)) as session:
            outcome = session.run(listen).execute(PATIENCE)
        ran.seconds = time.perf_counter() - started
        ran.links = outcome.plan.links
        return ran

    def slow_down(self, cluster: str, delay: float) -> None:
        """Make every answer of one cluster to us late by some seconds."""

        async def wait(call: Call) -> None:
            if call.user.startswith(OURS) and call.verb != "watch":
                await asyncio.sleep(delay)

        self.sandbox.clusters[cluster].faults.before.append(wait)

    def _count(self, call: Call) -> None:
        if call.user.startswith(OURS):
            self._now.requests[call.cluster] += 1
            self._now.writes += call.is_write


@contextmanager
def box(networks: int) -> Iterator[Box]:
    """A running sandbox with so many networks of six sites each."""
    with TemporaryDirectory(prefix="bench-") as folder:
        source = fleets.make(Path(folder) / "data", networks)
        with Sandbox(source, Path(folder) / "sandbox") as sandbox:
            yield Box(sandbox, source)


def _all_up(links: tuple[LinkReport, ...], apart: str) -> bool:
    counted = [
        report for report in links if apart not in {report.link.dialler.cluster, report.link.issuer.cluster}
    ]
    return bool(counted) and all(report.converged for report in counted)
