"""Log lines in the format of qontract integrations: ``[time] [LEVEL] [DRY-RUN] [file:function:line] - message``.

They go to stderr; stdout is for the result of a command. Only lines of this program are printed: those of libraries
quote URLs, headers and answers, and a failure that a library logs it also raises.
"""

import logging
import sys
from typing import TextIO

from reconcile.credentials import hide
from reconcile.report.printable import printable

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_OURS = logging.Filter("reconcile")
"""Passes the lines of this program."""


def set_up(level: str, *, dry_run: bool = False, stream: TextIO | None = None) -> None:
    """Configure the root logger, for lines of this program from ``level`` on."""
    mark = "[DRY-RUN] " if dry_run else ""
    form = f"[%(asctime)s] [%(levelname)s] {mark}[%(filename)s:%(funcName)s:%(lineno)d] - %(message)s"
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Line(form, datefmt="%Y-%m-%d %H:%M:%S"))
    handler.addFilter(_OURS)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("reconcile").setLevel(level)


class _Line(logging.Formatter):
    """One line per message without credentials, whatever text a server put into it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 the name is logging's
        record.message = hide(printable(record.message))
        return super().formatMessage(record)
