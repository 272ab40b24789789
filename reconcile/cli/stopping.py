"""Stops a command gracefully, on a signal or when ``--timeout`` is over.

A command that only reads ends at once. One that writes finishes the requests in flight, starts nothing new and reports
what is left. A second signal ends it at once.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from reconcile.cli.leaving import exit_now

FAILED = 1


@dataclass(slots=True)
class Stop:
    """Whether the command was asked to stop, and by what."""

    flag: threading.Event = field(default_factory=threading.Event)
    reason: str = ""
    """``SIGTERM``, or ``--timeout 10m``; empty until a stop is requested."""
    code: int = 0
    """The exit code that goes with the reason."""
    gentle: bool = False
    """True while there is something to finish: the command checks the flag and ends itself."""
    finishing: str = ""
    """What it finishes, for the message; empty if that takes no time."""

    def ask(self, reason: str, code: int) -> None:
        """Stop now, or soon if the command is writing."""
        if self.flag.is_set():
            return
        self.reason, self.code = reason, code
        self.flag.set()
        if self.gentle and self.finishing:
            _say(f"stopping ({reason}): finishing {self.finishing}; send another signal to end at once")
        elif not self.gentle:
            _say(f"stopped by {reason} while reading; nothing was changed")
            exit_now(code)


@contextmanager
def stoppable(timeout: float = 0) -> Iterator[Stop]:
    """Handle SIGINT, SIGTERM and a time-out in seconds (0: none)."""
    stop = Stop()

    def caught(number: int, _: FrameType | None) -> None:
        if stop.flag.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.ask(signal.Signals(number).name, 128 + number)

    clock = threading.Timer(timeout, stop.ask, [f"--timeout {timeout:g}s", FAILED])
    clock.daemon = True
    previous = {number: signal.signal(number, caught) for number in (signal.SIGINT, signal.SIGTERM)}
    if timeout:
        clock.start()
    try:
        yield stop
    finally:
        clock.cancel()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    """Write past Python's buffers, which the interrupted code may be using."""
    os.write(2, f"{text}\n".encode())
