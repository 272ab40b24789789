"""The net around all commands: what nobody expected becomes one line on stderr, without a word of the exception."""

import faulthandler
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from reconcile import unexpected

VARIABLE = "QONTRACT_LOG_LEVEL"
_MORE = (
    "; its text is not shown because it may contain a credential; report it, with the stack that "
    f"{VARIABLE}=DEBUG adds"
)


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
        found = unexpected.describe(error)
        lines = [f"Error: {found}{_MORE if found.startswith('unexpected') else ''}"]
        if wants_stack():
            lines += unexpected.stack(error)
        text = "\n".join(lines)
    except Exception:  # noqa: BLE001 most likely there is no memory; Python would print the text of both errors
        text = f"Error: failed with {type(error).__name__}"
    try:
        click.echo(text, err=True)
    except (OSError, ValueError, MemoryError):
        with suppress(OSError):
            os.write(2, b"Error: failed, and the reason cannot be printed\n")


def wants_stack() -> bool:
    """True at log level DEBUG; commands without that option read the variable alone."""
    chosen = logging.getLogger("reconcile").level
    return chosen == logging.DEBUG or os.environ.get(VARIABLE, "").upper() == "DEBUG"


def install() -> None:
    """Have everything that Python itself would print about errors pass through here.

    That is: errors outside of commands, in threads and in finalizers, log lines that cannot be formatted or written,
    and warnings of libraries.
    """
    # A library that crashes for want of memory says nothing by itself.
    faulthandler.enable(file=2, all_threads=False)
    sys.excepthook = lambda _kind, error, _trace: report(error)
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable
    logging.raiseExceptions = False
    if logging.lastResort is not None:
        # It prints the warnings of libraries for commands that set up no log.
        logging.lastResort.addFilter(logging.Filter("reconcile"))
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _in_thread(failed: threading.ExceptHookArgs, /) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        report(failed.exc_value)


def _unraisable(failed: Any, /) -> None:
    if failed.exc_value is not None and wants_stack():
        report(failed.exc_value)
