"""Makes text safe to print: text from clusters can neither move the cursor nor forge a line.

Control and direction characters and lone surrogates become escapes, line breaks and tabs become spaces. A plan is
sanitised as a whole before a report lays it out. JSON keeps every character and escapes it in its own way.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


def printable(text: str) -> str:
    """One line without anything that a terminal would interpret."""
    return text if text.isprintable() else "".join(map(_character, text))


def escaped(text: str) -> str:
    """A name on one line with line breaks and tabs as escapes too, so that it differs from every other name."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def json_printable(document: str) -> str:
    """A JSON document, the same but for escapes in its strings; its own line breaks stay."""
    return "\n".join(
        line if line.isprintable() else "".join(map(_json_character, line)) for line in document.split("\n")
    )


def all_printable(value: T) -> T:
    """A report's value with each of its strings made printable; the values of a drift stay as they are."""
    return _walk(value)  # type: ignore[no-any-return]


def _walk(value: Any) -> Any:
    from reconcile.skupper.drift import FieldDrift

    match value:
        case Enum():
            return value
        case str():
            return printable(value)
        case tuple():
            parts = [_walk(part) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        case FieldDrift():
            return replace(value, path=_walk(value.path))
        case _ if is_dataclass(value) and not isinstance(value, type):
            found = {field.name: getattr(value, field.name) for field in fields(value)}
            shown = {name: _walk(part) for name, part in found.items() if not isinstance(part, Mapping)}
            return replace(value, **{name: part for name, part in shown.items() if part != found[name]})
    return value


def _character(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode()


def _json_character(character: str) -> str:
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
