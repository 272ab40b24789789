"""Generated blocks in files that are otherwise written by hand."""

import pytest

from codegen.blocks import fill

FILE = """\
by hand
  # BEGIN GENERATED fruit by `make generate`
  old
  # END GENERATED fruit
# BEGIN GENERATED fruit juice by `make generate`
# END GENERATED fruit juice
by hand, too
"""


def test_a_block_gets_its_new_lines_at_its_indentation() -> None:
    assert "by `make generate`\n  apple\n    pip\n  # END" in fill(FILE, {"fruit": "apple\n  pip\n"})


def test_what_is_outside_of_the_block_stays() -> None:
    assert fill(FILE, {"fruit": "old\n"}) == FILE


def test_a_block_that_is_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 blocks BEGIN GENERATED bread"):
        fill(FILE, {"bread": ""})


def test_a_block_that_is_there_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 blocks BEGIN GENERATED fruit"):
        fill(FILE + FILE, {"fruit": ""})
