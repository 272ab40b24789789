"""Commands in processes and on terminals of their own."""

import atexit
import fcntl
import os
import pty
import shlex
import socket
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from tests.bundle.sources import REPOSITORY
from tests.cli import forked_command, forking

COMMAND = (sys.executable, "-m", "reconcile.cli")
"""For tests of what an interpreter does when it starts; the others take `program`, at a tenth of the cost."""
_KEPT = ("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")
PATIENCE = 60
"""Seconds after which a process is given up."""


def environment(config: Path | None = None, **more: str) -> dict[str, str]:
    """What a process needs of ours, and nothing that changes its output."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    given = {"QONTRACT_CONFIG": str(config)} if config else {}
    return {**kept, "PYTHONUTF8": "1", "TERM": "xterm", **given, **more}


_RUNNING = ExitStack()


@cache
def program() -> Path:
    """A program that does what ``qontract-skupper`` does, and imports nothing for it: see `forking`.

    What it starts ends with this process, or with `stop`.
    """
    folder = Path(_RUNNING.enter_context(tempfile.TemporaryDirectory(prefix="commands-")))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", forking.__name__, str(listener.fileno())],
            stdin=subprocess.PIPE,
            cwd=REPOSITORY,
            env=environment(),
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    _RUNNING.enter_context(server)
    atexit.register(stop)
    client = [sys.executable, "-ISEX", "utf8", forked_command.__file__, str(folder / "socket")]
    made = folder / "qontract-skupper"
    made.write_text(f'#!/bin/sh\nexec {shlex.join(client)} "$@"\n')
    made.chmod(0o700)
    return made


def shell(line: str) -> list[str]:
    """What runs a line of shell in which ``qontract-skupper`` is `program`."""
    return ["bash", "-c", f"hash -p {shlex.quote(str(program()))} qontract-skupper; {line}"]


def stop() -> None:
    """End all that `program` has started, and what that has started."""
    _RUNNING.close()
    program.cache_clear()


def start(*words: str, config: Path | None = None, anew: bool = False, **more: str) -> subprocess.Popen[str]:
    """Start a command with its output in pipes; `anew` in an interpreter that has to be started, too."""
    return subprocess.Popen(
        [*(COMMAND if anew else (program(),)), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=environment(config, **more),
    )


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
        cwd=REPOSITORY,
        env=environment(),
    )
    return done.stdout


def errors_of(code: str) -> str:
    """What a fresh interpreter prints to stderr, however it ends."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        cwd=REPOSITORY,
        env=environment(),
    )
    return done.stderr


def on_terminal(
    *program: str, config: Path | None = None, columns: int = 200, more: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a program on a terminal of so many columns: its exit code and all that came to the screen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(
        program,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=REPOSITORY,
        env=environment(config, **(more or {})),
    ) as process:
        os.close(theirs)
        with os.fdopen(ours, "rb", buffering=0) as screen:
            shown = b"".join(iter(lambda: _read(screen.fileno()), b""))
        return process.wait(PATIENCE), shown.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        # Linux reports the end of a terminal whose other side is closed as an error.
        return b""
