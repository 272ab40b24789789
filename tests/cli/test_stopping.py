"""Stopping: by signals, of which the first asks and the second insists, and by the clock."""

import signal

import pytest

from reconcile.cli.exits import stoppable
from tests.cli.processes import python

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_the_flag_and_is_remembered_while_something_is_written(
    number: signal.Signals,
) -> None:
    with stoppable() as stop:
        stop.gentle = True
        signal.raise_signal(number)
    assert (stop.flag.is_set(), stop.reason, stop.code) == (True, number.name, 128 + number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_process_at_once_while_nothing_is_written(number: signal.Signals) -> None:
    assert ended(f"signal.raise_signal({number.value})", gentle=False) == (0, 128 + number)


def test_without_a_signal_the_flag_stays_down() -> None:
    with stoppable() as stop:
        pass
    assert (stop.flag.is_set(), stop.reason, stop.code) == (False, "", 0)


def test_the_end_of_the_time_raises_the_flag() -> None:
    with stoppable(0.01) as stop:
        stop.gentle = True
        assert stop.flag.wait(30)
    assert (stop.reason, stop.code) == ("--timeout 0.01s", 1)


def test_the_end_of_the_time_ends_the_process_at_once_while_nothing_is_written() -> None:
    assert ended("stop.flag.wait(30); signal.pause()", gentle=False, timeout=0.01) == (0, 1)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stoppable():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_process_at_once(number: signal.Signals) -> None:
    twice = f"signal.raise_signal({number.value}); signal.raise_signal({number.value})"
    assert ended(twice, gentle=True) == (number, 0)


def ended(action: str, *, gentle: bool, timeout: float = 0) -> tuple[int, int]:
    """The signal and the exit code by which a process ends that does something while it can be stopped."""
    reported = python(f"""
import os, signal
child = os.fork()
if not child:
    from reconcile.cli.exits import stoppable
    with stoppable({timeout}) as stop:
        stop.gentle = {gentle}
        {action}
    os._exit(99)
status = os.waitpid(child, 0)[1]
print(os.WTERMSIG(status), os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0)
""")
    found, code = map(int, reported.split())
    return found, code
