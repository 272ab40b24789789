"""Checking takes time in proportion to the number of faults, however the faults are spread."""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from reconcile.app_interface.bundle.building import build
from reconcile.app_interface.bundle.checking import check
from reconcile.app_interface.bundle.model import Bundle
from tests.bundle.sources import COMMIT, FIXTURES, SCHEMAS, TIMESTAMP

CLUSTER = "openshift/app-sre-stage-01/cluster.yml"


def lines(template: str) -> Callable[[Path, int], None]:
    """Append a text to a datafile once per fault."""

    def write(data: Path, count: int) -> None:
        head, _, each = template.rpartition("|")
        with (data / CLUSTER).open("a") as file:
            file.write(head + "".join(each.format(n) for n in range(count)))

    return write


def dangling(data: Path, count: int) -> None:
    for n in range(count):
        (data / f"zz{n}.yml").write_text(
            f"---\n$schema: /openshift/namespace-1.yml\nlabels: {{}}\nname: n{n}\ndescription: x\n"
            f"cluster:\n  $ref: /gone{n}/cluster.yml\napp:\n  $ref: /services/app-sre/app.yml\n"
        )


KINDS: dict[str, Callable[[Path, int], None]] = {
    "unknown keys": lines("unknown{}: 1\n"),
    "keys that are null": lines("unknown{}: null\n"),
    "unknown keys in a choice of schemas": lines("disable:\n|  unknown{}: 1\n"),
    "items without their keys": lines("automationTokens:\n|- x: {}\n"),
    "repeated keys": lines("zz: {}\n"),
    "references beside other items": lines("zz:\n|- $ref: /a{}.yml\n  x: 1\n"),
    "dangling references": dangling,
}


@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_faults_take_about_four_times_the_steps(kind: str, tmp_path: Path) -> None:
    few, many = (steps(bundle(tmp_path / str(count), kind, count)) for count in (100, 400))
    assert many < 5 * few


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


def steps(made: Bundle) -> int:
    """Calls of Python functions, which unlike seconds are the same on every machine."""
    count = 0

    def note(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        check(made)
    finally:
        sys.setprofile(None)
    return count
