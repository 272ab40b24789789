"""The data reference: as the schemas and the table of keys say, nothing missing."""

import re
from functools import cache

from reconcile.skupper.v1.keys import ALIASES, KEYS
from tests.docs import data_reference


@cache
def rows() -> list[list[str]]:
    """The cells of all rows that are about a key."""
    lines = (line for line in data_reference.text().splitlines() if re.match(r"\| `\w", line))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_file_is_what_the_schemas_say() -> None:
    written = data_reference.FILE.read_text(encoding="utf-8")
    assert written == data_reference.text(), "docs/data.md is out of date: run `make docs`"


def test_every_config_key_has_one_row_with_the_key_of_the_config_map() -> None:
    shown = {row[0]: row[3] for row in rows() if len(row) == 6}
    keys = {f"`{name}`": f"`{key.name}`" for name, key in KEYS.items()}
    assert {name: shown[name] for name in keys} == keys
    assert shown.keys() - keys.keys() == {f"`{alias}`" for alias in ALIASES}


def test_every_row_of_a_config_key_says_what_it_accepts_and_means() -> None:
    incomplete = [row[0] for row in rows() if len(row) == 6 and not (row[1] and row[4] and row[5])]
    assert incomplete == []


def test_a_default_stands_in_its_own_column_only() -> None:
    assert [row[0] for row in rows() if "Default:" in row[-1]] == []
