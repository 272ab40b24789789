"""Log lines: their form and their level."""

import io
import logging
import re
from collections.abc import Iterator

import pytest

from reconcile.report import logs

OURS = logging.getLogger("reconcile.anything")
THEIRS = logging.getLogger("library")


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    """Leave the loggers of the test run as they were."""
    root, ours = logging.getLogger(), logging.getLogger("reconcile")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_a_line_has_time_level_place_and_message(stream: io.StringIO) -> None:
    logs.set_up("INFO", stream=stream)
    OURS.info("a message")
    form = (
        r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \[INFO\] "
        r"\[test_logs.py:test_a_line_has_time_level_place_and_message:\d+\] - a message\n"
    )
    assert re.fullmatch(form, stream.getvalue())


def test_a_dry_run_is_marked_after_the_level(stream: io.StringIO) -> None:
    logs.set_up("INFO", dry_run=True, stream=stream)
    OURS.info("a message")
    assert "] [INFO] [DRY-RUN] [test_logs.py:" in stream.getvalue()


def test_what_is_below_the_level_is_left_out(stream: io.StringIO) -> None:
    logs.set_up("WARNING", stream=stream)
    OURS.info("a message")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("level", logs.LEVELS)
def test_libraries_are_not_heard_at_any_level(level: str, stream: io.StringIO) -> None:
    logs.set_up(level, stream=stream)
    THEIRS.setLevel("DEBUG")
    THEIRS.critical("a whole request with its headers")
    assert stream.getvalue() == ""


def test_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO")
    OURS.info("a message")
    captured = capsys.readouterr()
    assert (captured.out, "a message" in captured.err) == ("", True)


def test_setting_up_twice_does_not_double_the_lines(stream: io.StringIO) -> None:
    logs.set_up("INFO", stream=stream)
    logs.set_up("INFO", stream=stream)
    OURS.info("a message")
    assert stream.getvalue().count("a message") == 1


def test_a_message_cannot_forge_a_second_line(stream: io.StringIO) -> None:
    logs.set_up("INFO", stream=stream)
    OURS.info("a message\n[2026-01-01 00:00:00] [ERROR] \x1b[2J")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
