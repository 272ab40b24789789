"""A bundle that was made elsewhere, from its file.

Schemas and datafiles of other integrations are welcome in it. Only what the server itself needs must be
there. Files on disk are unknown, so findings name bundle paths.
"""

import json
from pathlib import Path
from typing import Any

from reconcile.app_interface.bundle.assembling import digest
from reconcile.app_interface.bundle.model import Bundle

_SECTIONS = ("data", "resources", "schemas")


MAX_SIZE = 256 << 20
"""Bytes of a bundle; those of large organisations have a quarter of that."""

_MAX_DEPTH = 200
"""Levels of nesting; datafiles may have 100."""


class NotABundleError(Exception):
    """A file is not a bundle that qontract-server would load; the message says why."""


def read(file: Path) -> Bundle:
    """Read a bundle from a file or pipe.

    Raises:
        NotABundleError: if it is no bundle, too large, not UTF-8 or cannot be read.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_SIZE + 1)
        if len(content) > MAX_SIZE:
            raise NotABundleError(f"not a bundle: it has more than {MAX_SIZE} bytes")
        return load(content.decode())
    except UnicodeDecodeError as error:
        raise NotABundleError(f"not a bundle: byte {error.start + 1} is not UTF-8") from error
    except OSError as error:
        raise NotABundleError(f"cannot be read: {error.strerror or type(error).__name__}") from error


def load(text: str) -> Bundle:
    """Read a bundle file.

    Raises:
        NotABundleError: if it is not JSON, lacks a part, or has a datafile without ``$schema``.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotABundleError(
            f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except RecursionError as error:
        raise NotABundleError("not a bundle: it is nested too deeply") from error
    except ValueError as error:  # a number that is too long for Python
        raise NotABundleError(f"not a bundle: {error}") from error
    _check_depth(content)
    if not isinstance(content, dict):
        raise NotABundleError("not a bundle: the outermost value is not an object")
    for section in _SECTIONS:
        _check_section(section, content.get(section))
    if not isinstance(content.get("graphql"), dict | list):
        raise NotABundleError("not a bundle: it has no GraphQL types under the key 'graphql'")
    for path, document in content["data"].items():
        if "$schema" not in document:
            raise NotABundleError(f"the datafile {path} has no $schema")
    return Bundle(
        **{section: content[section] for section in _SECTIONS},
        graphql=content["graphql"],
        git_commit=str(content.get("git_commit") or ""),
        git_commit_timestamp=str(content.get("git_commit_timestamp") or ""),
        text=text,
        sha256=digest(text),
    )


def _check_depth(content: Any) -> None:
    """Refuse what later steps would follow until Python's stack ends."""
    level = [content]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    if level:
        raise NotABundleError("not a bundle: it is nested too deeply")


def _check_section(section: str, entries: Any) -> None:
    if not isinstance(entries, dict):
        raise NotABundleError(f"not a bundle: it has no {section!r}")
    for path, entry in entries.items():
        if not isinstance(entry, dict):
            raise NotABundleError(f"not a bundle: {path} in {section!r} is not an object")
