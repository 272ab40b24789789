"""Errors that no layer expected, in one line: the class and where it was raised, never its text.

Exceptions of libraries quote what they were working on: whole headers, URLs with their user information, parts of an
answer. So nothing of an unexpected exception is printed but the names of its class and of functions in its stack. The
text of the operating system for an error number is safe, since it is looked up here.
"""

import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any

import click

VARIABLE = "QONTRACT_LOG_LEVEL"
_PACKAGE = "reconcile."
_MOST_CAUSES = 5
_MEMORY = "allow the process more memory (memory limit of the container, `ulimit -v`)"
_THREADS = (
    "allow the process more threads (`ulimit -u`, pids limit of the container) or memory (`ulimit -v`), or lower "
    "--thread-pool-size"
)
_NO_THREAD = "can't start new thread"


@contextmanager
def as_one_line() -> Iterator[None]:
    """End the program with exit code 1 and one line where an error gets this far."""
    try:
        yield
    except (click.exceptions.Exit, click.Abort, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 nothing may reach Python's own traceback, which quotes the text
        report(error)
        sys.exit(1)


def report(error: BaseException) -> None:
    """Print one line about an unexpected error to stderr, and at log level DEBUG its stack, without values."""
    try:
        lines = [f"Error: {describe(error)}"]
        if wants_stack():
            lines += stack(error)
        text = "\n".join(lines)
    except MemoryError:
        text = "Error: out of memory"
    try:
        click.echo(text, err=True)
    except (OSError, ValueError, MemoryError):
        with suppress(OSError):
            os.write(2, b"Error: failed, and the reason cannot be printed\n")


def describe(error: BaseException) -> str:
    """One line about an error: what it is, where it was raised, and the next step."""
    where = _places(error.__traceback__)
    if isinstance(error, MemoryError):
        return f"out of memory{where}; {_MEMORY}"
    if isinstance(error, RecursionError):
        return f"the data is nested too deeply{where}; {_more()}"
    if isinstance(error, RuntimeError) and error.args == (_NO_THREAD,):
        return f"no more threads can be started{where}; {_THREADS}"
    reason = ""
    if isinstance(error, OSError) and isinstance(error.errno, int):
        reason = f" ({os.strerror(error.errno).lower()})"
    return (
        f"unexpected {_name(error)}{reason}{where}; "
        f"its text is not shown because it may contain a credential; {_more()}"
    )


def wants_stack() -> bool:
    """True at log level DEBUG; commands without that option read the variable alone."""
    chosen = logging.getLogger("reconcile").level
    return chosen == logging.DEBUG or os.environ.get(VARIABLE, "").upper() == "DEBUG"


def stack(error: BaseException) -> list[str]:
    """The stacks of an error and its causes, innermost frame last: modules, lines and functions."""
    lines: list[str] = []
    seen: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if seen is None:
            break
        lines.append(f"  {_name(seen)}, raised at:")
        lines += [f"    {place}" for place in _frames(seen.__traceback__)]
        seen = seen.__cause__ or seen.__context__
    return lines


def place(frame: FrameType, line: int | None = None) -> str:
    """``reconcile.cli.run:61 (command)``."""
    module = frame.f_globals.get("__name__", "?")
    return f"{module}:{line or frame.f_lineno} ({frame.f_code.co_name})"


def install() -> None:
    """Have everything that Python itself would print about errors pass through here.

    That is: errors outside of commands, in threads and in finalizers, log lines that cannot be formatted or written,
    and warnings of libraries.
    """
    sys.excepthook = lambda _kind, error, _trace: report(error)
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable
    logging.raiseExceptions = False
    if logging.lastResort is not None:
        # It prints the warnings of libraries for commands that set up no log.
        logging.lastResort.addFilter(logging.Filter(_PACKAGE.rstrip(".")))
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _in_thread(failed: threading.ExceptHookArgs, /) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        report(failed.exc_value)


def _unraisable(failed: Any, /) -> None:
    if failed.exc_value is not None and wants_stack():
        report(failed.exc_value)


def _more() -> str:
    return f"report it, with the stack that {VARIABLE}=DEBUG adds"


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _places(trace: TracebackType | None) -> str:
    """Where an error was raised, and where we called what raised it."""
    frames = _frames(trace)
    if not frames:
        return ""
    ours = [frame for frame in frames if frame.startswith(_PACKAGE)]
    called = f", called from {ours[-1]}" if ours and ours[-1] != frames[-1] else ""
    return f" in {frames[-1]}{called}"


def _frames(trace: TracebackType | None) -> list[str]:
    found = []
    while trace is not None:
        found.append(place(trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return found
