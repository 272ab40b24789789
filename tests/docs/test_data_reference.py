"""The data reference: nothing missing."""

import re
from functools import cache

from codegen import data_reference
from reconcile.skupper.v1.keys import ALIASES, KEYS, TABLE, Effect


@cache
def rows() -> list[list[str]]:
    """The cells of all rows that are about a key."""
    lines = (line for line in data_reference.text(TABLE).splitlines() if re.match(r"\| `\w", line))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_config_key_has_one_row_with_the_key_of_the_config_map() -> None:
    shown = {row[0]: row[4] for row in rows() if len(row) == 7}
    keys = {f"`{name}`": f"`{key.target}`" for name, key in KEYS.items()}
    assert {name: shown[name] for name in keys} == keys
    assert shown.keys() - keys.keys() == {f"`{alias}`" for alias in ALIASES}


def test_every_row_of_a_config_key_says_what_it_accepts_and_means() -> None:
    incomplete = [row[0] for row in rows() if len(row) == 7 and not (row[1] and row[5] and row[6])]
    assert incomplete == []


def test_a_default_stands_in_its_own_column_only() -> None:
    assert [row[0] for row in rows() if "Default:" in row[-1]] == []


def test_every_effect_of_a_change_is_explained() -> None:
    assert [effect for effect in Effect if f"*: {effect.value}." not in data_reference.text(TABLE)] == []
