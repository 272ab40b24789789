"""Whether Skupper, which is written in Go, can compile a pattern: Python's syntax and Go's differ.

Each token that only Go knows is replaced by one that Python knows as well, and each that only Python knows is refused.
Python judges the rest.

Source: https://github.com/google/re2/wiki/Syntax, and ``regexp/syntax`` of Go for its limits.
"""

import re
import warnings
from collections.abc import Callable

from reconcile.findings import Reason

MOST_REPEATS = 1000
"""Go refuses to repeat anything more often."""

_TOKEN = re.compile(
    r"""
      (?P<literal> \\Q .*? (?:\\E|$))
    | (?P<property> \\[pP] (?:\{\^?\w+\} | [A-Z]) | \\x\{[0-9A-Fa-f]{1,6}\})
    | (?P<end> \\z)
    | (?P<escape> \\ .)
    | (?P<set> \[ \^? \]? (?: \[:\^?\w+:\] | \\[pP] (?:\{\^?\w+\} | [A-Z]) | \\. | [^\]\\] )* \])
    | (?P<flags> \(\? (?: [imsU]+ (?:-[imsU]+)? | -[imsU]+ ) (?P<colon> [:)]))
    | (?P<group> \( (?: \? (?: : | P<\w+> ) | (?!\?) ))
    | (?P<foreign> \(\? .?)
    | (?P<repeat> (?: [*+?] | \{\d+(?:,\d*)?\} ) (?P<possessive> \+)?)
    """,
    re.VERBOSE | re.DOTALL,
)
_KNOWN_ESCAPES = re.compile(r"\\([!-/:-@\[-`{-~]|[aftnrvdDsSwWAbB0x])")
_CLASSES = frozenset(
    {
        "alnum",
        "alpha",
        "ascii",
        "blank",
        "cntrl",
        "digit",
        "graph",
        "lower",
        "print",
        "punct",
        "space",
        "upper",
    }
    | {"word", "xdigit"}
)
_IN_SET = re.compile(r"\[:\^?\w+:\]|\\[pP](?:\{\^?\w+\}|[A-Z])")


def fault(pattern: str) -> Reason | None:
    """Say why Skupper cannot compile a pattern; None if it can."""
    try:
        python = _TOKEN.sub(_translate, pattern)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(python)
    except _RefusedError as refused:
        return str(refused)
    except re.error as error:
        return error.msg
    except (OverflowError, RecursionError):
        return "it is too large"
    return None


class _RefusedError(Exception):
    """Go does not know a token."""


def _translate(match: re.Match[str]) -> str:
    """Give Python's form of one token. Raises ``_RefusedError`` for what Go has not."""
    token, form = match[0], match.lastgroup
    if form == "foreign":
        raise _RefusedError(f"Go has no groups of the form {token}")
    if form == "escape" and not _KNOWN_ESCAPES.fullmatch(token):
        raise _RefusedError(f"Go has no escape {token}")
    if form == "repeat":
        if match["possessive"]:
            raise _RefusedError(f"Go has no repetition {token}")
        if any(len(number) > 4 or int(number) > MOST_REPEATS for number in re.findall(r"[0-9]+", token)):
            raise _RefusedError(f"{token} repeats more than {MOST_REPEATS} times")
    if form == "set" and not _CLASSES.issuperset(re.findall(r"\[:\^?(\w+):\]", token)):
        raise _RefusedError(f"{token} names a class that Go does not have")
    convert = _PYTHON.get(form or "")
    return convert(token) if convert else token


_PYTHON: dict[str, Callable[[str], str]] = {
    "literal": lambda token: re.escape(token.removeprefix("\\Q").removesuffix("\\E")),
    "property": lambda _: "x",
    "end": lambda _: "$",
    "set": lambda token: _IN_SET.sub("x", token),
    "flags": lambda token: "(?:" if token.endswith(":") else "",
}
