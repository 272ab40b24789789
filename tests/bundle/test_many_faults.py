"""Checking takes time in proportion to the number of faults, however the faults are spread."""

import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import pytest

from reconcile.app_interface.bundle.building import build
from reconcile.app_interface.bundle.checking import check
from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.bundle.references import References
from tests.bundle.sources import COMMIT, FIXTURES, SCHEMAS, TIMESTAMP, served

CLUSTER = "openshift/app-sre-stage-01/cluster.yml"


def lines(template: str) -> Callable[[Path, int], None]:
    """Append a text to a datafile once per fault."""

    def write(data: Path, count: int) -> None:
        head, _, each = template.rpartition("|")
        with (data / CLUSTER).open("a") as file:
            file.write(head + "".join(each.format(n) for n in range(count)))

    return write


KINDS: dict[str, Callable[[Path, int], None]] = {
    "unknown keys": lines("unknown{}: 1\n"),
    "keys that are null": lines("unknown{}: null\n"),
    "unknown keys in a choice of schemas": lines("disable:\n|  unknown{}: 1\n"),
    "items without their keys": lines("automationTokens:\n|- x: {}\n"),
    "repeated keys": lines("zz: {}\n"),
    "references beside other items": lines("zz:\n|- $ref: /a{}.yml\n  x: 1\n"),
}


@pytest.mark.sampled(2, "each counts the calls of thousands of functions")
@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_faults_take_about_four_times_the_steps(kind: str, tmp_path: Path) -> None:
    made = [bundle(tmp_path / str(count), kind, count) for count in (50, 200)]
    few, many = (steps(partial(check, each)) for each in made)
    assert many < 5 * few


def test_dangling_references_are_compared_with_all_datafiles_a_hundred_times_at_most() -> None:
    def each(count: int) -> int:
        data = {f"/file{n}.yml": {"$schema": "/a-1.yml"} for n in range(count)}
        references = References(served(data, []), lambda *_: True)
        targets = [{"$ref": f"/fil{n}.yml"} for n in range(count)]
        return steps(lambda: [list(references.check(target, None)) for target in targets])

    assert each(300) < 4 * each(100)


@pytest.mark.parametrize("kind", ["unknown keys", "unknown keys in a choice of schemas"])
def test_a_large_value_is_not_written_out_for_each_fault(kind: str, tmp_path: Path) -> None:
    # That happens outside of Python's functions, so it shows in seconds only: sixteen times as many if it does.
    few, many = (seconds(bundle(tmp_path / str(count), kind, count)) for count in (1000, 4000))
    assert many < 8 * few


def bundle(root: Path, kind: str, count: int) -> Bundle:
    shutil.copytree(FIXTURES / "data", root / "data")
    KINDS[kind](root / "data", count)
    return build(root / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)


def seconds(made: Bundle) -> float:
    begin = time.process_time()
    check(made)
    return time.process_time() - begin


def steps(work: Callable[[], object]) -> int:
    """Calls of Python functions, which unlike seconds are the same on every machine."""
    count = 0

    def note(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
