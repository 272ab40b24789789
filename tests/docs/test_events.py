"""The page about events says of each which test plays it."""

import pytest

from tests import named
from tests.docs.pages import EVENTS

TABLE = EVENTS.rows("What happens when")
ROWS = [row for row in TABLE[1:] if not row[0].startswith("**")]


def event(row: list[str]) -> str:
    return row[0]


def test_the_page_has_the_promised_columns() -> None:
    assert TABLE[0] == ["Event", "A run by itself", "Needs approval", "What traffic feels", "Test"]


@pytest.mark.parametrize("row", ROWS, ids=event)
def test_each_event_is_played_by_a_test_that_exists(row: list[str]) -> None:
    assert named.exists(row[4].strip("`"))


def test_no_event_has_two_rows() -> None:
    assert len({event(row) for row in ROWS}) == len(ROWS)
