"""What a typed server makes of an object that it reads and writes again.

Built-in kinds are Go structures inside a kube-apiserver: fields that they do not have are dropped, and so are most
that are null or empty; maps of texts keep empty texts and read null as one. Custom resources stay as they were sent.
Quantities are not brought into their canonical form.
"""

from typing import Any

from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import Object

_TEXT_MAPS = frozenset(
    {
        *("labels", "annotations", "matchLabels", "nodeSelector"),
        *("data", "binaryData", "stringData", "limits", "requests"),
    }
)
_COMMON = frozenset({"apiVersion", "kind", "metadata"})


def tidied(resource: Resource, obj: Object) -> Object:
    """The object as the server would write it."""
    if resource.custom:
        return obj
    known = {key: value for key, value in obj.items() if key in _COMMON or key in resource.parts}
    return {key: tidy for key, value in known.items() if not _is_nothing(tidy := _tidied(key, value))}


def unknown_parts(resource: Resource, obj: Object) -> list[str]:
    """Top-level fields that the kind does not have."""
    return [] if resource.custom else [key for key in obj if key not in _COMMON and key not in resource.parts]


def _tidied(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        if name in _TEXT_MAPS:
            return {key: "" if text is None else text for key, text in value.items()} or None
        return {key: tidy for key, item in value.items() if not _is_nothing(tidy := _tidied(key, item))}
    if isinstance(value, list):
        return [_tidied("", item) for item in value]
    return value


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", [])
