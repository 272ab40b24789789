"""Colours of marks; the caller decides whether to use any."""

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
    "·": _FAINT,
}


def painted(mark: str, *, colour: bool) -> str:
    """The mark in its colour; unchanged if it has none or `colour` is false."""
    return f"{_OF_MARKS[mark]}{mark}{_PLAIN}" if colour and mark in _OF_MARKS else mark
