"""Parses JSON of any origin within bounds: what is parsed takes up to fifty times the memory of its text."""

import json
from typing import Any

MOST_VALUES = 500_000
"""Values in one document. Five hundred Kubernetes objects have a tenth of that; the dearest values take 100 MB."""


class NotJson(ValueError):  # noqa: N818 - the name is the condition
    """The bytes are not a JSON document that can be used. It carries no part of them."""


def count_values(body: bytes | bytearray) -> int:
    """An upper bound of the number of values in a JSON text: every value but the first follows one of these."""
    return sum(map(body.count, (b",", b"[", b"{")))


def parse(body: bytes | bytearray, most_values: int = MOST_VALUES) -> Any:
    """Parse a JSON text in UTF-8.

    Raises:
        NotJson: if it is not one, is nested deeper than the parser goes, or has more than ``most_values`` values.
    """
    if count_values(body) > most_values:
        raise NotJson(f"it has more than {most_values} values")
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        # The parser's own error holds the text.
        raise NotJson("it is not JSON") from None
