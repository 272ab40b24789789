"""What all tests share: how much they prove, what they draw, and the back ends on which clusters are made."""

import gc
import os
import random
import warnings
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisSideeffectWarning

from reconcile.app_interface import environment
from tests.clusters import assets, backends
from tests.clusters.backends import Backend, Kind
from tests.openshift.certificates import Authority

# Until all tests are collected: what is imported stays.
gc.disable()
pytest_plugins = ["tests.run_costs", "tests.request_shapes"]

settings.register_profile(
    "project", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("sample", parent=settings.get_profile("project"), max_examples=12)
settings.register_profile("thorough", parent=settings.get_profile("project"), max_examples=2000)

_SEED = "PYTEST_SEED"
"""The environment variable that hands the seed on to the worker processes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for exhaustive runs and for repeating a run."""
    group = parser.getgroup("proof")
    group.addoption("--proof", action="store_true", help="run the exhaustive form of every test (make proof)")
    group.addoption("--seed", type=int, help="draw the same cases as the run that printed this seed")


def pytest_configure(config: pytest.Config) -> None:
    """Settle how many examples Hypothesis draws and, once for all processes of this run, the seed.

    No test trusts the authorities of this machine. They are for servers elsewhere; each run in a test would read them,
    hundreds of certificates.
    """
    usual = "project" if config.getoption("--proof") else "sample"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", usual))
    for name in environment.OF_REQUESTS:
        os.environ.pop(name, None)
    if not hasattr(config, "workerinput"):
        given = config.getoption("--seed")
        trusted = TemporaryDirectory(prefix="authorities-")
        config.add_cleanup(trusted.cleanup)
        (name,) = environment.OF_OPENSSL
        os.environ[name] = Authority.make(Path(trusted.name), "authority of no server").file
        os.environ[_SEED] = str(random.SystemRandom().randrange(10**6) if given is None else given)
        # Writes Hypothesis' table of characters to disk: to make it takes a process 200 MB, to read it almost nothing.
        with warnings.catch_warnings(action="ignore", category=HypothesisSideeffectWarning):
            st.text().validate()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together what shares a costly fixture."""
    from tests.scheduling import Together

    return Together(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def proof(request: pytest.FixtureRequest) -> bool:
    """Whether every case is to be tried, not a sample."""
    return bool(request.config.getoption("--proof"))


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    """Draws the cases of one test from the seed of the run, whatever tests run before it."""
    return random.Random(f"{os.environ[_SEED]} {request.node.name}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes ``backend``, itself or through a fixture, runs once on each."""
    if "backend" in metafunc.fixturenames:
        simulation = metafunc.definition.get_closest_marker("simulation")
        found = [Kind.SIMULATED] if simulation else backends.available()
        metafunc.parametrize("backend", found, ids=str, indirect=True, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only an exhaustive run needs, and begin with the tests that take minutes, then those on clusters.

    Begun last, they would be waited for by idle workers.
    """
    if not config.getoption("--proof"):
        kept = _sampled([item for item in items if not _is_for_proof(item)])
        left_out = [item for item in items if item not in kept]
        items[:] = [item for item in items if item in kept]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=_costs_little)


def _costs_little(item: pytest.Item) -> tuple[bool, bool]:
    """Sorts by what a test may take: minutes, seconds, or next to nothing."""
    return item.get_closest_marker("timeout") is None, "backend" not in getattr(item, "fixturenames", ())


def pytest_collection_finish() -> None:
    """Have the garbage collector look seldom, and never at what was imported and collected.

    It took a fifth of the processor time: thousands of tests, which stay to the end, were looked through each time.
    """
    gc.freeze()
    gc.set_threshold(200_000, 1000, 1000)
    gc.enable()


def _is_for_proof(item: pytest.Item) -> bool:
    params = item.callspec.params if hasattr(item, "callspec") else {}
    spared = {Kind.REAL: "simulation_suffices", Kind.SIMULATED: "real_suffices"}.get(
        params.get("backend"), ""
    )
    return bool(item.get_closest_marker("exhaustive") or (spared and item.get_closest_marker(spared)))


def _sampled(items: list[pytest.Item]) -> set[pytest.Item]:
    """Without the cases of sampled tests that are not drawn; on each back end as many are."""
    tests: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            params = item.callspec.params if hasattr(item, "callspec") else {}
            test = item.nodeid.partition("[")[0], str(params.get("backend", ""))
            tests.setdefault(test, []).append(item)
    kept = set(items)
    for test, cases in tests.items():
        marker = cases[0].get_closest_marker("sampled")
        count = min(marker.args[0], len(cases)) if marker else len(cases)
        drawn = random.Random(f"{os.environ[_SEED]} {test}").sample(cases, count)
        kept -= set(cases) - set(drawn)
    return kept


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Backend:
    """Makes clusters, simulated or real."""
    return Backend(request.param)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note the back end in the report, which may travel from a worker process."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    if "backend" in params:
        item.user_properties.append(("backend", params["backend"].value))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say how much is proved, how to draw the same cases again, and whether real API servers take part."""
    proof = config.getoption("--proof")
    extent = "every case (--proof)" if proof else "a sample where noted; every case: make proof"
    repeat = f"--seed {os.environ[_SEED]}" + (" --proof" if proof else "")
    return [f"cases: {extent}", f"drawn cases: repeat with {repeat}", assets.explained()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on each back end."""
    passed = terminalreporter.stats.get("passed", [])
    counts = Counter(value for report in passed for key, value in report.user_properties if key == "backend")
    reported = ", ".join(f"{counts[kind]} on {kind.reported}" for kind in Kind)
    terminalreporter.write_line(f"cluster-facing tests passed: {reported}")
    # What faults have cost, where their tests ran.
    reports = [*passed, *terminalreporter.getreports("failed")]
    costs = [value for report in reports for key, value in report.user_properties if key == "cost"]
    if costs:
        terminalreporter.section("what a fault costs a run, over one without it")
        for cost in costs:
            terminalreporter.line(str(cost))


def pytest_sessionfinish() -> None:
    """Look through nothing once all is done: what is left then takes seconds, and goes with the process."""
    gc.freeze()
