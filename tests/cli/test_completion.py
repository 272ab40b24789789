"""Completion scripts, and what they complete."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.calling import call


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_sound_for_its_shell(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} on this machine")
    script = tmp_path / "script"
    script.write_text(call("completion", shell).stdout)
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_completes_our_command(shell: str) -> None:
    script = call("completion", shell).stdout
    assert "qontract-skupper" in script
    assert "_QONTRACT_SKUPPER_COMPLETE" in script


def test_other_shells_are_refused_with_those_there_are() -> None:
    result = call("completion", "tcsh")
    assert (result.exit_code, "'bash', 'zsh', 'fish'" in result.stderr) == (2, True)


def complete(words: str) -> list[str]:
    """What is offered for the last word."""
    shown = call(
        _QONTRACT_SKUPPER_COMPLETE="bash_complete",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split(" ")) - 1),
    ).output
    return [line.partition(",")[2] for line in shown.splitlines()]


def test_commands_are_completed() -> None:
    assert complete("qontract-skupper st") == ["status"]


def test_options_are_completed() -> None:
    assert complete("qontract-skupper run --dr") == ["--dry-run"]


def test_values_of_options_are_completed() -> None:
    assert complete("qontract-skupper plan --output j") == ["json"]
