"""A bundle from the directories of a checkout.

Everything that can be read goes into the bundle; what cannot is a finding of it. Only a directory that is missing
altogether is an error: then there is nothing to speak about.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from reconcile.app_interface.bundle import assembling, files, identifiers
from reconcile.app_interface.bundle.model import CHECKSUM_KEY, Bundle, Document, Positions, Source
from reconcile.app_interface.bundle.yaml_reading import Reading, read_datafile
from reconcile.findings import Finding, Severity

GRAPHQL_FILE = "graphql-schemas/schema.yml"
SCHEMAS = "schemas"
"""Findings in schemas name them with this in front: ``schemas/openshift/cluster-1.yml``; datafiles start with ``/``."""


class SourceMissingError(Exception):
    """A required directory or file does not exist."""


def build(data_dir: Path, resource_dir: Path, schema_dir: Path, commit: str, timestamp: str) -> Bundle:
    """Make a bundle.

    Args:
        data_dir: root of the datafiles (``.yml``, ``.yaml``, ``.json``; names with a leading dot are not read).
        resource_dir: root of the resources, files of any kind; it may be missing.
        schema_dir: a directory laid out as the qontract-schemas repository: ``schemas/`` and
            ``graphql-schemas/schema.yml``.
        commit: what ``/git-commit-info`` tells; any text.
        timestamp: seconds since the epoch of that commit, as text.

    Raises:
        SourceMissingError: if the data or the schemas are not there.
    """
    _require(data_dir, "directory of datafiles")
    _require(schema_dir / SCHEMAS, "directory of schemas")
    _require(schema_dir / GRAPHQL_FILE, "file of GraphQL types")
    collector = _Collector()
    data = collector.datafiles(data_dir)
    schemas = assembling.with_checksum(collector.schemas(schema_dir / SCHEMAS))
    graphql = collector.graphql_types(schema_dir) or {"confs": []}
    resources = collector.resources(resource_dir)
    assembling.add_back_references(data, resources, schemas)
    identifiers.add(data, schemas, graphql.get("confs") or [])
    parts: dict[str, Any] = {
        "data": data,
        "resources": resources,
        "schemas": schemas,
        "graphql": graphql,
        "git_commit": commit,
        "git_commit_timestamp": timestamp,
    }
    text = assembling.text_of(parts)
    return Bundle(
        **parts,
        text=text,
        sha256=assembling.digest(text),
        positions=Positions(collector.sources),
        faults=tuple(collector.faults),
        unreadable=collector.unreadable,
    )


def _require(path: Path, what: str) -> None:
    if not path.exists():
        raise SourceMissingError(f"no {what}: {path} does not exist")


class _Collector:
    """Reads files and remembers the position of every value, also in unusable ones."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.faults: list[Finding] = []
        self.unreadable: dict[str, str] = {}

    def datafiles(self, root: Path) -> dict[str, Document]:
        """Read all datafiles below ``root`` that can be part of a bundle, with the checksums of their texts."""
        documents = {}
        for entry in files.files(root, suffixes=files.DATAFILES):
            path, content = entry.path, self._content(entry, entry.path)
            document = self._document(path, content, read_datafile)
            if document is None or content is None:
                continue
            if not isinstance(document.get("$schema"), str):
                message = "$schema is missing; the server refuses to load such a file"
                self._refuse(Finding("no-schema", message, datafile=path), content)
            else:
                documents[path] = {**document, CHECKSUM_KEY: assembling.checksum(content)}
        return documents

    def schemas(self, root: Path) -> dict[str, Document]:
        """Read all schemas below ``root``."""
        read = {
            entry.path: self._read(entry, f"{SCHEMAS}{entry.path}")
            for entry in files.files(root, suffixes=files.DATAFILES)
        }
        return {path: document for path, document in read.items() if document is not None}

    def graphql_types(self, root: Path) -> Document | None:
        """Read the file of GraphQL types; None if it is unusable, which the faults then explain."""
        return self._read(files.confined(root / GRAPHQL_FILE, root), GRAPHQL_FILE)

    def resources(self, root: Path) -> dict[str, Document]:
        """Read all resources below ``root``; one that cannot be read counts as empty, so that nobody misses it."""
        if not root.exists() and not root.is_symlink():
            return {}
        contents = {entry.path: self._content(entry, f"resources{entry.path}") for entry in files.files(root)}
        return {
            path: assembling.resource(path, content)
            for path, content in contents.items()
            if content is not None
        }

    def _read(self, entry: files.Entry, name: str) -> Document | None:
        return self._document(name, self._content(entry, name), _read_schema)

    def _content(self, entry: files.Entry, name: str) -> bytes | None:
        """The bytes of a file that findings call ``name``; None for one that is left out.

        What cannot be read is a finding and counts as empty.
        """
        self.sources[name] = Source(str(entry.file), {})
        rule, message = entry.rule, entry.message
        if not rule:
            try:
                return files.read(entry.file)
            except OSError as error:
                rule, message = "unreadable", f"cannot be read: {error.strerror or type(error).__name__}"
        finding = Finding(rule, message, entry.severity, datafile=name)
        if finding.severity is Severity.WARNING:
            self.faults.append(finding)
            return None
        self._refuse(finding)
        return b""

    def _document(
        self, name: str, content: bytes | None, read: Callable[[str, bytes], Reading]
    ) -> Document | None:
        if content is None or name in self.unreadable:
            return None
        reading = read(name, content)
        self.sources[name] = Source(self.sources[name].file, reading.lines)
        self.faults += reading.findings
        if reading.document is None:
            self.unreadable[name] = content.decode(errors="replace")
        return reading.document

    def _refuse(self, finding: Finding, content: bytes = b"") -> None:
        self.faults.append(finding)
        self.unreadable[finding.datafile] = content.decode(errors="replace")


@lru_cache(maxsize=512)
def _read_schema(name: str, content: bytes) -> Reading:
    """Read a schema, or the GraphQL types; a sandbox that reloads its data sees the same ones again. Not changed."""
    return read_datafile(name, content)
