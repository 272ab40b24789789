"""Label and field selectors, parsed once a request and asked once an object.

Label selectors are those of ``k8s.io/apimachinery/pkg/labels``: ``a=b``, ``a==b``, ``a!=b``, ``a in (b,c)``,
``a notin (b,c)``, ``a``, ``!a``, joined by commas. Field selectors know ``metadata.name`` and ``metadata.namespace``
for every kind and the few extra fields that the kind offers; others are refused, as a kube-apiserver does.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.sandbox.kubernetes import names
from reconcile.sandbox.kubernetes.errors import ApiError, bad_request

Labels = Mapping[str, str]

_TERM = re.compile(
    r"""\s*(?:
        !\s*(?P<absent>[^\s,=!()]+)
      | (?P<set_key>[^\s,=!()]+)\s+(?P<set_operator>in|notin)\s*\((?P<values>[^()]*)\)
      | (?P<key>[^\s,=!()]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s,=!()]*)
      | (?P<present>[^\s,=!()]+)
    )\s*(?:,|$)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term of a selector: the value of ``key`` is, or is not, one of ``values``; no values ask for presence."""

    key: str
    values: frozenset[str] | None
    positive: bool

    def matches(self, values: Labels) -> bool:
        """Whether labels (or fields) fulfil the term. A missing key fulfils every negative term."""
        if self.key not in values:
            return not self.positive
        return self.positive == (self.values is None or values[self.key] in self.values)


@dataclass(frozen=True, slots=True)
class Selector:
    """What a LIST or watch asks for."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    read_fields: Callable[[Mapping[str, Any]], Labels] = dict

    def matches(self, obj: Mapping[str, Any]) -> bool:
        """Whether an object is asked for."""
        if self.labels:
            labels = obj["metadata"].get("labels") or {}
            if not all(term.matches(labels) for term in self.labels):
                return False
        if self.fields:
            fields = self.read_fields(obj)
            return all(term.matches(fields) for term in self.fields)
        return True


EVERYTHING = Selector()


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """The terms of a label selector.

    Raises:
        ApiError: 400 for text that is no selector.
    """
    terms = []
    position = 0
    stripped = text.strip()
    while position < len(stripped):
        term = _TERM.match(stripped, position)
        if term is None:
            raise bad_request(
                f"unable to parse requirement: found '{stripped[position:]}', expected: identifier"
            )
        terms.append(_requirement(term))
        position = term.end()
    for requirement in terms:
        _check(requirement)
    return tuple(terms)


def _requirement(term: re.Match[str]) -> Requirement:
    if absent := term["absent"]:
        return Requirement(absent, None, positive=False)
    if present := term["present"]:
        return Requirement(present, None, positive=True)
    if key := term["set_key"]:
        values = frozenset(value.strip() for value in term["values"].split(","))
        return Requirement(key, values, positive=term["set_operator"] == "in")
    return Requirement(term["key"], frozenset({term["value"]}), positive=term["operator"] != "!=")


def _check(requirement: Requirement) -> None:
    problem = names.label_key_problem(requirement.key) or next(
        filter(None, map(names.label_value_problem, requirement.values or ())), None
    )
    if problem:
        raise bad_request(f"unable to parse requirement: {problem}")


def parse_fields(text: str, known: frozenset[str], resource: str) -> tuple[Requirement, ...]:
    """The terms of a field selector over the ``known`` fields of a resource (``v1, Kind=Secret``).

    Raises:
        ApiError: 400 for a field that the kind cannot be selected by.
    """
    terms = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = re.fullmatch(r"([^=!]+)(==|=|!=)(.*)", part)
        if match is None:
            raise _bad_field(f"invalid selector: '{text}'; can't understand '{part}'")
        key, operator, value = match.groups()
        if key not in known:
            raise _bad_field(
                f'Unable to find "{resource}" that match label selector "", field selector "{text}": '
                f"field label not supported: {key}"
            )
        terms.append(Requirement(key, frozenset({value}), positive=operator != "!="))
    return tuple(terms)


def _bad_field(message: str) -> ApiError:
    return bad_request(message)
