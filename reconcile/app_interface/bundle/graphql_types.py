"""The GraphQL type definitions of a bundle, asked the way documents are walked.

Malformed definitions are skipped: validation reports them.
"""

from typing import Any

from reconcile.app_interface.bundle.model import Document


class Types:
    """The GraphQL type definitions of a bundle, asked the way documents are walked."""

    def __init__(self, confs: list[Document]) -> None:
        confs = [conf for conf in confs if _well_formed(conf)]
        self._fields = {conf["name"]: {field["name"]: field for field in conf["fields"]} for conf in confs}
        self._resolution = {conf["name"]: conf.get("interfaceResolve") or {} for conf in confs}
        self.by_schema = {
            field["datafileSchema"]: field["type"]
            for field in self._fields.get("Query", {}).values()
            if "datafileSchema" in field
        }
        self.by_schema |= {conf["datafile"]: conf["name"] for conf in confs if "datafile" in conf}

    def field_type(self, type_name: str, field: str) -> str:
        """Give the type of a field; empty if there is no such field, or if other datafiles fill it."""
        conf = self._fields.get(type_name, {}).get(field, {})
        return "" if "synthetic" in conf else conf.get("type", "")

    def of_item(self, type_name: str, item: Document) -> str:
        """Give the type of ``item`` where ``type_name`` may be an interface."""
        resolution = self._resolution.get(type_name, {})
        by_value = resolution.get("fieldMap") or {}
        value = item.get(str(resolution.get("field")))
        return str(by_value.get(value, type_name)) if isinstance(value, str) else type_name

    def variants(self, type_name: str) -> list[str]:
        """List the types that a value of ``type_name`` may have: itself, or what its interface maps to."""
        by_value = self._resolution.get(type_name, {}).get("fieldMap") or {}
        return [type_name, *map(str, by_value.values())]

    def identifying(self, type_name: str) -> list[str]:
        """List the fields that together identify an item of a list of ``type_name``."""
        fields = self._fields.get(type_name, {}).values()
        return [field["name"] for field in fields if field.get("isContextUnique") or field.get("isUnique")]

    def unique(self, type_name: str) -> list[str]:
        """List the fields whose values no two datafiles of ``type_name`` may share."""
        return [name for name, field in self._fields.get(type_name, {}).items() if field.get("isUnique")]

    def nested(self, type_name: str) -> list[tuple[str, str]]:
        """List the (field, type) pairs of a type that lead on to other types."""
        fields = self._fields.get(type_name, {})
        return [(name, kind) for name in fields if (kind := self.field_type(type_name, name)) in self._fields]


def _well_formed(conf: Any) -> bool:
    fields = conf.get("fields") if isinstance(conf, dict) and "name" in conf else None
    return isinstance(fields, list) and all(isinstance(each, dict) and "name" in each for each in fields)
