"""The bundle as a value: documents, their schemas, and where in which file each part was written.

A bundle is always in its published form: datafiles carry ``$file_sha256sum``, schemas know that key, and
``text`` is the very text whose sha256 clients pin. What could not be read is not part of it but listed
beside it, so that one broken file neither hides the others nor makes every reference to it look dangling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconcile.findings import Finding, Pointer

Document = dict[str, Any]
"""A parsed JSON or YAML mapping: text keys; values are JSON values."""

UNKNOWN_LINE = 0
"""Line number of a place in a bundle that was not made from files here."""

CHECKSUM_KEY = "$file_sha256sum"
"""Key that bundling adds to every datafile: sha256 (hex) of the file's text."""

IDENTIFIER_KEY = "__identifier"
"""Key that bundling adds to list items which must be unique in their list."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file on disk and the line (from 1) on which each part of its document starts."""

    file: str
    lines: Mapping[Pointer, int]

    def line(self, pointer: Pointer) -> int:
        """Give the line of ``pointer``, or of its nearest ancestor that the file really holds."""
        while pointer not in self.lines and pointer:
            pointer = pointer[:-1]
        return self.lines.get(pointer, 1)


@dataclass(frozen=True, slots=True)
class Positions:
    """Where the datafiles of a bundle come from: bundle path -> source. Empty for a bundle made elsewhere."""

    sources: Mapping[str, Source] = field(default_factory=dict)

    def locate(self, datafile: str, pointer: Pointer = ()) -> tuple[str, int]:
        """Give file and line of a place; without a source, the bundle path and ``UNKNOWN_LINE``."""
        source = self.sources.get(datafile)
        return (source.file, source.line(pointer)) if source else (datafile, UNKNOWN_LINE)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Bundle:
    """Everything that one state of app-interface says. Compared and hashed by identity; nobody changes it."""

    data: Mapping[str, Document]
    """Datafile path (``/dir/file.yml``) -> document; each has a ``$schema``."""
    resources: Mapping[str, Document]
    """Resource path -> ``{path, content, sha256sum, $schema, backrefs}``."""
    schemas: Mapping[str, Document]
    """Schema path -> JSON schema (draft 06)."""
    graphql: Any
    """Parsed ``graphql-schemas/schema.yml``: ``{"$schema", "confs"}`` or, in old bundles, the list alone."""
    git_commit: str
    git_commit_timestamp: str
    """Seconds since the epoch, as text."""
    text: str = field(repr=False)
    """The bundle file itself."""
    sha256: str
    """Hex digest of ``text``: what ``/sha256`` answers and ``/graphqlsha/<sha>`` takes."""
    positions: Positions = field(default_factory=Positions, repr=False)
    faults: tuple[Finding, ...] = ()
    """What could not be read; its files are not in ``data``."""
    unreadable: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Bundle path -> text of those files, so that references to them are not called dangling as well.

    A directory that cannot be read is here too, with an empty text: what is in it is unknown."""

    @property
    def confs(self) -> list[Document]:
        """The GraphQL type definitions, whichever form ``graphql`` has."""
        confs = self.graphql.get("confs", []) if isinstance(self.graphql, dict) else self.graphql
        return [conf for conf in confs or [] if isinstance(conf, dict)]

    def may_have(self, path: str) -> bool:
        """True if a datafile of this path exists that could not be read, or may, in a directory that could not."""
        parts = path.split("/")
        return any(("/".join(parts[:end]) or "/") in self.unreadable for end in range(1, len(parts) + 1))


def locate(bundle: Bundle, finding: Finding) -> tuple[str, int]:
    """Give the file on disk and the line that ``finding`` speaks of; line 0 if the bundle came as one."""
    return bundle.positions.locate(finding.datafile, finding.pointer)
