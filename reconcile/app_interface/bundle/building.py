"""A bundle from the directories of a checkout.

Everything that can be read goes into the bundle; what cannot is a finding of it. Only a directory that is missing
altogether is an error: then there is nothing to speak about.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconcile.app_interface.bundle import assembling, identifiers
from reconcile.app_interface.bundle.model import CHECKSUM_KEY, Bundle, Document, Positions, Source
from reconcile.app_interface.bundle.yaml_reading import read_datafile
from reconcile.findings import Finding

GRAPHQL_FILE = "graphql-schemas/schema.yml"
SCHEMAS = "schemas"
"""Findings in schemas name them with this in front: ``schemas/openshift/cluster-1.yml``; datafiles start with ``/``."""

_DATAFILES = {".yml", ".yaml", ".json"}


class SourceMissingError(Exception):
    """A required directory or file does not exist."""


def build(data_dir: Path, resource_dir: Path, schema_dir: Path, commit: str, timestamp: str) -> Bundle:
    """Make a bundle.

    Args:
        data_dir: root of the datafiles (``.yml``, ``.yaml``, ``.json``; names with a leading dot are left out).
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
    graphql = collector.document(schema_dir / GRAPHQL_FILE, GRAPHQL_FILE) or {"confs": []}
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
        for path, file in _datafiles(root):
            content = self._content(file, path)
            document = self._document(path, content)
            if document is not None and not isinstance(document.get("$schema"), str):
                message = "$schema is missing; the server refuses to load such a file"
                self._refuse(Finding("no-schema", message, datafile=path), content)
            elif document is not None:
                documents[path] = {**document, CHECKSUM_KEY: assembling.checksum(content)}
        return documents

    def schemas(self, root: Path) -> dict[str, Document]:
        """Read all schemas below ``root``."""
        read = {path: self.document(file, f"{SCHEMAS}{path}") for path, file in _datafiles(root)}
        return {path: document for path, document in read.items() if document is not None}

    def resources(self, root: Path) -> dict[str, Document]:
        """Read all resources below ``root``; one that cannot be read counts as empty."""
        return {
            path: assembling.resource(path, self._content(file, f"resources{path}"))
            for path, file in _files(root)
        }

    def document(self, file: Path, name: str) -> Document | None:
        """Read one file that findings call ``name``; None if it is unusable, which the faults then explain."""
        return self._document(name, self._content(file, name))

    def _content(self, file: Path, name: str) -> bytes:
        self.sources[name] = Source(str(file), {})
        try:
            return file.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._refuse(Finding("unreadable", f"cannot be read: {reason}", datafile=name))
            return b""

    def _document(self, name: str, content: bytes) -> Document | None:
        if name in self.unreadable:
            return None
        reading = read_datafile(name, content)
        self.sources[name] = Source(self.sources[name].file, reading.lines)
        self.faults += reading.findings
        if reading.document is None:
            self.unreadable[name] = content.decode(errors="replace")
        return reading.document

    def _refuse(self, finding: Finding, content: bytes = b"") -> None:
        self.faults.append(finding)
        self.unreadable[finding.datafile] = content.decode(errors="replace")


def _datafiles(root: Path) -> Iterator[tuple[str, Path]]:
    return ((path, file) for path, file in _files(root) if file.suffix in _DATAFILES)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """List the files below ``root`` in order, with their paths in the bundle; nothing that starts with a dot."""
    for file in sorted(root.rglob("*")):
        relative = file.relative_to(root)
        if file.is_file() and not any(part.startswith(".") for part in relative.parts):
            yield f"/{relative.as_posix()}", file
