"""What all tests share: how hard hypothesis searches, and a fixed way to look at output."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "project", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", parent=settings.get_profile("project"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what faults have cost, where their tests ran."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    costs = [value for report in reports for name, value in report.user_properties if name == "cost"]
    if costs:
        terminalreporter.section("what a fault costs a run, over one without it")
        for cost in costs:
            terminalreporter.line(str(cost))
