"""Whatever happens to the data, no run and no day of runs removes a network, or more than the budget."""

import pytest

from tests.skupper import accident_table
from tests.skupper.accidents import (
    A_DAY,
    ACCIDENTS,
    BUDGET,
    EVERYWHERE,
    MADE,
    Accident,
    Given,
    Toll,
    play,
    some_hours,
)


def named(accident: Accident) -> str:
    return accident.name


def on_purpose(accident: Accident) -> frozenset[str]:
    """Sites that the data of the accident marks delete, sooner or later."""
    return frozenset().union(*(accident.given(number).deleted for number in range(accident.period)))


def approved(accident: Accident) -> frozenset[str]:
    """Sites whose removal the data of the accident approves."""
    given: Given = accident.given(0)
    return frozenset(name for names in given.approved.values() for name in names)


def within_bounds(accident: Accident, toll: Toll) -> bool:
    """True if what is gone was marked delete or approved, or is at most a third of each network and of the fleet."""
    lost = toll.sites - on_purpose(accident) - approved(accident)
    shares = [len(lost & set(sites)) <= len(sites) // 3 for sites in MADE.values()]
    counted = toll.sites - approved(accident)
    few = len(lost) <= len(EVERYWHERE) // 3 and len(counted) <= BUDGET
    return all(shares) and few and not toll.links


@pytest.mark.parametrize("accident", ACCIDENTS, ids=named)
def test_no_accident_removes_a_network_or_more_than_the_budget(accident: Accident) -> None:
    played = play(accident, some_hours(accident))
    assert within_bounds(accident, played.one_run)
    assert within_bounds(accident, played.a_day)


@pytest.mark.exhaustive("plays a whole day of each accident, of which some hours show the same")
@pytest.mark.parametrize("accident", ACCIDENTS, ids=named)
def test_a_whole_day_removes_no_more_than_some_hours(accident: Accident) -> None:
    assert play(accident, A_DAY) == play(accident, some_hours(accident))


def test_nothing_is_removed_by_the_first_run_for_being_absent() -> None:
    """What is marked delete is removed by it."""
    for accident in ACCIDENTS:
        first = play(accident, some_hours(accident)).one_run
        assert first.sites == accident.given(0).deleted


def test_whatever_loses_more_than_a_third_is_an_error() -> None:
    lasting = [accident for accident in ACCIDENTS if accident.period == 1 and not on_purpose(accident)]
    for accident in lasting:
        given = accident.given(0)
        declared = {name for sites in given.networks.values() for name in sites if given.namespace == "net"}
        if len(set(EVERYWHERE) - declared) > len(EVERYWHERE) // 3:
            assert play(accident, some_hours(accident)).rules, accident.name


def test_the_page_shows_what_happens() -> None:
    page = accident_table.FILE.read_text(encoding="utf-8")
    assert page == accident_table.replaced(page, accident_table.table(whole_day=False)), (
        "docs/removal.md is out of date: run `make docs`"
    )
