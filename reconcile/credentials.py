"""The credentials that this process has read, so that no text can repeat them.

Servers, webhooks and proxies quote what they were sent, and their words are part of our messages. Everything that reads
a credential calls `remember`; everything that prints calls `hide`.
"""

import base64
import binascii
import re

SHORTEST = 8
"""Shorter values are not hidden: they would occur by chance."""
HIDDEN = "***"

_known: set[str] = set()


def remember(value: str) -> None:
    """Hide this value from now on, and what HTTP makes of it: a header without its scheme, ``Basic`` decoded."""
    scheme, _, parameter = value.strip().partition(" ")
    forms = [value.strip(), parameter.strip()]
    if scheme.lower() == "basic":
        forms += _decoded(parameter)
    forms += [base64.b64encode(form.encode()).decode().rstrip("=") for form in forms]
    _known.update(form.lower() for form in forms if len(form) >= SHORTEST)


def hide(text: str) -> str:
    """The text with ``***`` for each credential, in whatever case it is written."""
    lowered = text.lower()
    for value in sorted(_known, key=len, reverse=True):
        if value in lowered:
            text = re.sub(re.escape(value), HIDDEN, text, flags=re.IGNORECASE)
            lowered = text.lower()
    return text


def forget() -> None:
    """Know no credentials, as when the process began."""
    _known.clear()


def _decoded(parameter: str) -> list[str]:
    """The pair of user and password, and the password."""
    try:
        pair = base64.b64decode(parameter, validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    return [pair, pair.partition(":")[2]]
