"""Label and field selectors.

Label selectors are terms ``a=b``, ``a==b``, ``a!=b``, ``a in (b,c)``, ``a notin (b,c)``, ``a`` and ``!a``, joined by
commas. Field selectors know ``metadata.name`` and ``metadata.namespace`` for every kind, and what else the kind offers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.sandbox.kubernetes import names
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import bad_request

_BETWEEN_TERMS = re.compile(r",(?![^(]*\))")
_KEY = r"(?P<key>[^\s=!(),<>]+)"
_TERMS = (
    re.compile(rf"{_KEY}\s*(?P<operator>==|=|!=)\s*(?P<values>[^\s=!(),]*)"),
    re.compile(rf"{_KEY}\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)"),
    re.compile(rf"(?P<operator>!?)\s*{_KEY}"),
)


@dataclass(frozen=True, slots=True)
class _Term:
    key: str
    values: frozenset[str] | None
    """None: the label has to exist, whatever its value."""
    negated: bool

    def matches(self, fields: Mapping[str, str]) -> bool:
        value = fields.get(self.key)
        found = value is not None if self.values is None else value in self.values
        return found != self.negated


@dataclass(frozen=True, slots=True)
class Selector:
    """What a LIST or watch asks for."""

    labels: tuple[_Term, ...] = ()
    fields: tuple[_Term, ...] = ()
    read_fields: Callable[[Mapping[str, Any]], Mapping[str, str]] = dict

    def matches(self, obj: Mapping[str, Any]) -> bool:
        """Whether an object is asked for."""
        labels = obj["metadata"].get("labels") or {}
        fields = self.read_fields(obj) if self.fields else {}
        return all(term.matches(labels) for term in self.labels) and all(
            term.matches(fields) for term in self.fields
        )


def selector_of(resource: Resource, query: Mapping[str, str]) -> Selector:
    """The selector of a request.

    Raises:
        ApiError: 400 for text that is not a selector, or a field that the kind cannot be selected by.
    """
    labels, fields = query.get("labelSelector", "").strip(), query.get("fieldSelector", "")
    return Selector(
        tuple(_label_term(part.strip()) for part in _BETWEEN_TERMS.split(labels) if labels),
        tuple(_field_term(resource, part) for part in fields.split(",") if part),
        resource.field_values,
    )


def matches_labels(selector: str, labels: Mapping[str, str]) -> bool:
    """Return whether a label selector selects an object with these labels; raises ``ApiError`` if it is none."""
    return all(_label_term(term.strip()).matches(labels) for term in _BETWEEN_TERMS.split(selector))


def _label_term(text: str) -> _Term:
    match = next(filter(None, (pattern.fullmatch(text) for pattern in _TERMS)), None)
    if match is None:
        raise bad_request(f"unable to parse requirement: {text!r}")
    found = match.groupdict()
    key, operator = found["key"], found["operator"]
    values = (
        None if "values" not in found else frozenset(value.strip() for value in found["values"].split(","))
    )
    problems = (names.label_key_problem(key), *map(names.label_value_problem, values or ()))
    if problem := next(filter(None, problems), None):
        raise bad_request(f"unable to parse requirement: {text!r}: {problem}")
    return _Term(key, values, operator in {"!", "!=", "notin"})


def _field_term(resource: Resource, text: str) -> _Term:
    match = re.fullmatch(r"([^=!]*)(==|=|!=)(.*)", text)
    if match is None or match[1] not in resource.selectable_fields:
        raise bad_request(f"field selector not supported: {text!r}")
    return _Term(match[1], frozenset({match[3]}), match[2] == "!=")
