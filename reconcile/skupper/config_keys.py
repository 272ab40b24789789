"""The config keys of one engine, as a table with everything about each key.

For the engine it says what a key becomes on the cluster and the effect of a change. JSON schema, GraphQL
type, query, model and data reference are generated from it by ``make generate`` (package ``codegen``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ValueType:
    """The values that a key accepts."""

    schema: Mapping[str, object]
    """JSON schema of the value; its ``type`` is boolean, integer, string or object (a map of strings)."""
    definition: str = ""
    """Name under ``definitions`` of the JSON schema; empty: written out at each key."""


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One key of a site's ``config``."""

    name: str
    """Name in the data: camelCase."""
    type: ValueType
    description: str
    """What the key does, as full sentences in Markdown, without the default."""
    target: str
    """Where the value goes on the cluster, in the engine's terms."""
    effect: StrEnum
    """What happens when the value changes on a running site."""
    default: str = ""
    """In Markdown, since it may depend on something; empty: not set."""
    since: str = ""
    """First Skupper version that reads the key; empty: all versions of the engine's line do."""
    short_for: str = ""
    """Name of the key that this one is a short form of; a short form is resolved before the engine sees it."""
    confidential: bool = False
    """True: the value is never shown."""


@dataclass(frozen=True, slots=True)
class ConfigTable:
    """All config keys of one engine."""

    schema: str
    """``$schema`` of the config: its JSON schema is generated into the file of this name."""
    graphql_type: str
    sections: Mapping[str, tuple[ConfigKey, ...]]
    """Heading in schema and data reference -> keys, in their order."""

    def __iter__(self) -> Iterator[ConfigKey]:
        for keys in self.sections.values():
            yield from keys
