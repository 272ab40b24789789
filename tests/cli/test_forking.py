"""Commands that are forked, not started, are as if they had been started."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bundle.sources import FIXTURES, REPOSITORY
from tests.cli import forked_command
from tests.cli.processes import COMMAND, PATIENCE, environment, shell, start

LINES = {
    "output": "qontract-skupper --version | tee /dev/stderr",
    "exit code": "cd tests && qontract-skupper no-such-command",
    "closed": "qontract-skupper plan --config none.toml <&- >&-",
    "full": "qontract-skupper completion bash > /dev/full",
    "umask": "umask 077; qontract-skupper bundle $DATA -o $FOLDER/file; stat --format %a $FOLDER/file",
    "encoding": "PYTHONIOENCODING=ascii qontract-skupper completion für-alle",
}


def outcome(command: list[str], folder: Path) -> tuple[int, str, str]:
    folder.mkdir()
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment(FOLDER=str(folder), DATA=str(FIXTURES)),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout, done.stderr.replace(str(folder), "<folder>")


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_forked_command_does_what_a_started_one_does(line: str, tmp_path: Path) -> None:
    name, _, rest = line.rpartition("qontract-skupper ")
    started = f"{name}{' '.join(COMMAND)} {rest}"
    forked = outcome(shell(line), tmp_path / "forked")
    assert forked == outcome(["bash", "-c", started], tmp_path / "started")


@contextmanager
def waiting(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A command that waits for somebody to write what it reads."""
    os.mkfifo(folder / "pipe")
    # The second one is open when the command has opened it, too.
    with start("bundle", str(folder / "pipe")) as process, (folder / "pipe").open("w"):
        yield process


@pytest.mark.parametrize(
    ("sent", "got"),
    [(signal.SIGTERM, signal.SIGTERM), (signal.SIGUSR1, signal.SIGKILL)],
)
def test_a_signal_ends_the_command_and_what_stands_for_it(
    sent: signal.Signals, got: signal.Signals, tmp_path: Path
) -> None:
    with waiting(tmp_path) as process:
        process.send_signal(sent)
        assert process.wait(PATIENCE) == -got
        with pytest.raises(OSError, match=os.strerror(errno.ENXIO)):
            os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)


def test_the_command_ends_with_what_stands_for_it(tmp_path: Path) -> None:
    with waiting(tmp_path) as process:
        process.kill()
        assert process.stdout
        assert process.stdout.read() == ""


def test_a_command_whose_server_is_gone_says_so(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        server.settimeout(PATIENCE)
        client = [sys.executable, forked_command.__file__, str(tmp_path / "s"), "plan"]
        with subprocess.Popen(client, stderr=subprocess.PIPE, text=True) as process:
            server.accept()[0].close()
            _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 69
    assert errors.startswith("the server that forks commands for tests is gone")
