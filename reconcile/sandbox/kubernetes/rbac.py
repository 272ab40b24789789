"""Rights: rules, the Roles and ClusterRoles that grant them, and the check against escalation.

Who writes a Role must hold all of its rules, or have the verb ``escalate`` on it; who writes a binding must hold all
rules of the role that it names, or have the verb ``bind`` on that role. The comparison is that of
``k8s.io/kubernetes/pkg/registry/rbac/validation``: granted rules are broken down to single verbs and resources, each
of which one held rule must cover. There are no built-in ClusterRoles and no aggregation.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Protocol

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING, Resource
from reconcile.sandbox.kubernetes.errors import Object, details_of, forbidden, not_found
from reconcile.sandbox.kubernetes.store import Store

GROUP = kinds.ROLE.group
ALL = frozenset({"*"})
_ROLES = {"Role": kinds.ROLE, "ClusterRole": kinds.CLUSTER_ROLE}
_BINDINGS = frozenset({kinds.ROLE_BINDING, CLUSTER_ROLE_BINDING})


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
    groups: frozenset[str] = ALL
    """API groups; the core group is the empty text."""
    resources: frozenset[str] = ALL
    """Plurals, with their subresource if any: ``deployments/status``, ``*/status``."""
    names: frozenset[str] = frozenset()
    """Names of objects; empty: all."""
    namespaces: frozenset[str] | None = None
    """None: everywhere, cluster-wide requests included."""

    def holds_in(self, namespace: str) -> bool:
        """Whether the rule applies to a namespace; the empty text is the whole cluster."""
        return self.namespaces is None or namespace in self.namespaces

    def allows(self, wanted: Request) -> bool:
        """Whether the rule covers a request."""
        named = frozenset({wanted.name})
        single = Rule(
            frozenset({wanted.verb}), frozenset({wanted.group}), frozenset({wanted.resource}), named
        )
        return self.holds_in(wanted.namespace) and self.covers(single)

    def covers(self, single: "Rule") -> bool:
        """Whether it grants all that a rule of one verb, group, resource and at most one name grants."""
        return (
            ("*" in self.verbs or single.verbs <= self.verbs)
            and ("*" in self.groups or single.groups <= self.groups)
            and all(self._covers_resource(resource) for resource in single.resources)
            and (not self.names or (bool(single.names) and single.names <= self.names))
        )

    def _covers_resource(self, resource: str) -> bool:
        _, slash, subresource = resource.partition("/")
        return not self.resources.isdisjoint({"*", resource, f"*/{subresource}" if slash else resource})


def from_json(rule: Mapping[str, Any]) -> Rule:
    """A rule of a Role, without its namespace."""
    fields = ("verbs", "apiGroups", "resources", "resourceNames")
    return Rule(*(frozenset(rule.get(field) or ()) for field in fields))


@dataclass(frozen=True, slots=True)
class Subject:
    """The account whose bindings are looked up."""

    user: str
    groups: tuple[str, ...] = ()

    def matches(self, subject: Object, namespace: str) -> bool:
        """Whether a subject of a binding in ``namespace`` is this account."""
        name = subject.get("name", "")
        match subject.get("kind"):
            case "User":
                return bool(name == self.user)
            case "Group":
                return name in self.groups
            case "ServiceAccount":
                return self.user == f"system:serviceaccount:{subject.get('namespace') or namespace}:{name}"
        return False


class Grants:
    """What the RBAC objects of a cluster grant."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rules(self, subject: Subject, namespace: str) -> list[Rule]:
        """The rules that a subject has in a namespace, or (empty) for the whole cluster."""
        bindings = self._store.records(CLUSTER_ROLE_BINDING)
        if namespace:
            bindings += self._store.records(kinds.ROLE_BINDING, namespace)
        roles = (
            self.role(binding.namespace, binding.object["roleRef"])
            for binding in bindings
            if any(subject.matches(each, binding.namespace) for each in binding.object.get("subjects") or ())
        )
        return [from_json(rule) for role in roles if role for rule in role.get("rules") or ()]

    def role(self, namespace: str, reference: Object) -> Object | None:
        """The role that a binding in ``namespace`` refers to."""
        kind = _ROLES[reference["kind"]]
        record = self._store.get(kind, namespace if kind.namespaced else "", reference["name"])
        return record.object if record else None


class Holder(Protocol):
    """The account that wants to grant something."""

    @property
    def described(self) -> str: ...

    def rules(self, namespace: str) -> list[Rule]: ...

    def may(self, wanted: Request) -> bool: ...


def check_grant(holder: Holder, store: Store, resource: Resource, new: Object, old: Object | None) -> None:
    """Refuse a role or binding that grants what its writer does not hold; anything else passes.

    Raises:
        ApiError: 403; 404 if a binding names a role that does not exist and that the writer may not bind unseen.
    """
    kind, metadata = resource.kind, new["metadata"]
    if kind not in {*_ROLES.values(), *_BINDINGS} or (old and _granting(new) == _granting(old)):
        return
    namespace, name = metadata.get("namespace", ""), metadata.get("name", "")
    if kind in _BINDINGS:
        granted = _bound(holder, store, kind, new)
    elif holder.may(Request("escalate", GROUP, kind.plural, namespace, name)):
        granted = ()
    else:
        granted = new.get("rules") or ()
    if missing := lacking(holder.rules(namespace), granted):
        listed = "\n".join(missing)
        why = f"{holder.described} is attempting to grant RBAC permissions not currently held:\n{listed}"
        raise forbidden(kind, name, why)


def _granting(obj: Object) -> Object:
    """The object without the metadata that the garbage collector changes, for which no right is needed."""
    collected = {"ownerReferences", "finalizers", "managedFields"}
    return {**obj, "metadata": {key: obj["metadata"][key] for key in obj["metadata"].keys() - collected}}


def _bound(holder: Holder, store: Store, binding: Kind, new: Object) -> Iterable[Object]:
    """The rules that a binding gives; none if its writer may bind the role whatever it grants."""
    namespace, reference = new["metadata"].get("namespace", ""), new.get("roleRef") or {}
    kind = _ROLES.get(reference.get("kind", ""))
    if kind is None or holder.may(Request("bind", GROUP, kind.plural, namespace, reference["name"])):
        return ()
    role = Grants(store).role(namespace, reference)
    if role is None:
        refusal = not_found(kind, reference["name"])
        refusal.details = details_of(binding, reference["name"])
        raise refusal
    return role.get("rules") or ()


def lacking(held: Iterable[Rule], granted: Iterable[Object]) -> list[str]:
    """What a Role would grant beyond the held rules, in the API server's words, sorted."""
    held = tuple(held)
    verbs: dict[tuple[str, str, str], list[str]] = {}
    for single in _singles(granted):
        if not any(rule.covers(single) for rule in held):
            place = (min(single.groups), min(single.resources), min(single.names, default=""))
            verbs.setdefault(place, []).extend(single.verbs)
    return sorted(_text(*place, found) for place, found in verbs.items())


def _singles(granted: Iterable[Object]) -> Iterator[Rule]:
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


_EVERYBODY = (
    Rule(
        frozenset({"create"}),
        frozenset({"authorization.k8s.io"}),
        frozenset({"selfsubjectaccessreviews", "selfsubjectrulesreviews"}),
    ),
    Rule(frozenset({"create"}), frozenset({"authentication.k8s.io"}), frozenset({"selfsubjectreviews"})),
)
"""What the built-in ClusterRole ``system:basic-user`` grants every account."""


def reviewed(holder: Holder, body: Object) -> Object:
    """Answer a SelfSubjectRulesReview: the rules of an account in the namespace that it names."""
    namespace = (body.get("spec") or {}).get("namespace", "")
    rules = [_to_json(rule) for rule in (*_EVERYBODY, *holder.rules(namespace))]
    return {
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": {},
        "status": {"resourceRules": rules, "nonResourceRules": [], "incomplete": False},
    }


def _to_json(rule: Rule) -> Object:
    parts = {"verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources}
    named = {"resourceNames": sorted(rule.names)} if rule.names else {}
    return {**{part: sorted(values) for part, values in parts.items()}, **named}
