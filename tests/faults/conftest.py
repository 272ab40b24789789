"""The stage, how it is without faults, and each fault met once for all the tests that look at it."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.clusters.backends import Backend
from tests.faults import catalogue, data
from tests.faults.catalogue import Fault, Place
from tests.faults.scenario import Objects, Ran, Scenario, scenario


@dataclass(frozen=True)
class Baseline:
    """What happens when nothing goes wrong."""

    scenario: Scenario
    states: dict[str, Objects]
    """What is on the clusters in the end, by the version of the data."""
    ran: Ran


@dataclass(frozen=True)
class FaultRun:
    """A fault, the run that met it, and two runs after it had passed."""

    fault: Fault
    baseline: Baseline
    side: str
    """Version of the data that was to be brought about."""
    ran: Ran
    messages: tuple[str, ...]
    before: Objects
    after: Objects
    next: Ran
    end: Objects
    last: Ran


@pytest.fixture(scope="package")
def baseline(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Iterator[Baseline]:
    with scenario(backend, tmp_path_factory.mktemp("faults")) as made:
        states, changes = {}, []
        for side in (*data.SIDES, data.SIDES[0]):
            if side != made.side:
                made.flip()
            ran = made.run("run")
            assert ran.code == 0, ran.output
            states[side] = made.objects()
            changes.append(ran)
        # The first one made everything; of the others the quicker one says less of what else the machine does.
        yield Baseline(made, states, min(changes[1:], key=lambda change: change.seconds))


SAMPLED = 3
"""How many of the faults that do not depend on the server `make test` draws; `make proof` meets all of them."""


def _param(fault: Fault) -> object:
    simulation = pytest.mark.simulation_suffices("what follows is the fault proxy's doing alone")
    return pytest.param(fault, id=fault.name, marks=() if fault.server_matters else simulation)


@cache
def _drawn() -> frozenset[str]:
    """Names of the faults that `make test` meets."""
    indifferent = sorted(fault.name for fault in catalogue.FAULTS if not fault.server_matters)
    drawn = random.Random(f"{os.environ['PYTEST_SEED']} faults").sample(indifferent, SAMPLED)
    return frozenset(drawn) | {fault.name for fault in catalogue.FAULTS if fault.server_matters}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave the faults that are not drawn to an exhaustive run."""
    fault = item.callspec.params.get("fault_run") if hasattr(item, "callspec") else None
    if fault and fault.name not in _drawn():
        item.add_marker(pytest.mark.exhaustive("a sample of the faults is drawn for each run"))


@pytest.fixture(scope="package", params=[_param(fault) for fault in catalogue.FAULTS])
def fault_run(request: pytest.FixtureRequest, baseline: Baseline) -> FaultRun:
    fault, on = request.param, baseline.scenario
    before = on.objects()
    on.flip()
    try:
        fault.how(on)
        ran = on.shell(fault.line) if fault.place is Place.DISK else on.run("run")
        messages = tuple(on.normalise(line) for line in ran.messages)
        after = on.objects()
    finally:
        on.recover()
    following = on.run("run")
    return FaultRun(
        fault=fault,
        baseline=baseline,
        side=on.side,
        ran=ran,
        messages=messages,
        before=before,
        after=after,
        next=following,
        end=on.objects(),
        last=on.run("run", "--log-level", "DEBUG"),
    )
