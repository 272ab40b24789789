"""Programs that run as long as a test needs them: started, asked until they are ready, ended for certain.

Should the tests be killed, the kernel ends what they have started (Linux only).
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

READY_WITHIN = 90.0
"""Seconds; an API server takes two, on a machine that builds something else meanwhile many more."""


_ENDING_WITH_THE_TESTS = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class NotReadyError(Exception):
    """A program has ended, or does not answer; the text holds the end of its log."""


class Program:
    """One program with a log file of its own."""

    def __init__(self, log: Path, *command: str) -> None:
        """Start it."""
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*_ENDING_WITH_THE_TESTS, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def until(self, ready: Callable[[], bool]) -> Self:
        """Wait until it is ready; raises ``NotReadyError``."""
        deadline = time.monotonic() + READY_WITHIN
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                end = self.log.read_text(errors="replace")[-2000:]
                raise NotReadyError(f"{self.log.name} is not ready, exit code {self._process.poll()}:\n{end}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
