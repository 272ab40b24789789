"""What answers say besides their content: when to come back, and text that is fit for an error message."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from reconcile.credentials import hide

_LONGEST_CREDENTIAL = 10_000
"""Characters."""


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a server asks to wait (RFC 9110, ``Retry-After`` as a number or a date); 0 if it asks for none.

    A date counts from the time of the server's own clock, where it sends that.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked)
    until = moment(asked)
    if until is None:
        return 0.0
    now = moment(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def moment(text: str) -> datetime | None:
    """A date of HTTP; None if it is none."""
    try:
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def one_line(text: str, longest: int) -> str:
    """A server's words without control sequences and our credentials, cut after ``longest`` characters."""
    # Before anything is cut, since half a credential is not recognised.
    text = hide(text[: 4 * longest + _LONGEST_CREDENTIAL])[: 4 * longest]
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= longest else f"{line[:longest]}..."
