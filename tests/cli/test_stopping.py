"""Stopping: by signals, of which the first asks and the second insists, and by the clock."""

import signal

import pytest

from reconcile.cli.exits import finishing, stoppable
from tests.cli.processes import errors_of, python

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
    with stoppable(0.5) as stop:
        stop.gentle = True
        assert stop.flag.wait(30)
    assert (stop.reason, stop.code) == ("--timeout 0.5s", 1)


def test_the_end_of_the_time_ends_the_process_at_once_while_nothing_is_written() -> None:
    assert ended("stop.flag.wait(30); signal.pause()", gentle=False, timeout=0.01) == (0, 1)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stoppable():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_command_is_gentle_only_while_there_is_something_to_finish() -> None:
    with stoppable() as stop:
        with finishing(stop, "the deletion of Jobs"):
            assert (stop.gentle, stop.finishing) == (True, "the deletion of Jobs")
        assert not stop.gentle


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_process_at_once(number: signal.Signals) -> None:
    twice = f"signal.raise_signal({number.value}); signal.raise_signal({number.value})"
    assert ended(twice, gentle=True) == (number, 0)


def test_a_signal_after_the_end_of_the_time_ends_the_process_at_once() -> None:
    late = "stop.flag.wait(30); signal.raise_signal(15); threading.Event().wait(60)"
    assert ended(late, gentle=True, timeout=0.01) == (15, 0)


def test_a_signal_may_come_while_the_command_is_about_to_wait_for_it() -> None:
    # The lock that `Event.wait` holds for a moment, and `Event.set` takes.
    assert ended("with stop.flag._cond: signal.raise_signal(15)", gentle=False) == (0, 143)


def test_a_signal_is_acted_on_while_the_command_waits_for_a_server_that_does_not_answer() -> None:
    # A signal that another thread receives does not wake this one, as one that comes just before it begins to wait.
    elsewhere = "threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), 15)).start()"
    assert ended(f"{elsewhere}; os.read(os.pipe()[0], 1)", gentle=False) == (0, 143)


HANGS = {
    "a lock": "threading.Event().wait(60)",
    "the interpreter": "re.match('(a+)+$', 'a' * 60 + 'b')",
}


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS)
def test_a_command_that_hangs_is_ended_after_its_time(hang: str) -> None:
    assert ended(hang, gentle=True, timeout=0.01, grace=0.2) == (0, 1)


def test_a_command_that_hangs_is_ended_after_a_signal() -> None:
    assert ended("signal.raise_signal(15); threading.Event().wait(60)", gentle=True, grace=0.2) == (0, 143)


def test_other_signals_do_not_put_off_the_end() -> None:
    # Somebody else's, as of a library that has a handler for them.
    again = "signal.signal(10, lambda *_: None); signal.raise_signal(15)"
    often = "[threading.Event().wait(0.05) or signal.raise_signal(10) for _ in range(100)]"
    assert ended(f"{again}; {often}", gentle=True, grace=0.5) == (0, 143)


def test_what_is_still_busy_is_named() -> None:
    said = errors_of("""
import threading
from reconcile.cli.exits import stoppable
def reading(): threading.Event().wait(60)
with stoppable(0.01, grace=0.1) as stop:
    stop.gentle = True
    threading.Thread(target=reading, name="read-a").start()
    threading.Event().wait(60)
""")
    assert said.startswith("Error: ended, since it had not stopped 0.1 s after --timeout 0.01s; ")
    assert "read-a in threading:" in said
    assert said.count("\n") == 1


def test_a_time_beyond_every_clock_is_legal() -> None:
    with stoppable(1e18):
        pass


def test_the_process_ends_with_its_command_whatever_threads_do() -> None:
    code = """
import sys, threading
from reconcile.cli import program
threading.Thread(target=threading.Event().wait).start()
sys.argv = ["qontract-skupper", "--version"]
program()
"""
    assert python(code).startswith("qontract-skupper")


def ended(action: str, *, gentle: bool, timeout: float = 0, grace: float = 30) -> tuple[int, int]:
    """The signal and the exit code by which a process ends that does something while it can be stopped."""
    reported = python(f"""
import os, re, signal, sys, threading
child = os.fork()
if not child:
    from reconcile.cli.exits import stoppable
    with stoppable({timeout}, grace={grace}) as stop:
        stop.gentle = {gentle}
        {action}
    os._exit(99)
status = os.waitpid(child, 0)[1]
print(os.WTERMSIG(status), os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0)
""")
    found, code = map(int, reported.split())
    return found, code
