"""Standard streams that are closed, full or not for writing: a command does its work all the same, or says why not."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.bundle.sources import REPOSITORY
from tests.cli.conftest import Fleet
from tests.cli.processes import COMMAND, PATIENCE, environment, python, shell

CLOSED = {"stdin and stdout": "<&- >&-", "stderr": "2>&-", "all": "<&- >&- 2>&-"}


def ended(words: str, streams: str, config: Path | None = None) -> tuple[int, str]:
    """The exit code of a command with these redirections, and what it prints.

    One that needs no configuration is really started, for what the interpreter itself makes of the streams.
    """
    line = f"{words} {streams}"
    done = subprocess.run(
        shell(f"qontract-skupper {line}") if config else ["bash", "-c", f"{shlex.join(COMMAND)} {line}"],
        cwd=REPOSITORY,
        env=environment(config, QONTRACT_LOG_LEVEL="DEBUG"),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.sampled(4, "each starts a process, and all commands open their streams by the same code")
@pytest.mark.parametrize("streams", CLOSED.values(), ids=CLOSED)
@pytest.mark.parametrize("name", ["run", "plan", "status"])
def test_a_command_without_streams_ends_with_its_own_exit_code(
    name: str, streams: str, linked: Fleet
) -> None:
    code, said = ended(name, streams, linked.config)
    assert (code, "Traceback" in said) == (0, False)


@pytest.mark.parametrize(
    "words", ["bundle fixtures/app-interface", "completion bash", "--help", "plan --help"]
)
def test_a_command_that_talks_to_nobody_needs_no_streams(words: str) -> None:
    assert ended(words, CLOSED["all"])[0] == 0


def test_a_connection_never_takes_the_number_of_a_stream() -> None:
    code = """
import os, socket
for number in (0, 1, 2): os.close(number)
import sys
sys.stdin = sys.stdout = sys.stderr = None
from reconcile.cli import streams
streams.prepare()
print(end="", file=sys.stdout)
found = socket.socket().fileno()
os._exit(found > 2)
"""
    with pytest.raises(subprocess.CalledProcessError) as ended:
        python(code)
    assert ended.value.returncode == 1


@pytest.mark.parametrize("stream", [">/dev/full", "1</dev/null"], ids=["full", "read-only"])
def test_an_output_that_cannot_be_written_is_one_line(stream: str) -> None:
    code, said = ended("completion bash", stream)
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: the output cannot be written: ")


@pytest.mark.parametrize("name", ["plan", "status"])
def test_full_stderr_does_not_hide_the_result(name: str, linked: Fleet) -> None:
    code, said = ended(name, "2>/dev/full", linked.config)
    assert (code, said != "") == (0, True)
