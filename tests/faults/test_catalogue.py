"""Every fault of the catalogue, met by the real command line: what must hold for each."""

import re
from collections.abc import Callable

from tests.faults import data
from tests.faults.catalogue import FAULTS, Place, Still
from tests.faults.conftest import FaultRun
from tests.faults.table import golden_file, seen
from tests.golden import assert_golden

AT_MOST = 15.0
"""Seconds that a cluster which is down may add to a run."""
SLACK = 5.0
"""Seconds by which others may be later than four times as late as without the fault; the machine may be busy."""


def test_it_ends_without_a_traceback(fault_run: FaultRun) -> None:
    assert "Traceback" not in fault_run.ran.output


def test_it_ends_with_the_exit_code_that_fits(fault_run: FaultRun) -> None:
    assert fault_run.ran.code == fault_run.fault.code, fault_run.ran.output


def test_a_user_sees_what_was_reviewed(fault_run: FaultRun) -> None:
    shown, reviewed = (
        seen(fault_run.fault.line, fault_run.messages, fault_run.ran.code),
        golden_file(fault_run.fault),
    )
    if fault_run.fault.racing and reviewed.is_file():
        assert kinds_of_lines(shown) <= kinds_of_lines(reviewed.read_text())
    else:
        assert_golden(shown, reviewed)


def kinds_of_lines(text: str) -> set[str]:
    """Lines by their level and the words that are the same for every object: ``cannot``, ``link``, ``site``."""
    return {
        " ".join(word for word in re.split(r"[ :]+", line)[:3] if "/" not in word)
        for line in text.splitlines()
    }


def test_the_cause_is_named(fault_run: FaultRun) -> None:
    if fault_run.fault.still is Still.ALL:
        assert fault_run.messages == ()
    else:
        errors = [line for line in fault_run.messages if not line.startswith("WARNING")]
        assert any(fault_run.fault.named in line for line in errors), fault_run.ran.output


def test_the_other_network_comes_up_in_the_usual_time(fault_run: FaultRun) -> None:
    if fault_run.fault.still is Still.NOTHING:
        assert fault_run.ran.others_up_after is None
    else:
        usual = fault_run.baseline.ran.others_up_after
        assert usual is not None
        assert fault_run.ran.others_up_after is not None, fault_run.ran.output
        assert fault_run.ran.others_up_after < 4 * usual + SLACK


def test_nothing_is_deleted_but_what_the_data_gave_up(fault_run: FaultRun) -> None:
    given_up = (
        fault_run.baseline.states[data.other(fault_run.side)] - fault_run.baseline.states[fault_run.side]
    )
    assert (fault_run.before - fault_run.after) - given_up == {}


def test_a_run_that_rides_it_out_leaves_nothing_undone(fault_run: FaultRun) -> None:
    if fault_run.fault.still is Still.ALL:
        assert fault_run.after == fault_run.baseline.states[fault_run.side]


def test_the_next_run_finishes(fault_run: FaultRun) -> None:
    assert fault_run.next.code == 0, fault_run.next.output
    assert fault_run.end == fault_run.baseline.states[fault_run.side]


def test_the_run_after_that_writes_nothing(fault_run: FaultRun) -> None:
    assert (fault_run.last.code, fault_run.last.writes) == (0, 0), fault_run.last.output


def test_a_cluster_that_is_down_costs_little(
    fault_run: FaultRun, record_property: Callable[[str, object], None]
) -> None:
    cost = fault_run.ran.seconds - fault_run.baseline.ran.seconds
    record_property("cost", f"{fault_run.fault.name}: {cost:.1f} s")
    if fault_run.fault.down:
        assert cost < AT_MOST


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_every_place_has_faults() -> None:
    assert {fault.place for fault in FAULTS} == set(Place)
