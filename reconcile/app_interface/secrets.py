"""Secrets: references to them, their readers, and how their values stay hidden.

A secret is named by a reference in the data: ``{path, field, version, format}``. It is read from Vault or,
where app-interface says that it has none, from the configuration file (``creds/a`` is the table ``[creds.a]``).
Values travel as ``SecretStr``, whose ``str()`` and ``repr()`` are stars.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Any, Protocol

from pydantic import SecretStr

from reconcile.app_interface.config import Config
from reconcile.app_interface.errors import SecretMalformed, SecretNotFound
from reconcile.credentials import remember

Entries = Mapping[str, SecretStr]
"""The text fields of one secret."""


class Format(StrEnum):
    """How a field's value is written down."""

    PLAIN = "plain"
    BASE64 = "base64"


_SEGMENT = re.compile(r"(?!\.{1,2}\Z)[^/%\\?#\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is."""

    path: str
    field: str
    version: int | None = None
    """Version in a Vault engine that keeps versions; None: the latest."""
    format: Format = Format.PLAIN

    def __str__(self) -> str:
        return self.path if self.version is None else f"{self.path} (version {self.version})"

    @property
    def segments(self) -> list[str]:
        """The names of the path; slashes around it make no difference.

        Raises:
            SecretNotFound: if the path could lead out of its mount, or elsewhere than it seems: with ``.``, ``..``, an
                empty name, or a character that URLs give a meaning.
        """
        found = self.path.removeprefix("/").removesuffix("/").split("/")
        if not all(map(_SEGMENT.fullmatch, found)):
            raise SecretNotFound(
                f"secret {self.path!r}: the path must be names with one / between them, without . or .. and without "
                "%, ?, #, backslashes and control characters; correct it in the data"
            )
        return found


class SecretReader(Protocol):
    """A source of secrets."""

    def entries(self, reference: SecretReference) -> Entries:
        """Give the text fields of the secret at ``reference.path``.

        Raises:
            SecretError: if they cannot be read.
        """


@dataclass(slots=True)
class ConfigReader:
    """Reads the tables of the configuration file. It ignores versions."""

    config: Config

    def entries(self, reference: SecretReference) -> Entries:
        """See ``SecretReader``."""
        table: Any = self.config.document
        for step in reference.segments:
            table = table.get(step) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            name = ".".join(reference.segments)
            raise SecretNotFound(
                f"secret {reference}: {self.config.file} has no table [{name}]; "
                "add it, or let the app-interface settings say `vault: true`"
            )
        return hidden(table)


@dataclass(slots=True)
class CachingReader:
    """Caches another reader's secrets by version; a run is short, so nothing expires.

    May be shared by threads, which then wait for each other.
    """

    reader: SecretReader
    _seen: dict[tuple[str, int | None], Entries] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def entries(self, reference: SecretReference) -> Entries:
        """See ``SecretReader``."""
        key = (reference.path, reference.version)
        with self._lock:
            if key not in self._seen:
                self._seen[key] = self.reader.entries(reference)
            return self._seen[key]


def hidden(values: Mapping[str, object]) -> Entries:
    """Wrap the values of a secret; values that are not text are dropped."""
    return {name: SecretStr(value) for name, value in values.items() if isinstance(value, str)}


def entry(reference: SecretReference, entries: Entries, name: str) -> SecretStr:
    """Pick one field of a secret that has been read.

    Raises:
        SecretNotFound: if it has no such field or an empty one.
    """
    value = entries.get(name)
    if value is None or not value.get_secret_value():
        state = "has no text field" if value is None else "has an empty field"
        others = ", ".join(sorted(entries.keys() - {name})) or "none"
        raise SecretNotFound(f"secret {reference} {state} {name} (other fields: {others}); add it there")
    return value


def read(reader: SecretReader, reference: SecretReference) -> SecretStr:
    """Read the field that ``reference`` names, decoded as its format says.

    Raises:
        SecretError: if it cannot be read or decoded.
    """
    value = entry(reference, reader.entries(reference), reference.field)
    remember(value.get_secret_value())
    if reference.format is Format.PLAIN:
        return value
    try:
        text = base64.b64decode("".join(value.get_secret_value().split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise SecretMalformed(
            f"secret {reference}: field {reference.field} is not text in base64; "
            "encode it, or leave out `format: base64` in the data"
        ) from None
    remember(text)
    return SecretStr(text)
