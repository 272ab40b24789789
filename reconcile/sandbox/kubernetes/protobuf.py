"""Just enough of the protobuf wire format to write messages made of texts and messages.

Old versions of kubectl (1.20) read OpenAPI documents in no other format.
"""


def text(number: int, value: str) -> bytes:
    """A string field."""
    return message(number, value.encode())


def message(number: int, *parts: bytes) -> bytes:
    """A field that holds the message made of ``parts``."""
    body = b"".join(parts)
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
