"""The datafiles of a bundle as qontract-server sees them: by path, by schema, and by who refers to whom.

Two quirks of the server live here. A datafile always carries ``path``, its own bundle path, whatever the
document says. And only a mapping whose single key is ``$ref`` is a reference for dereferencing, while the
back references of synthetic fields look at the text of any ``$ref``, siblings or not.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from reconcile.app_interface.bundle.model import Bundle, Document

BackReferences = dict[str, list[Document]]
"""Path that is referred to -> datafiles that do, in bundle order, each once."""


def is_reference(value: object) -> bool:
    """Tell whether the server would replace ``value`` by the datafile that it names."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("$ref"), str)


class Store:
    """Indexes over one bundle, made once; answers are the documents themselves, not copies."""

    def __init__(self, bundle: Bundle) -> None:
        self.datafiles = {path: {**document, "path": path} for path, document in bundle.data.items()}
        self.resources = {path: {**document, "path": path} for path, document in bundle.resources.items()}
        self._by_schema: dict[str, list[Document]] = {}
        for datafile in self.datafiles.values():
            self._by_schema.setdefault(str(datafile.get("$schema")), []).append(datafile)
        self._back: dict[tuple[str, str], BackReferences] = {}

    def by_schema(self, schema: str) -> list[Document]:
        """List the datafiles of one ``$schema`` in bundle order."""
        return self._by_schema.get(schema, [])

    def dereference(self, reference: Document) -> Document | None:
        """Give the datafile that ``reference`` names; None if there is none.

        References mean whole files: a fragment behind ``#`` is part of the path that is looked up.
        """
        return self.datafiles.get(str(reference["$ref"]))

    def referring(self, schema: str, attribute: str, path: object) -> list[Document]:
        """List the datafiles of ``schema`` whose dotted ``attribute`` refers to ``path``."""
        key = schema, attribute
        if key not in self._back:
            self._back[key] = self._index(schema, attribute.split("."))
        return self._back[key].get(path, []) if isinstance(path, str) else []

    def _index(self, schema: str, steps: list[str]) -> BackReferences:
        index: BackReferences = {}
        for datafile in self.by_schema(schema):
            for target in dict.fromkeys(_targets(datafile, steps)):
                index.setdefault(target, []).append(datafile)
        return index


def _targets(value: Any, steps: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _targets(item, steps)
    elif isinstance(value, dict):
        if steps:
            yield from _targets(value.get(steps[0]), steps[1:])
        elif isinstance(value.get("$ref"), str):
            yield value["$ref"]


def select(documents: Iterable[Document], wanted: dict[str, object]) -> list[Document]:
    """Keep the documents whose plain fields equal ``wanted``; a wanted None matches everything."""
    conditions = {key: value for key, value in wanted.items() if value is not None}
    return [each for each in documents if all(each.get(key) == value for key, value in conditions.items())]
