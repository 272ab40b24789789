"""What all tests share: how hard hypothesis searches, and the back ends on which clusters are made."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

from tests.clusters import assets, backends
from tests.clusters.backends import Backend, Kind

pytest_plugins = ["tests.run_costs", "tests.request_shapes"]

settings.register_profile(
    "project", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", parent=settings.get_profile("project"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes ``backend``, itself or through a fixture, runs once on each."""
    if "backend" in metafunc.fixturenames:
        simulation = metafunc.definition.get_closest_marker("simulation")
        found = [Kind.SIMULATED] if simulation else backends.available()
        metafunc.parametrize("backend", found, ids=str, indirect=True, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take minutes: begun last, they would be waited for by an idle worker."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Backend:
    """Makes clusters, simulated or real."""
    return Backend(request.param)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note the back end in the report, which may travel from a worker process."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    if "backend" in params:
        item.user_properties.append(("backend", params["backend"].value))


def pytest_report_header() -> str:
    """Say whether real API servers take part."""
    return assets.explained()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on each back end."""
    passed = terminalreporter.stats.get("passed", [])
    counts = Counter(value for report in passed for key, value in report.user_properties if key == "backend")
    told = ", ".join(f"{counts[kind]} on {kind.told}" for kind in Kind)
    terminalreporter.write_line(f"cluster-facing tests passed: {told}")
    # What faults have cost, where their tests ran.
    reports = [*passed, *terminalreporter.getreports("failed")]
    costs = [value for report in reports for key, value in report.user_properties if key == "cost"]
    if costs:
        terminalreporter.section("what a fault costs a run, over one without it")
        for cost in costs:
            terminalreporter.line(str(cost))
