"""Tables as lines of text: aligned columns, a mark in front of each row and a note behind it.

A table is first laid out with one line a row, so that it can be searched line by line. If that is wider than the
terminal, cells break before their arrow and notes go below their rows.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from reconcile.report.colours import painted

ARROW = " → "
"""Where a cell may break."""

_GAP = "  "
_NARROWEST = 40
"""Notes are not squeezed into less than this, however narrow the terminal is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: mark, cells, note. Rows of a table have the same number of cells."""

    cells: tuple[str, ...]
    mark: str = ""
    """One character."""
    note: str = ""


def table(rows: Sequence[Row], *, width: int | None = None, colour: bool = False) -> list[str]:
    """Lay out rows, the first of which is the head; `width` None means that lines may be of any length."""
    head, *body = (replace(row, note=" ".join(row.note.split())) for row in rows)
    if not any(row.note for row in body):
        head = replace(head, note="")
    rows = [head, *body]
    marked = any(row.mark for row in rows)
    plain = list(_lines(rows, marked=marked, colour=False))
    if width is not None and max(map(len, plain)) > width:
        return list(_narrow(rows, width, marked=marked, colour=colour))
    return list(_lines(rows, marked=marked, colour=colour))


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


def _narrow(rows: Sequence[Row], width: int, *, marked: bool, colour: bool) -> Iterator[str]:
    """Cells broken before their arrow, notes below their rows."""
    folded = [
        replace(row, cells=tuple(cell.replace(ARROW, f"\n{ARROW[1:]}") for cell in row.cells), note="")
        for row in rows
    ]
    lines = _lines(folded, marked=marked, colour=colour)
    indent = " " * len(_mark("", marked=marked, colour=False)) + _GAP
    for number, (row, broken) in enumerate(zip(rows, folded, strict=True)):
        for _ in range(max(cell.count("\n") for cell in broken.cells) + 1):
            yield next(lines)
        if row.note and number:
            yield from textwrap.wrap(
                row.note,
                max(width, _NARROWEST),
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )


def _mark(mark: str, *, marked: bool, colour: bool) -> str:
    if not marked:
        return _GAP
    return f"{_GAP}{painted(mark, colour=colour) if mark else ' '}{_GAP}"
