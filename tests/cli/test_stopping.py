"""Signals: the first asks, the second insists."""

import signal

import pytest

from reconcile.cli.stopping import stop_on_signal
from tests.cli.processes import python

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_the_flag_and_is_remembered(number: signal.Signals) -> None:
    with stop_on_signal() as stop:
        signal.raise_signal(number)
    assert (stop.flag.is_set(), stop.signal) == (True, number)


def test_without_a_signal_the_flag_stays_down() -> None:
    with stop_on_signal() as stop:
        pass
    assert (stop.flag.is_set(), stop.signal) == (False, 0)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stop_on_signal():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_process_at_once(number: signal.Signals) -> None:
    child = f"""
import os, signal
child = os.fork()
if not child:
    from reconcile.cli.stopping import stop_on_signal
    with stop_on_signal():
        signal.raise_signal({number.value})
        signal.raise_signal({number.value})
    os._exit(0)
print(os.WTERMSIG(os.waitpid(child, 0)[1]))
"""
    assert int(python(child)) == number
