"""Kinds and names into URL paths of the Kubernetes API.

Names are percent-encoded, so that no name taken from data can address another object.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from reconcile.kinds import Kind

Selector = str | Mapping[str, str] | None
"""A label or field selector: the server's own syntax, or pairs that must all be equal."""


def collection(kind: Kind, namespace: str | None = None) -> str:
    """Path of all objects of a kind, in one namespace or (``None``) in the whole cluster."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    if namespace is None:
        return f"{root}/{kind.plural}"
    if not kind.namespaced:
        raise ValueError(f"{kind} is not namespaced, yet namespace {namespace!r} was given")
    return f"{root}/namespaces/{_segment(namespace)}/{kind.plural}"


def item(kind: Kind, name: str, namespace: str | None = None) -> str:
    """Path of one object."""
    if kind.namespaced and namespace is None:
        raise ValueError(f"{kind} {name!r} needs a namespace")
    return f"{collection(kind, namespace)}/{_segment(name)}"


def with_query(path: str, parameters: Mapping[str, str | None]) -> str:
    """Append the parameters that have a value."""
    query = urlencode({key: value for key, value in parameters.items() if value})
    return f"{path}?{query}" if query else path


def selector(value: Selector) -> str | None:
    """A selector as the server reads it: ``app=skupper,zone=a``."""
    if value is None or isinstance(value, str):
        return value
    return ",".join(f"{key}={wanted}" for key, wanted in sorted(value.items()))


def _segment(text: str) -> str:
    if text in {"", ".", ".."}:
        raise ValueError(f"{text!r} cannot name an object")
    return quote(text, safe="")
