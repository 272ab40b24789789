"""What a test run costs: wall time, processor time, peak memory and API servers, reported at its end.

A plugin of the tests' conftest. The pool of API servers belongs to the process that began the run; workers report
their own figures to it when they end.
"""

import resource
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.cli import processes
from tests.clusters import assets, pool
from tests.clusters.pool import Pool


@dataclass
class Costs:
    """Figures of one run."""

    began: float = field(default_factory=time.monotonic)
    tests: float = 0.0
    """Processor seconds of the test processes and of what they started."""
    servers: float = 0.0
    """Processor seconds of etcd, API servers and controllers."""
    peak: int = 0
    """Bytes; the largest test process, or one that it started."""
    started: int = 0
    """API servers."""
    pool: Pool | None = None
    end: ExitStack = field(default_factory=ExitStack)

    def stop_servers(self) -> None:
        before = _seconds(resource.RUSAGE_CHILDREN)
        self.started = self.pool.size if self.pool else 0
        self.end.close()
        self.servers = _seconds(resource.RUSAGE_CHILDREN) - before


_costs = pytest.StashKey[Costs]()
_ALL = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def pytest_configure(config: pytest.Config) -> None:
    """Have a pool of API servers in the process that began the run; it starts none before a test asks."""
    if hasattr(config, "workerinput"):
        return
    config.stash[_costs] = costs = Costs()
    found = assets.find()
    if found:
        costs.pool = costs.end.enter_context(pool.serving(found))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that began the run what this one has cost; end the servers there."""
    config = session.config
    # What it has started counts when it has ended: the commands of the tests that ran in processes of their own.
    processes.stop()
    if hasattr(config, "workeroutput"):
        config.workeroutput.update({"tests": _seconds(*_ALL), "peak": _peak(*_ALL)})
        return
    costs = config.stash[_costs]
    # Workers have reported theirs; they count as children here once they have ended.
    mine = (resource.RUSAGE_SELF,) if config.getoption("numprocesses", None) else _ALL
    costs.tests += _seconds(*mine)
    costs.peak = max(costs.peak, _peak(*mine))
    costs.stop_servers()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Add up what a worker has reported."""
    output = getattr(node, "workeroutput", {})
    costs: Costs = node.config.stash[_costs]  # type: ignore[attr-defined]
    costs.tests += output.get("tests", 0.0)
    costs.peak = max(costs.peak, output.get("peak", 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures."""
    costs = config.stash[_costs]
    terminalreporter.write_line(
        f"this run: {time.monotonic() - costs.began:.0f} s; processor {costs.tests:.0f} s in tests, "
        f"{costs.servers:.0f} s in API servers; largest test process {costs.peak / 2**20:.0f} MiB; "
        f"API servers started: {costs.started}"
    )


def _seconds(*who: int) -> float:
    usages = [resource.getrusage(each) for each in who]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak(*who: int) -> int:
    return max(resource.getrusage(each).ru_maxrss for each in who) * 1024
