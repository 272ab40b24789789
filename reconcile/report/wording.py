"""Numbers, ages and marks as all reports show them."""

from datetime import datetime, timedelta

_PLAIN = "\033[0m"
_GREEN, _YELLOW, _RED, _FAINT = "\033[32m", "\033[33m", "\033[31m", "\033[2m"

_OF_MARKS = {
    "+": _GREEN,
    "~": _YELLOW,
    "-": _RED,
    "✓": _GREEN,
    "…": _YELLOW,
    "?": _YELLOW,
    "✗": _RED,
    "‼": _YELLOW,
    "·": _FAINT,
}


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 link``, ``2 links``, ``3 policies``."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {plural}"


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago: ``12s``, ``5m``, ``3h``, ``40d``; ``-`` if unknown."""
    if moment is None:
        return "-"
    span = max(now - moment, timedelta())
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def painted(mark: str, *, colour: bool) -> str:
    """The mark in its colour; unchanged if it has none or `colour` is false."""
    return f"{_OF_MARKS[mark]}{mark}{_PLAIN}" if colour and mark in _OF_MARKS else mark
