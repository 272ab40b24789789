"""The table of CONTRIBUTING says of every promise of the README which tests hold it, and where these run."""

import re

import pytest

from tests import named
from tests.docs.pages import CONTRIBUTING, PROMISES, README
from tests.named import Place

ROWS = CONTRIBUTING.rows("Promises and their proof")[1:]
BY_PROMISE = {row[0]: row for row in ROWS}
WHERE = {
    Place.TEST: "`make test`",
    Place.SAMPLE: "`make test`, a sample",
    Place.PROOF: "`make proof`",
}
"""What the table says where a test runs, the most first: of several tests of a promise the least counts."""
EACH = pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])


TABLE = README.rows("What it promises")[1:]


def promise_of(row: list[str]) -> str:
    """The first cell of a row of the README's table, without the asterisks that make it bold."""
    return row[0].strip("*")


def explained() -> list[str]:
    """What is bold at the beginning of each item of the page about the promises."""
    return [text.rstrip(".:") for text in re.findall(r"^- \*\*(.+?)\*\*", PROMISES.text, flags=re.MULTILINE)]


def held_by(row: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", row[1])


def test_the_readme_has_promises() -> None:
    assert len(TABLE) > 5


@pytest.mark.parametrize("row", TABLE, ids=promise_of)
def test_a_promise_of_the_readme_is_bold_and_says_what_it_means(row: list[str]) -> None:
    assert row[0] == f"**{promise_of(row)}**"
    assert row[1]


def test_every_promise_of_the_readme_is_explained_in_the_manual_in_the_same_order() -> None:
    assert explained() == [promise_of(row) for row in TABLE]


@pytest.mark.parametrize("promise", [promise_of(row) for row in TABLE])
def test_every_promise_of_the_readme_has_a_row(promise: str) -> None:
    assert promise in BY_PROMISE


def test_every_promise_has_one_row() -> None:
    assert len(BY_PROMISE) == len(ROWS)


@EACH
def test_a_promise_has_one_to_three_tests_that_exist(row: list[str]) -> None:
    assert 1 <= len(held_by(row)) <= 3
    assert [name for name in held_by(row) if not named.exists(name)] == []


@EACH
def test_a_promise_is_held_where_the_table_says(row: list[str]) -> None:
    places = {named.place(name) for name in held_by(row)}
    assert row[2] == WHERE[max(places, key=list(WHERE).index)]
