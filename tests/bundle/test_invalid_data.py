"""Every data set of ``fixtures/invalid`` gives its one finding, in its file and line, and nothing else."""

import shutil
from pathlib import Path

import pytest
import yaml

from reconcile.app_interface.bundle.checking import check
from reconcile.app_interface.bundle.model import locate
from tests.bundle.sources import INVALID, from_fixtures, overlaid

SETS = sorted(path.name for path in INVALID.iterdir() if path.is_dir())


def test_the_data_of_the_repository_has_no_findings() -> None:
    assert check(from_fixtures()) == []


@pytest.mark.parametrize("name", SETS)
def test_the_fault_is_found_and_said_and_nothing_else(name: str, tmp_path: Path) -> None:
    expected = yaml.safe_load((INVALID / name / "expected.yml").read_text())
    bundle = overlaid(tmp_path, INVALID / name / "data")
    found = check(bundle)
    assert [(*locate(bundle, each), each.rule) for each in found] == [
        (str(tmp_path / "data" / expected["file"]), expected["line"], expected["rule"])
    ]
    assert expected["text"] in found[0].message


def test_all_faults_are_found_at_once(tmp_path: Path) -> None:
    # Sets that touch different files can be laid over each other.
    names = [
        "wrong-type",
        "dangling-ref",
        "no-redundancy",
        "unknown-integration",
        "bad-duration",
        "empty-file",
    ]
    for name in names:
        shutil.copytree(INVALID / name / "data", tmp_path / "overlay", dirs_exist_ok=True)
    found = {each.rule for each in check(overlaid(tmp_path, tmp_path / "overlay"))}
    assert found == {"wrong-type", "dangling-ref", "bounds", "enum", "pattern", "empty-file"}


def test_findings_come_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay/dependencies/skupper"
    overlay.mkdir(parents=True)
    for name in ("zz", "aa"):
        (overlay / f"{name}.yml").write_text(
            "---\n$schema: /dependencies/skupper-1.yml\nrouters: 1\nlabel: {}\n"
        )
    bundle = overlaid(tmp_path / "all", tmp_path / "overlay")
    places = [(each.datafile, locate(bundle, each)[1]) for each in check(bundle)]
    assert places == sorted(places)
    assert len(places) == 2 * (2 + 3)
