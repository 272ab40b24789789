"""The table of CONTRIBUTING says of every promise which tests hold it, and where these run."""

import re

import pytest

from tests import named
from tests.docs.pages import CONTRIBUTING, README
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


def bold_promises() -> list[str]:
    """What is bold at the beginning of each item of the README's list."""
    _, _, below = README.text.partition("\n## What it promises\n")
    section = below.partition("\n## ")[0]
    return [
        text.rstrip(".:") for text in re.findall(r"^- \*\*(.+?)\*\*", section, flags=re.DOTALL | re.MULTILINE)
    ]


def held_by(row: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", row[1])


def test_the_readme_has_promises() -> None:
    assert len(bold_promises()) > 5


@pytest.mark.parametrize("promise", bold_promises())
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
