"""Regular expressions as Go understands them: Skupper, which is written in Go, matches the patterns of policies.

RE2 and Go's ``regexp`` share a syntax. What either refuses is refused here, so what passes is compiled by Skupper,
whichever version of Go it was built with. They differ in this:

- Go has no ``\\C``, takes ASCII names of groups only, nests to a limit, and finds ``a{99999999999}`` too often, which
  RE2 reads as text;
- ``(?<name>`` needs Go 1.22, and aliases of Unicode classes such as ``\\p{Letter}`` need Go 1.25;
- RE2 has less room for large patterns, such as ``\\pL{1000}``.

Only the newest scripts of Unicode depend on the version of Go all the same. Names and hosts are ASCII.

Sources: https://github.com/google/re2/wiki/Syntax, https://pkg.go.dev/regexp/syntax, and the release notes of Go.
"""

import re
from functools import lru_cache

import re2

DEEPEST = 200
"""Groups inside groups. Go refuses a tree of more than 1000 levels, of which a group takes up to four."""

_NAME = re.compile(r"[A-Za-z0-9_]+")
_TOKEN = re.compile(
    r"""
      \\Q .*? (?:\\E|\Z)
    | (?P<any_byte> \\C)
    | \\ .
    | \[ \^? \]? (?: \[:\^?\w+:\] | \\. | [^\]\\] )* \]
    | (?P<repeat> \{ (?: [1-9]\d{8,} (?:,\d*)? | (?:0|[1-9]\d*) , [1-9]\d{8,} ) \})
    | (?P<named> \(\?<)
    | (?P<opened> \()
    | (?P<closed> \))
    """,
    re.VERBOSE | re.DOTALL,
)
"""What RE2 allows and Go may not, with all that may contain the same characters and mean something else."""


def fault(pattern: str) -> str | None:
    """Say why Go cannot compile a pattern, as a clause; None if it can."""
    compiled = _compile(pattern)
    return compiled if isinstance(compiled, str) else None


def found(pattern: str, text: str) -> bool:
    """Return whether a pattern matches anywhere in a text; one that Go cannot compile never does."""
    compiled = _compile(pattern)
    return not isinstance(compiled, str) and compiled.search(text) is not None


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> "re2._Regexp | str":
    """Compile a pattern, or say why Go cannot."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    except re2.error as error:
        reason = error.args[0]
        return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    return _refused_by_go(pattern, compiled.groupindex) or compiled


def _refused_by_go(pattern: str, names: dict[str, int]) -> str | None:
    """Say why Go refuses what RE2 compiles."""
    for name in names:
        if not _NAME.fullmatch(name):
            return f"Go does not allow the group name {name}"
    depth = 0
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "any_byte":
                return "Go has no escape \\C"
            case "repeat":
                return f"{token[0]} repeats more than 1000 times"
            case "named":
                return "Go before 1.22 has no groups of the form (?<name>; write (?P<name>"
            case "opened":
                depth += 1
            case "closed":
                depth -= 1
        if depth > DEEPEST:
            return f"its groups are nested more than {DEEPEST} deep"
    return None
