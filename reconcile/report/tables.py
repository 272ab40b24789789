"""Tables as lines of text: aligned columns, a mark in front of each row and a note behind it.

The normal form has one line per row, so that it can be searched with grep. The folded form is for narrow terminals:
heads break after ``BY``, cells before their arrow and, if that is not enough, after commas and slashes; notes go below
their rows. A command at the end of a note has a line of its own, which is not broken.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from reconcile.report.wording import painted

ARROW = " → "
"""Where a cell may break."""

_GAP = "  "
_BREAKS = ((ARROW, f"\n{ARROW[1:]}"), (", ", ",\n"), ("/", "/\n"))
"""Where cells break in the folded form, the first as often as possible."""
NARROWEST = 40
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
    broken = [_broken(rows, _BREAKS[:count]) for count in range(1, len(_BREAKS) + 1)]
    fitting = (each for each in broken if _widest(each, marked=marked) <= width)
    broken_rows = next(fitting, broken[-1])
    lines = _lines(broken_rows, marked=marked, colour=colour)
    indent = " " * len(_mark("", marked=marked, colour=False)) + _GAP
    found = []
    for row, parts in zip(rows, broken_rows, strict=True):
        height = max(cell.count("\n") for cell in parts.cells) + 1
        found += [next(lines) for _ in range(height)]
        if row is not rows[0]:
            found += _note(row.note, max(width, NARROWEST), indent)
    return found


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most `width` columns, which begin with `first` and `rest`; a command at the end is not broken."""
    before, run, command = text.rpartition(" run: ")
    if not run or not command.startswith("oc "):
        before, command = text, ""
    lines = textwrap.wrap(
        f"{before} run:" if command else before,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [*lines, f"{rest}  {command}"] if command else lines


def _note(note: str, width: int, indent: str) -> list[str]:
    return wrapped(note, width, first=indent, rest=indent)


def _broken(rows: Sequence[Row], breaks: Sequence[tuple[str, str]]) -> list[Row]:
    head, *body = rows
    return [
        replace(head, cells=tuple(cell.replace(" BY ", " BY\n") for cell in head.cells), note=""),
        *(replace(row, cells=tuple(_break(cell, breaks) for cell in row.cells), note="") for row in body),
    ]


def _break(cell: str, breaks: Sequence[tuple[str, str]]) -> str:
    for old, new in breaks:
        cell = cell.replace(old, new)
    return cell


def _widest(rows: Sequence[Row], *, marked: bool) -> int:
    return max(map(len, _lines(rows, marked=marked, colour=False)))


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
