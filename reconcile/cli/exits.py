"""How commands end: exit codes, errors in one line instead of a traceback, and stops by a signal or ``--timeout``.

A command that only reads ends at once when it is stopped. One that writes finishes the requests in flight, starts
nothing new and reports what is left. A second signal ends it at once.
"""

import faulthandler
import functools
import logging
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click

from reconcile.cli import streams
from reconcile.credentials import hide
from reconcile.unexpected import place

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

    def format_message(self) -> str:
        """See ``ClickException``."""
        return hide(super().format_message())


def handle_errors(command: F) -> F:
    """Decorate a command: print errors that a user can act on as one line and exit."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        from reconcile.app_interface.errors import AppInterfaceError

        try:
            return command(*args, **kwargs)
        except AppInterfaceError as error:
            streams.say(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            exit_now(130)

    return wrapped  # type: ignore[return-value]


def exit_now(code: int) -> NoReturn:
    """Flush all output and end the process with this exit code. Only while no cluster is being written to.

    A normal exit waits for all threads, and one that reads from a cluster that hangs takes until its time-out.
    """
    lost = (OSError, ValueError, MemoryError)
    try:
        sys.stdout.flush()
    except lost:
        # A pipe without a reader, or a full disk.
        code = code or _FAILED
    with suppress(*lost):
        logging.shutdown()
        sys.stderr.flush()
    os._exit(code)


GRACE = 30.0
"""Seconds that a command has to end after it was stopped; requests in flight are done by then, or never."""


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
    grace: float = GRACE
    """Seconds that this may take."""
    expired: bool = False
    """True if its time had ended before a signal came."""

    def watch(self, signals: socket.socket, timeout: float) -> None:
        """Stop the command at a signal or after ``timeout`` s (0: never), and end it if it has not ended in time.

        ``signals`` yields the number of each signal as a byte and ends with the command, see ``signal.set_wakeup_fd``.
        """
        number = _heard(signals, timeout or None, _SIGNALS)
        if number is None:
            self.expired = True
            self._stop(f"--timeout {timeout:g}s", _FAILED)
        elif number:
            self._stop(signal.Signals(number).name, 128 + number)
        else:
            return
        if _heard(signals, self.grace) is not None:
            return
        _say(
            f"Error: ended, since it had not stopped {self.grace:g} s after {self.reason}; "
            f"what was in flight is left for the next run; still busy: {_busy()}"
        )
        os._exit(self.code)

    def _stop(self, reason: str, code: int) -> None:
        """Stop now, or soon if the command is writing."""
        self.reason, self.code = reason, code
        with suppress(RuntimeError):  # no thread is left for it
            _end_anyway(_AT_LAST * self.grace)
        self.flag.set()
        if self.gentle and self.finishing:
            _say(f"stopping ({reason}): finishing {self.finishing}; send another signal to end at once")
        elif not self.gentle:
            _say(f"stopped by {reason} while reading; nothing was changed")
            exit_now(code)


@contextmanager
def stoppable(timeout: float = 0, *, grace: float = GRACE) -> Iterator[Stop]:
    """Handle SIGINT, SIGTERM and a time-out in seconds (0: none), and end the process if nothing else does.

    A process that hangs in threads, in a lock or in a library cannot be trusted to end itself: a thread of ours ends it
    ``grace`` seconds after it was to stop, and one that needs neither memory nor the interpreter soon after that.
    """
    stop = Stop(grace=grace)
    timeout = timeout if timeout < _LONGEST else 0
    heard, told = socket.socketpair()
    told.setblocking(False)

    def caught(number: int, _: FrameType | None) -> None:
        # The thread has heard of it, even if this one was about to wait for a server and comes here only afterwards.
        # From now on a signal ends the process whatever Python does.
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        if stop.expired:
            signal.raise_signal(number)

    watch = threading.Thread(target=stop.watch, args=[heard, timeout], name="watch", daemon=True)
    previous = {number: signal.signal(number, caught) for number in _SIGNALS}
    others = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    try:
        if timeout:
            _end_anyway(timeout + _AT_LAST * grace)
        watch.start()
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(others)
        told.close()
        if watch.is_alive():
            # It may have been asked to stop just now, and is then what ends the process.
            watch.join(grace)
        heard.close()
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def finishing(stop: Stop, what: str) -> Iterator[None]:
    """Let a command that is stopped inside finish something; it ends when it leaves. Outside it ends at once."""
    stop.finishing, stop.gentle = what, True
    try:
        yield
    finally:
        stop.gentle = False
        if stop.flag.is_set():
            exit_now(stop.code)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AT_LAST = 1.5
"""Multiple of the grace after which a process is ended that could not even print why."""
_LONGEST = 24 * 86400.0
"""Seconds; the system's timers take no more than that, and a command that may take longer may take for ever."""
_MOST_NAMED = 5
"""Threads that the last line names."""


def _heard(signals: socket.socket, seconds: float | None, wanted: Container[int] = ()) -> int | None:
    """The first of the wanted signals; 0 if the command has ended, None if neither came in time."""
    end = math.inf if seconds is None else time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        signals.settimeout(None if left == math.inf else left)
        try:
            heard = signals.recv(1)
        except TimeoutError:
            break
        if not heard:
            return 0
        if heard[0] in wanted:
            return heard[0]
    return None


def _end_anyway(seconds: float) -> None:
    """Print all stacks, without values, and end the process with exit code 1 after this time.

    Whatever state the interpreter is in: one in which a library never returns runs no other thread of ours.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=_last_words())


@functools.cache
def _last_words() -> int:
    """Stderr once more, for writes that do not wait: its reader may be what hangs."""
    try:
        return os.open("/dev/stderr", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def _busy() -> str:
    """The threads that are at work, and where: modules, lines and functions."""
    frames = sys._current_frames()
    found = [
        f"{thread.name} in {place(frames[thread.ident])}"
        for thread in threading.enumerate()
        if thread.ident in frames and thread is not threading.current_thread() and not thread.daemon
    ]
    more = [f"and {len(found) - _MOST_NAMED} more"] if len(found) > _MOST_NAMED else []
    return ", ".join(found[:_MOST_NAMED] + more)


def _say(text: str) -> None:
    """Write past Python's buffers, which the interrupted code may be using."""
    with suppress(OSError):
        os.write(2, f"{text}\n".encode())
