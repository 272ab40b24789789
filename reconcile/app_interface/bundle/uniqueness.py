"""What must not be there twice: marked in the GraphQL types, and one rule that they cannot express.

``isUnique`` on a field of a datafile's type holds over all its datafiles; fields marked ``isContextUnique`` together
identify an item of a list. No field identifies a namespace, only its name on its cluster does.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconcile.app_interface.bundle.graph_store import is_reference
from reconcile.app_interface.bundle.graphql_types import Types
from reconcile.app_interface.bundle.identifiers import identity, lists
from reconcile.app_interface.bundle.model import Document
from reconcile.findings import Finding

_NAMESPACE = "/openshift/namespace-1.yml"


def check(data: Mapping[str, Document], confs: list[Document]) -> Iterator[Finding]:
    """Find all duplicates; the finding lies at the second and every further one and names the first."""
    types = Types(confs)
    yield from _unique_fields(data, types)
    yield from _unique_items(data, types)
    yield from _unique_namespaces(data)


def _unique_fields(data: Mapping[str, Document], types: Types) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str], str] = {}
    for path, document in data.items():
        schema = str(document.get("$schema"))
        for field in types.unique(types.by_schema.get(schema, "")):
            value = document.get(field)
            if value is None or isinstance(value, dict | list):
                continue
            first = seen.setdefault((schema, field, repr(value)), path)
            if first != path:
                message = f"the {field} {value!r} is taken by {first}"
                yield Finding(f"duplicate-{field}", message, datafile=path, pointer=(field,))


def _unique_items(data: Mapping[str, Document], types: Types) -> Iterator[Finding]:
    for path, document in data.items():
        type_name = types.by_schema.get(str(document.get("$schema")), "")
        for pointer, kind, items in lists(types, type_name, document):
            for index, first in _repeated(identity(types, kind, _target(data, item)) for item in items):
                fields = " and ".join(types.identifying(kind))
                message = f"the {fields} of item {index} are those of item {first}"
                yield Finding("duplicate-item", message, datafile=path, pointer=(*pointer, index))


def _target(data: Mapping[str, Document], item: Any) -> Any:
    return data.get(item["$ref"], {}) if is_reference(item) else item


def _repeated(identities: Iterable[object]) -> Iterator[tuple[int, int]]:
    seen: dict[str, int] = {}
    for index, found in enumerate(identities):
        if found is None:
            continue
        first = seen.setdefault(repr(found), index)
        if first != index:
            yield index, first


def _unique_namespaces(data: Mapping[str, Document]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for path, document in data.items():
        cluster, name = document.get("cluster"), document.get("name")
        if document.get("$schema") != _NAMESPACE or not is_reference(cluster) or not isinstance(name, str):
            continue
        reference = str(cluster["$ref"]) if isinstance(cluster, dict) else ""
        first = seen.setdefault((reference, name), path)
        if first != path:
            message = f"{first} describes the namespace {name} of this cluster already"
            yield Finding("duplicate-namespace", message, datafile=path, pointer=("name",))
