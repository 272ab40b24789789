"""An environment with qontract-reconcile, whose Python package has the same name."""

from pathlib import Path

import pytest

from tests.cli.environments import pretend_installed
from tests.cli.processes import PATIENCE, start


def beside(name: str, folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command where a distribution of this name is installed, too."""
    pretend_installed(folder, name)
    with start(*words, anew=True, PYTHONPATH=str(folder)) as process:
        output, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, output, errors


@pytest.mark.parametrize("words", [("--help",), ("plan",), ("sandbox",)], ids=" ".join)
def test_beside_qontract_reconcile_nothing_runs(words: tuple[str, ...], tmp_path: Path) -> None:
    code, output, _ = beside("qontract-reconcile", tmp_path, *words)
    assert (code, output) == (1, "")


def test_one_line_names_both_distributions_the_reason_and_the_next_command(tmp_path: Path) -> None:
    _, _, errors = beside("qontract-reconcile", tmp_path, "plan")
    assert errors == (
        "Error: qontract-skupper and qontract-reconcile are installed in the same environment, and both contain the "
        "Python package `reconcile`, so files of one replace files of the other; install qontract-skupper in an "
        "environment of its own: python3 -m venv ~/qontract-skupper && "
        "~/qontract-skupper/bin/pip install 'qontract-skupper[sandbox]'\n"
    )


def test_beside_another_distribution_it_runs(tmp_path: Path) -> None:
    assert beside("qontract-server", tmp_path, "--help")[0] == 0
