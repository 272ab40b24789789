"""What is on the disk when it is full: as it was before, or whole."""

import pytest

from tests.faults.conftest import Baseline

pytestmark = pytest.mark.simulation("a bundle is made without any cluster")
BUNDLE = "qontract-skupper bundle <folder>/data --schemas schemas -o"
FULL = "ulimit -f 8"


def test_a_file_that_cannot_be_replaced_stays_as_it_was(baseline: Baseline) -> None:
    file = baseline.scenario.source.parent / "bundle.json"
    file.write_text("as before")
    ran = baseline.scenario.shell(f"{FULL}; {BUNDLE} <folder>/bundle.json")
    assert (ran.code, file.read_text()) == (1, "as before")
    file.unlink()


def test_nothing_is_left_of_a_file_that_could_not_be_written(baseline: Baseline) -> None:
    before = set(baseline.scenario.source.parent.iterdir())
    assert baseline.scenario.shell(f"{FULL}; {BUNDLE} <folder>/bundle.json").code == 1
    assert set(baseline.scenario.source.parent.iterdir()) == before


@pytest.mark.parametrize("buffering", ["", "PYTHONUNBUFFERED=1"])
def test_half_an_output_is_no_success(baseline: Baseline, buffering: str) -> None:
    line = f"{FULL}; {buffering} {BUNDLE} - > <folder>/half.json"
    assert baseline.scenario.shell(line).code == 1
    (baseline.scenario.source.parent / "half.json").unlink()
