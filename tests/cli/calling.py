"""Commands called as a user would, in the process of the tests."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from reconcile.cli import main


def call(*names: str, config: Path | None = None, **environment: str) -> Result:
    """Run a command in this process; an exception that it did not expect fails the test with its traceback."""
    given = {"QONTRACT_CONFIG": str(config)} if config else {}
    runner = CliRunner(env={**given, **environment})
    with same_loggers():
        result = runner.invoke(main, names, prog_name="qontract-skupper")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exception and "Error: unexpected " in result.stderr:
        raise result.exception.__context__ or result.exception
    return result


@contextmanager
def same_loggers() -> Iterator[None]:
    """Undo what a command does to the loggers: its handlers write to streams that end with it."""
    root, ours = logging.getLogger(), logging.getLogger("reconcile")
    before = root.handlers[:], root.level, ours.level
    try:
        yield
    finally:
        root.handlers[:], root.level, ours.level = before
