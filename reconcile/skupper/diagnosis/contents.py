"""Safe access to the contents of objects of any shape."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconcile.skupper.live import text

_LONGEST_QUOTE = 200


def dig(document: Any, *steps: str) -> Any:
    """What is at this path of a JSON document; None if there is nothing."""
    for step in steps:
        document = document.get(step) if isinstance(document, Mapping) else None
    return document


def entries(document: Any, *steps: str) -> Iterator[Mapping[str, Any]]:
    """The objects of the list at this path."""
    found = dig(document, *steps)
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, Mapping):
            yield entry


def quoted(value: object) -> str:
    """A message of somebody else's on one line, of bounded length."""
    words = " ".join(text(value).split())
    return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]}…"
