"""The progress bar of a run: how many declared links are up, and what the first of the others waits for.

Log lines are printed above it and are never truncated.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from reconcile.credentials import hide
from reconcile.skupper.plan import Plan


@contextmanager
def bar_on_terminal(*, wanted: bool = True) -> Iterator["Bar | None"]:
    """A progress bar while inside; None if it is not wanted or stderr is no terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    bar = Bar()
    bar.start()
    try:
        yield bar
    finally:
        bar.stop()


class Bar:
    """Shown on stderr from `start` to `stop`."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.table import Column

        one_line = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[waiting]}", style="dim", markup=False, table_column=one_line),
            console=Console(stderr=True),
            expand=True,
            transient=True,
        )
        self._task = self._progress.add_task("links up", total=None, waiting="")
        self._handlers: list[logging.Handler] = []

    def start(self) -> None:
        """Show the bar, and have log lines printed above it from now on."""
        root = logging.getLogger()
        self._handlers = root.handlers[:]
        root.handlers[:] = [_AboveBar(self, handler) for handler in self._handlers]
        self._progress.start()

    def stop(self) -> None:
        """Remove the bar and restore the log handlers."""
        self._progress.stop()
        logging.getLogger().handlers[:] = self._handlers

    def show(self, plan: Plan) -> None:
        """Count the links of a plan."""
        managed = [link for link in plan.links if link.managed]
        others = [link for link in managed if not link.converged]
        waiting = f"{others[0].reason or others[0].state} ({others[0].link})" if others else ""
        up = len(managed) - len(others)
        self._progress.update(self._task, completed=up, total=len(managed), waiting=hide(waiting))

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


class _AboveBar(logging.Handler):
    def __init__(self, bar: Bar, replaced: logging.Handler) -> None:
        super().__init__()
        self._bar = bar
        self.setFormatter(replaced.formatter)
        for each in replaced.filters:
            self.addFilter(each)

    def emit(self, record: logging.LogRecord) -> None:
        self._bar.print(self.format(record))
