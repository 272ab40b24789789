"""The protobuf wire format, as far as kubectl needs it.

kubectl 1.20 reads OpenAPI documents in no other format; kubectl 1.32 writes the objects of ``kubectl create secret``
and the like in it. Messages are written by hand and read by a table of their fields.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reconcile.sandbox.kubernetes.errors import Object

Sort = Literal["text", "bytes", "flag", "number", "message", "text map", "bytes map"]
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message; ``parts`` are the fields of the message that it holds."""

    name: str
    sort: Sort = "text"
    many: bool = False
    parts: "Mapping[int, Field] | None" = None


Message = Mapping[int, Field]


def text(number: int, value: str) -> bytes:
    """A field that holds a text."""
    return message(number, value.encode())


def message(number: int, *parts: bytes) -> bytes:
    """A field that holds the message made of ``parts``."""
    body = b"".join(parts)
    return _varint(number << 3 | _LENGTH) + _varint(len(body)) + body


def read(kind: Message, raw: bytes) -> Object:
    """A message as JSON; fields that the table does not name are left out, empty ones too.

    Raises:
        ValueError: The bytes are no message.
    """
    obj: Object = {}
    for number, value in _fields(raw):
        field = kind.get(number)
        if field is None:
            continue
        if field.sort in {"text map", "bytes map"}:
            entry = read(_ENTRIES[field.sort], value)
            obj.setdefault(field.name, {})[entry.get("key", "")] = entry.get("value", "")
        elif field.many:
            obj.setdefault(field.name, []).append(_value(field, value))
        elif (found := _value(field, value)) not in ("", 0):
            obj[field.name] = found
    return obj


def _value(field: Field, value: Any) -> Any:
    match field.sort:
        case "message":
            return read(field.parts or {}, value)
        case "bytes":
            return base64.b64encode(value).decode()
        case "flag":
            return bool(value)
        case "number":
            return value
    return value.decode()


def _fields(raw: bytes) -> Iterator[tuple[int, Any]]:
    position = 0
    while position < len(raw):
        tag, position = _read_varint(raw, position)
        wire = tag & 7
        if wire == _VARINT:
            value, position = _read_varint(raw, position)
            yield tag >> 3, value
        elif wire == _LENGTH:
            length, position = _read_varint(raw, position)
            if position + length > len(raw):
                raise ValueError("a field is longer than its message")
            yield tag >> 3, raw[position : position + length]
            position += length
        elif wire in {_FIXED64, _FIXED32}:
            position += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"unknown wire type {wire}")


def _read_varint(raw: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(raw) or shift > 63:
            raise ValueError("a number has no end")
        part = raw[position]
        position += 1
        value |= (part & 0x7F) << shift
        shift += 7
        if part < 0x80:
            return value, position


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


_ENTRIES: dict[str, Message] = {
    "text map": {1: Field("key"), 2: Field("value")},
    "bytes map": {1: Field("key"), 2: Field("value", "bytes")},
}
