"""Ages, one unit each."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.report.wording import age
from tests.report.plans import NOW

SIZES = {"s": 1, "m": 60, "h": 3600, "d": 86400}

spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9999))


def read(text: str) -> int:
    """Seconds that an age stands for."""
    return int(text[:-1]) * SIZES[text[-1]]


def age_of(span: timedelta) -> str:
    return age(NOW - span, NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (7199, "119m"),
        (7200, "2h"),
        (172_799, "47h"),
        (172_800, "2d"),
        (40 * 86400, "40d"),
    ],
)
def test_the_unit_changes_at_two_of_the_next(seconds: int, text: str) -> None:
    assert age_of(timedelta(seconds=seconds)) == text


def test_an_unknown_moment_has_no_age() -> None:
    assert age(None, NOW) == "-"


def test_parts_of_a_second_are_dropped() -> None:
    assert age_of(timedelta(seconds=1, milliseconds=999)) == "1s"


@given(spans)
def test_a_moment_still_to_come_by_a_clock_that_is_off_is_now(span: timedelta) -> None:
    assert age(NOW + span, NOW) == "0s"


@given(st.datetimes(), st.datetimes())
def test_any_two_moments_have_an_age(moment: datetime, now: datetime) -> None:
    assert read(age(moment, now)) >= 0


@given(spans, spans)
def test_what_is_older_is_never_said_to_be_younger(one: timedelta, other: timedelta) -> None:
    younger, older = sorted([one, other])
    assert read(age_of(younger)) <= read(age_of(older))


@given(spans)
def test_an_age_is_rounded_down_to_its_unit(span: timedelta) -> None:
    text = age_of(span)
    assert read(text) <= span.total_seconds() < read(text) + SIZES[text[-1]]
