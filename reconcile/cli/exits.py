"""How commands end: exit codes, errors in one line instead of a traceback, and stops by a signal or ``--timeout``.

A command that only reads ends at once when it is stopped. One that writes finishes the requests in flight, starts
nothing new and reports what is left. A second signal ends it at once.
"""

import functools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_FAILED = 1

_ALWAYS = {2: "the command line is wrong"}

SESSION = {
    4: "app-interface has no integration-1 datafile for this integration",
    5: "schemas were read that the integration's datafile does not declare",
    130: "stopped by Ctrl-C",
    143: "stopped by SIGTERM",
}
"""Codes of the commands that read app-interface and clusters; 4 and 5 as integrations of app-interface share them."""


def exit_codes(*own: Mapping[int, str]) -> str:
    """The epilog of a command: its own codes and those that every command has."""
    meanings: dict[int, str] = dict(_ALWAYS)
    for part in own:
        meanings |= part
    lines = [f"  {code:<4} {meaning}" for code, meaning in sorted(meanings.items())]
    return "\n".join(["\b", "Exit codes:", *lines])


class Failed(click.ClickException):
    """Ends a command with exit code 1 and one line on stderr."""

    exit_code = 1


def handle_errors(command: F) -> F:
    """Decorate a command: print errors that a user can act on as one line and exit."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        from reconcile.app_interface.errors import AppInterfaceError

        try:
            return command(*args, **kwargs)
        except AppInterfaceError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            exit_now(130)

    return wrapped  # type: ignore[return-value]


def exit_now(code: int) -> NoReturn:
    """Flush all output and end the process with this exit code. Only while no cluster is being written to.

    A normal exit waits for all threads, and one that reads from a cluster that hangs takes until its time-out.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


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

    clock = threading.Timer(timeout, stop.ask, [f"--timeout {timeout:g}s", _FAILED])
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
