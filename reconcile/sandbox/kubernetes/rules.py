"""Rules: what a right covers, and whether rights that somebody has cover rights that somebody wants to grant.

The comparison is that of ``k8s.io/kubernetes/pkg/registry/rbac/validation``: wanted rules are broken down to single
verbs and resources, each of which one rule must cover as a whole; what is left is put together again by resource.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

ALL = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Request:
    """What an account wants to do."""

    verb: str
    group: str
    resource: str
    """Plural, with its subresource: ``deployments/status``."""
    namespace: str = ""
    """Empty: the whole cluster."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on resources, in some namespaces or everywhere."""

    verbs: frozenset[str] = ALL
    """``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete``, ``deletecollection``."""
    groups: frozenset[str] = ALL
    """API groups; the core group is the empty text."""
    resources: frozenset[str] = ALL
    """Plurals, for subresources with them: ``deployments/status``; ``*/status`` for that of all."""
    names: frozenset[str] = frozenset()
    """Names of objects; empty: all, those too that have no name yet."""
    namespaces: frozenset[str] | None = None
    """None: everywhere, cluster-wide requests included."""

    def holds_in(self, namespace: str) -> bool:
        """Whether the rule says anything about a namespace; the empty text is the whole cluster."""
        return self.namespaces is None or namespace in self.namespaces

    def allows(self, wanted: Request) -> bool:
        """Whether the rule covers a request."""
        return (
            self.holds_in(wanted.namespace)
            and _has(self.verbs, wanted.verb)
            and _has(self.groups, wanted.group)
            and _has_resource(self.resources, wanted.resource)
            and (not self.names or wanted.name in self.names)
        )

    def covers(self, single: "Rule") -> bool:
        """Whether it grants all that a rule of one verb, group, resource and at most one name grants."""
        return (
            all(_has(self.verbs, verb) for verb in single.verbs)
            and all(_has(self.groups, group) for group in single.groups)
            and all(_has_resource(self.resources, resource) for resource in single.resources)
            and (not self.names or (bool(single.names) and single.names <= self.names))
        )


def from_json(rule: Mapping[str, Any]) -> Rule:
    """A rule of a Role, without its namespace."""
    verbs, groups, resources, names = (
        frozenset(rule.get(part) or ()) for part in ("verbs", "apiGroups", "resources", "resourceNames")
    )
    return Rule(verbs, groups, resources, names)


def lacking(held: Iterable[Rule], granted: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the rules of a Role would grant beyond the rules that are held, in the API server's words, sorted."""
    held = tuple(held)
    verbs: dict[tuple[str, str, str], list[str]] = {}
    for single in _singles(granted):
        if not any(rule.covers(single) for rule in held):
            place = (min(single.groups), min(single.resources), min(single.names, default=""))
            verbs.setdefault(place, []).extend(single.verbs)
    return sorted(_text(group, resource, name, found) for (group, resource, name), found in verbs.items())


def _singles(granted: Iterable[Mapping[str, Any]]) -> Iterator[Rule]:
    for rule in granted:
        parts = (rule.get(part) or () for part in ("apiGroups", "resources", "verbs"))
        for group, resource, verb in product(*parts):
            single = Rule(frozenset({verb}), frozenset({group}), frozenset({resource}))
            names = rule.get("resourceNames") or ()
            yield from (replace(single, names=frozenset({name})) for name in names)
            if not names:
                yield single


def _text(group: str, resource: str, name: str, verbs: Iterable[str]) -> str:
    names = f', ResourceNames:["{name}"]' if name else ""
    listed = " ".join(f'"{verb}"' for verb in verbs)
    return f'{{APIGroups:["{group}"], Resources:["{resource}"]{names}, Verbs:[{listed}]}}'


def _has(listed: frozenset[str], wanted: str) -> bool:
    return "*" in listed or wanted in listed


def _has_resource(listed: frozenset[str], wanted: str) -> bool:
    _, slash, subresource = wanted.partition("/")
    return _has(listed, wanted) or (bool(slash) and f"*/{subresource}" in listed)
