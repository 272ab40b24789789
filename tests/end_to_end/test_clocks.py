"""Runs by a clock that is ten years ahead: one token is issued, none after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from reconcile.apply.running import now
from reconcile.kinds import SECRET
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness


def ahead() -> datetime:
    return now() + timedelta(days=3650)


@dataclass(frozen=True)
class Runs:
    first: RunResult
    issued: list[str]
    """Names of the tokens that there are at the issuer."""
    second: RunResult
    right: RunResult
    """A run by the right clock."""
    delivered: list[str]


@pytest.fixture(scope="module")
def runs(backend: Backend) -> Runs:
    with harness(backend, ["a", "b"]) as fleet:
        first = fleet.run(clock=ahead)
        issued = links(fleet, "a")
        second, right = fleet.run(clock=ahead), fleet.run()
        return Runs(first, issued, second, right, links(fleet, "b"))


def links(fleet: Harness, cluster: str) -> list[str]:
    names = (secret["metadata"]["name"] for secret in fleet[cluster].objects(SECRET, namespace="net"))
    return [name for name in names if name.startswith("link-")]


def test_the_clock_is_named(runs: Runs):
    assert "one of the clocks is wrong" in runs.first.errors["wrong-clock"]
    assert "one of the clocks is wrong" in runs.second.errors["wrong-clock"]


def test_one_token_is_issued_and_no_other(runs: Runs):
    assert (len(runs.issued), runs.second.writes) == (1, 0)


def test_by_the_right_clock_that_token_makes_the_link(runs: Runs):
    assert (runs.right.all_up, runs.delivered) == (True, runs.issued)
