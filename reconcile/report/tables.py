"""Tables as lines of text: aligned columns, a mark in front of each row and a note behind it.

The normal form has one line per row, so that it can be searched with grep. The folded form is for narrow terminals:
cells break before their arrow, heads after ``BY``, and notes go below their rows.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from reconcile.report.wording import painted

ARROW = " → "
"""Where a cell may break."""

_GAP = "  "
_NARROWEST = 40
"""Minimum width of notes, however narrow the terminal is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: mark, cells, note. Rows of a table have the same number of cells."""

    cells: tuple[str, ...]
    mark: str = ""
    """One character."""
    note: str = ""


def table(rows: Sequence[Row], *, colour: bool = False) -> list[str]:
    """Lay out rows, the first of which is the head, one line each."""
    head, *body = (replace(row, note=" ".join(row.note.split())) for row in rows)
    if not any(row.note for row in body):
        head = replace(head, note="")
    return list(_lines([head, *body], marked=_marked(rows), colour=colour))


def folded(rows: Sequence[Row], width: int, *, colour: bool = False) -> list[str]:
    """Lay out rows, the first of which is the head, for a terminal of `width` columns."""
    marked = _marked(rows)
    head, *body = rows
    broken = [
        replace(head, cells=tuple(cell.replace(" BY ", " BY\n") for cell in head.cells), note=""),
        *(
            replace(row, cells=tuple(cell.replace(ARROW, f"\n{ARROW[1:]}") for cell in row.cells), note="")
            for row in body
        ),
    ]
    lines = _lines(broken, marked=marked, colour=colour)
    indent = " " * len(_mark("", marked=marked, colour=False)) + _GAP
    found = []
    for row, parts in zip(rows, broken, strict=True):
        height = max(cell.count("\n") for cell in parts.cells) + 1
        found += [next(lines) for _ in range(height)]
        if row is not rows[0]:
            found += _note(row.note, max(width, _NARROWEST), indent)
    return found


def _note(note: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        note,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _lines(rows: Sequence[Row], *, marked: bool, colour: bool) -> Iterator[str]:
    """One line a row, or more if a cell holds line breaks; the note, if any, ends the first."""
    split = [tuple(cell.split("\n") for cell in row.cells) for row in rows]
    widths = [max(len(part) for cell in column for part in cell) for column in zip(*split, strict=True)]
    for row, cells in zip(rows, split, strict=True):
        for number, parts in enumerate(zip_longest(*cells, fillvalue="")):
            mark = _mark(row.mark if number == 0 else "", marked=marked, colour=colour)
            padded = [part.ljust(size) for part, size in zip(parts, widths, strict=True)]
            note = [row.note] if number == 0 else []
            yield f"{mark}{_GAP.join([*padded, *note])}".rstrip()


def _marked(rows: Sequence[Row]) -> bool:
    return any(row.mark for row in rows)


def _mark(mark: str, *, marked: bool, colour: bool) -> str:
    if not marked:
        return _GAP
    return f"{_GAP}{painted(mark, colour=colour) if mark else ' '}{_GAP}"
