"""Tables on wide and narrow terminals."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconcile.report.tables import Row, folded, table

HEAD = Row(("NAME", "AGE"), note="NOTE")
words = st.sampled_from(["a", "b/c", "longer", "a/b → c/d", "one → another", "-"])
rows = st.builds(
    Row,
    st.tuples(words, words, words),
    mark=st.sampled_from("✓✗?"),
    note=st.lists(words, max_size=6).map(" ".join),
)
tables = st.lists(rows, min_size=1, max_size=6)


def test_columns_are_aligned() -> None:
    assert table([HEAD, Row(("a", "12s")), Row(("longer", "5m"))]) == [
        "  NAME    AGE",
        "  a       12s",
        "  longer  5m",
    ]


def test_marks_stand_in_front() -> None:
    assert table([HEAD, Row(("a", "1s"), mark="✓")]) == ["     NAME  AGE", "  ✓  a     1s"]


def test_notes_have_a_head_if_there_is_one() -> None:
    assert table([HEAD, Row(("a", "1s"), note="why")]) == ["  NAME  AGE  NOTE", "  a     1s   why"]


def test_a_note_of_several_lines_stays_on_one() -> None:
    assert table([HEAD, Row(("a", "1s"), note="why\n  not")])[1] == "  a     1s   why not"


def test_a_folded_table_breaks_cells_at_arrows_and_puts_notes_below() -> None:
    assert folded([HEAD, Row(("one → other", "1s"), mark="✓", note="why")], 20) == [
        "     NAME     AGE",
        "  ✓  one      1s",
        "     → other",
        "       why",
    ]


def test_a_table_that_is_still_too_wide_breaks_after_commas_and_then_after_slashes() -> None:
    row = Row(("cluster/namespace → other/namespace", "absent, 5m ago"))
    rows = [HEAD, row]
    assert max(map(len, folded(rows, 40))) <= 40
    assert "absent, 5m ago" in folded(rows, 40)[1]
    assert max(map(len, folded(rows, 30))) <= 30
    assert "cluster/namespace" in folded(rows, 30)[1]
    assert max(map(len, folded(rows, 22))) <= 22


def test_a_command_at_the_end_of_a_note_has_a_line_of_its_own() -> None:
    command = "oc -n net scale deploy/skupper-router --replicas=1"
    lines = folded([HEAD, Row(("a", "1s"), note=f"it is scaled to 0; on cluster a run: {command}")], 40)
    assert lines[-1].strip() == command


def test_long_notes_are_wrapped_to_the_width() -> None:
    lines = folded([HEAD, Row(("a", "1s"), note="word " * 30)], 60)
    assert max(map(len, lines)) <= 60


def test_a_link_in_a_note_is_not_broken() -> None:
    name = "https://" + "x" * 100
    assert any(name in line for line in folded([HEAD, Row(("a", "1s"), note=f"see {name}")], 60))


def test_colours_do_not_shift_columns() -> None:
    coloured = table([HEAD, Row(("a", "1s"), mark="✗")], colour=True)
    assert coloured[1] == "  \033[31m✗\033[0m  a     1s"


@given(tables)
def test_a_table_of_any_length_has_one_line_a_row(body: list[Row]) -> None:
    assert len(table([Row(("A", "B", "C"), note="NOTE"), *body])) == len(body) + 1


@given(tables, st.none() | st.integers(1, 200))
def test_no_cell_and_no_note_is_lost_in_either_form(body: list[Row], width: int | None) -> None:
    rows = [Row(("A", "B", "C"), note="NOTE"), *body]
    lines = table(rows) if width is None else folded(rows, width)
    text = " ".join(" ".join(lines).split())
    for row in body:
        assert row.note in text
        words = {word for cell in row.cells for word in cell.split()}
        # Where even that is too wide, words break after a slash.
        assert {part for word in words for part in re.findall("[^/]+/?", word)} <= set(
            re.findall("[^/ ]+/?", text)
        )


@given(tables)
def test_no_line_ends_in_blanks(body: list[Row]) -> None:
    assert all(line == line.rstrip() for line in table([Row(("A", "B", "C")), *body]))
