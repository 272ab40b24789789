"""A bundle that was made elsewhere, from its file.

Schemas and datafiles of other integrations are welcome in it. Only what the server itself needs must be
there. Files on disk are unknown, so findings name bundle paths.
"""

import json
from typing import Any

from reconcile.app_interface.bundle.assembling import digest
from reconcile.app_interface.bundle.model import Bundle

_SECTIONS = ("data", "resources", "schemas")


class NotABundleError(Exception):
    """A file is not a bundle that qontract-server would load; the message says why."""


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


def _check_section(section: str, entries: Any) -> None:
    if not isinstance(entries, dict):
        raise NotABundleError(f"not a bundle: it has no {section!r}")
    for path, entry in entries.items():
        if not isinstance(entry, dict):
            raise NotABundleError(f"not a bundle: {path} in {section!r} is not an object")
