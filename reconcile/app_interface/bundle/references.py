"""References from one datafile to another, checked where the schema allows them.

A schema says ``{"$ref": "/common-1.json#/definitions/crossref", "$schemaRef": ...}``; the data says
``{"$ref": "/dir/file.yml"}``. The target must exist and be of the schema that ``$schemaRef`` names, or fit the schema
that it spells out. References mean whole files.
"""

import difflib
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import ValidationError

from reconcile.app_interface.bundle.model import Bundle, Document

_SUGGESTIONS = 100
"""Dangling references of a bundle that are compared with the paths of all datafiles."""

Fits = Callable[[Document, Document], bool]
"""Tells whether a document fits a schema."""


class References:
    """The datafiles that can be referred to."""

    def __init__(self, bundle: Bundle, fits: Fits) -> None:
        self._data = bundle.data
        self._schemas = bundle.schemas
        self._may_have = bundle.may_have
        self._fits = fits
        self._suggestions = _SUGGESTIONS

    def check(self, instance: Any, expected: Any) -> Iterator[ValidationError]:
        """Check one reference; malformed ones are the schema's business and pass.

        Args:
            instance: the value in the data.
            expected: the ``$schemaRef`` beside it in the schema: path of a schema, a schema, or None.

        Yields:
            Errors whose ``validator`` is the rule: ``dangling-ref`` or ``wrong-ref``.
        """
        target = instance.get("$ref") if isinstance(instance, dict) else None
        if not isinstance(target, str) or self._may_have(target):
            return
        document = self._data.get(target)
        if document is None:
            yield ValidationError(self._dangling(target), validator="dangling-ref", path=["$ref"])
        elif document.get("$schema") not in self._schemas:
            return  # reported where that file names its schema
        elif isinstance(expected, str) and document.get("$schema") != expected:
            message = f"{target} is a {document.get('$schema')}, expected a {expected}"
            yield ValidationError(message, validator="wrong-ref", path=["$ref"])
        elif isinstance(expected, dict) and not self._fits(document, expected):
            message = f"{target}, a {document.get('$schema')}, is not allowed here"
            yield ValidationError(message, validator="wrong-ref", path=["$ref"])

    def _dangling(self, target: str) -> str:
        if "#" in target:
            return f"{target} does not exist; a reference names a whole file, without #"
        if self._suggestions == 0:
            return f"{target} does not exist"
        self._suggestions -= 1
        near = difflib.get_close_matches(target, self._data, n=1, cutoff=0.8)
        return f"{target} does not exist" + (f"; did you mean {near[0]}?" if near else "")
