"""Every fault of the catalogue, met by the real command line: what must hold for each."""

import re
from collections.abc import Callable

from tests.faults import data
from tests.faults.catalogue import FAULTS, Place, Still
from tests.faults.conftest import Met
from tests.faults.table import golden_file, seen
from tests.golden import assert_golden

AT_MOST = 15.0
"""Seconds that a cluster which is down may add to a run."""
SLACK = 5.0
"""Seconds by which others may be later than four times as late as without the fault; the machine may be busy."""


def test_it_ends_without_a_traceback(met: Met) -> None:
    assert "Traceback" not in met.ran.output


def test_it_ends_with_the_exit_code_that_fits(met: Met) -> None:
    assert met.ran.code == met.fault.code, met.ran.output


def test_a_user_sees_what_was_reviewed(met: Met) -> None:
    shown, reviewed = seen(met.fault.line, met.told, met.ran.code), golden_file(met.fault)
    if met.fault.racing and reviewed.is_file():
        assert kinds_of_lines(shown) <= kinds_of_lines(reviewed.read_text())
    else:
        assert_golden(shown, reviewed)


def kinds_of_lines(text: str) -> set[str]:
    """Lines by their level and the words that are the same for every object: ``cannot``, ``link``, ``site``."""
    return {
        " ".join(word for word in re.split(r"[ :]+", line)[:3] if "/" not in word)
        for line in text.splitlines()
    }


def test_the_cause_is_named(met: Met) -> None:
    if met.fault.still is Still.ALL:
        assert met.told == ()
    else:
        errors = [line for line in met.told if not line.startswith("WARNING")]
        assert any(met.fault.named in line for line in errors), met.ran.output


def test_the_other_network_comes_up_in_the_usual_time(met: Met) -> None:
    if met.fault.still is Still.NOTHING:
        assert met.ran.others_up_after is None
    else:
        usual = met.calm.ran.others_up_after
        assert usual is not None
        assert met.ran.others_up_after is not None, met.ran.output
        assert met.ran.others_up_after < 4 * usual + SLACK


def test_nothing_is_deleted_but_what_the_data_gave_up(met: Met) -> None:
    given_up = met.calm.states[data.other(met.side)] - met.calm.states[met.side]
    assert (met.before - met.after) - given_up == {}


def test_a_run_that_rides_it_out_leaves_nothing_undone(met: Met) -> None:
    if met.fault.still is Still.ALL:
        assert met.after == met.calm.states[met.side]


def test_the_next_run_finishes(met: Met) -> None:
    assert met.next.code == 0, met.next.output
    assert met.end == met.calm.states[met.side]


def test_the_run_after_that_writes_nothing(met: Met) -> None:
    assert (met.last.code, met.last.writes) == (0, 0), met.last.output


def test_a_cluster_that_is_down_costs_little(
    met: Met, record_property: Callable[[str, object], None]
) -> None:
    cost = met.ran.seconds - met.calm.ran.seconds
    record_property("cost", f"{met.fault.name}: {cost:.1f} s")
    if met.fault.down:
        assert cost < AT_MOST


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_every_place_has_faults() -> None:
    assert {fault.place for fault in FAULTS} == set(Place)
