"""Counts with their nouns."""

import pytest

from reconcile.report.wording import counted


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(0, "link", "0 links"), (1, "link", "1 link"), (2, "link", "2 links"), (1, "policy", "1 policy")],
)
def test_a_noun_is_plural_unless_there_is_one(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


def test_a_noun_in_y_ends_in_ies() -> None:
    assert counted(3, "policy") == "3 policies"
