"""Label and field selectors, parsed once a request and asked once an object.

Field selectors know ``metadata.name`` and ``metadata.namespace`` for every kind and the few more fields that the
kind offers; others are refused, as a kube-apiserver does.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.sandbox.kubernetes import labelparser
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import bad_request
from reconcile.sandbox.kubernetes.labelparser import Term

_OF_EVERY_KIND = frozenset({"metadata.name", "metadata.namespace"})


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One term of a field selector."""

    field: str
    value: str
    equal: bool


@dataclass(frozen=True, slots=True)
class Selector:
    """What a LIST, watch or deletion of a collection asks for."""

    labels: tuple[Term, ...] = ()
    fields: tuple[FieldTerm, ...] = ()
    read_fields: Callable[[Mapping[str, Any]], Mapping[str, str]] = dict

    def matches(self, obj: Mapping[str, Any]) -> bool:
        """Whether an object is asked for."""
        if self.labels:
            labels = obj["metadata"].get("labels") or {}
            if not all(_fulfils(labels, term) for term in self.labels):
                return False
        if self.fields:
            fields = self.read_fields(obj)
            return all((fields[term.field] == term.value) == term.equal for term in self.fields)
        return True


def _fulfils(labels: Mapping[str, str], term: Term) -> bool:
    value = labels.get(term.key)
    match term.operator:
        case "exists":
            return value is not None
        case "absent":
            return value is None
        case "in":
            return value in term.values
        case "notin":
            return value not in term.values
    if value is None or not re.fullmatch(r"-?\d+", value):
        return False
    (limit,) = term.values
    return int(value) > int(limit) if term.operator == ">" else int(value) < int(limit)


def selector_of(resource: Resource, query: Mapping[str, str]) -> Selector:
    """The selector that a request carries.

    Raises:
        ApiError: 400 for text that is no selector, or a field that the kind cannot be selected by.
    """
    labels = labelparser.parse(query.get("labelSelector", ""))
    return Selector(labels, _parse_fields(resource, query.get("fieldSelector", "")), resource.field_values)


def _parse_fields(resource: Resource, text: str) -> tuple[FieldTerm, ...]:
    terms = []
    for part in filter(None, text.split(",")):
        match = re.fullmatch(r"([^=!]*)(==|=|!=)(.*)", part)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        field, operator, value = match.groups()
        if field not in resource.selectable_fields:
            raise bad_request(_unknown(resource, field))
        terms.append(FieldTerm(field, value, operator != "!="))
    return tuple(terms)


def _unknown(resource: Resource, field: str) -> str:
    if resource.selectable_fields == _OF_EVERY_KIND:
        return f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
    return f"field label not supported: {field}"
