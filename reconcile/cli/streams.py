"""The standard streams: they are always there, they lose nothing in silence, and they print any character."""

import errno
import os
import sys
from contextlib import suppress
from io import BufferedWriter, FileIO, RawIOBase, TextIOWrapper

import click

from reconcile.credentials import hide

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def prepare() -> None:
    """Replace streams that were closed when the program started, and make the others fit for our output."""
    _occupy()
    if isinstance(getattr(sys.stdout, "buffer", None), RawIOBase):
        # Without a buffer (PYTHONUNBUFFERED) Python silently drops what does not fit on a full disk.
        sys.stdout = TextIOWrapper(BufferedWriter(FileIO(1, "w", closefd=False)), sys.stdout.encoding)
    for stream in (sys.stdout, sys.stderr):
        # Characters that the terminal cannot show become question marks, not tracebacks.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _occupy() -> None:
    """Connect closed streams with the null device.

    Else the next connection to a cluster would get the number of stdout or stderr, and what a library prints there
    would be sent to the cluster.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 for as long as the process lives
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def say(text: str, *, err: bool = False) -> None:
    """Print text that may hold the words of a server, without the credentials that it may repeat."""
    click.echo(hide(text), err=err)


def unwritable(error: OSError) -> str:
    """Why an output that was opened for us cannot be written; empty if the error is about something else.

    Files that we open ourselves are handled where we open them.
    """
    if error.errno not in _UNWRITABLE or error.filename is not None:
        return ""
    return os.strerror(error.errno).lower()


def discard_output() -> None:
    """Drop what stdout has buffered: flushing it at exit would fail once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
