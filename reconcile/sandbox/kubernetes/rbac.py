"""Rights from objects: Roles and ClusterRoles, and the bindings that give them to users, groups and ServiceAccounts.

Nobody may grant what they do not have. Who writes a Role must hold all of its rules, or have the verb ``escalate`` on
it; who writes a binding must hold all rules of the role that it names, or have the verb ``bind`` on that role. There
are none of the ClusterRoles that a kube-apiserver brings along (``cluster-admin``, ``view``), no aggregation and no
rules about URLs that are no resources.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes import rules
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, Resource
from reconcile.sandbox.kubernetes.errors import Object, details_of, forbidden, not_found
from reconcile.sandbox.kubernetes.rules import Request, Rule
from reconcile.sandbox.kubernetes.store import Store

GROUP = kinds.ROLE.group
_ROLES = {"Role": kinds.ROLE, "ClusterRole": CLUSTER_ROLE}
_BINDINGS = frozenset({kinds.ROLE_BINDING, CLUSTER_ROLE_BINDING})
_COLLECTED = frozenset({"ownerReferences", "finalizers", "managedFields"})
"""Metadata that the garbage collector changes, for which nobody is asked for rights."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who bindings are searched for."""

    user: str
    groups: tuple[str, ...] = ()

    def is_meant(self, said: Object, namespace: str) -> bool:
        """Whether a subject of a binding in ``namespace`` is this one."""
        name = said.get("name", "")
        match said.get("kind"):
            case "User":
                return bool(name == self.user)
            case "Group":
                return name in self.groups
            case "ServiceAccount":
                return self.user == f"system:serviceaccount:{said.get('namespace') or namespace}:{name}"
        return False


class Grants:
    """What the RBAC objects of a cluster grant."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rules(self, subject: Subject, namespace: str) -> list[Rule]:
        """The rules that a subject has in a namespace, or (empty) for the whole cluster."""
        named = (self.role(place, reference) for place, reference in self._references(subject, namespace))
        return [rules.from_json(rule) for role in named if role for rule in role.get("rules") or ()]

    def missing(self, subject: Subject, namespace: str) -> list[str]:
        """What is said of roles that the bindings of a subject name and that do not exist."""
        return [
            f'{reference["kind"].lower()}.{GROUP} "{reference["name"]}" not found'
            for place, reference in self._references(subject, namespace)
            if self.role(place, reference) is None
        ]

    def role(self, namespace: str, reference: Object) -> Object | None:
        """The role that a binding in ``namespace`` names."""
        kind = _ROLES[reference["kind"]]
        record = self._store.get(kind, namespace if kind.namespaced else "", reference["name"])
        return record.object if record else None

    def _references(self, subject: Subject, namespace: str) -> Iterator[tuple[str, Object]]:
        bindings = self._store.records(CLUSTER_ROLE_BINDING)
        if namespace:
            bindings += self._store.records(kinds.ROLE_BINDING, namespace)
        for binding in bindings:
            subjects = binding.object.get("subjects") or ()
            if any(subject.is_meant(said, binding.namespace) for said in subjects):
                yield binding.namespace, binding.object["roleRef"]


class Holder(Protocol):
    """Who wants to grant something."""

    @property
    def who(self) -> str: ...

    def rules(self, namespace: str) -> list[Rule]: ...

    def may(self, wanted: Request) -> bool: ...


def check_grant(holder: Holder, store: Store, resource: Resource, new: Object, old: Object | None) -> None:
    """Refuse a role or binding that would grant what its writer does not have; anything else passes.

    Raises:
        ApiError: 403; 404 if a binding names a role that does not exist and that the writer may not bind unseen.
    """
    kind, metadata = resource.kind, new["metadata"]
    if kind not in {*_ROLES.values(), *_BINDINGS} or (
        old is not None and _uncollected(new) == _uncollected(old)
    ):
        return
    namespace = metadata.get("namespace", "")
    if kind in _BINDINGS:
        granted = _bound(holder, store, kind, new)
    else:
        wanted = Request("escalate", GROUP, kind.plural, namespace, metadata.get("name", ""))
        granted = () if holder.may(wanted) else new.get("rules") or ()
    if missing := rules.lacking(holder.rules(namespace), granted):
        listed = "\n".join(missing)
        why = f"{holder.who} is attempting to grant RBAC permissions not currently held:\n{listed}"
        raise forbidden(kind, metadata.get("name", ""), why)


def _bound(holder: Holder, store: Store, binding: Kind, new: Object) -> Sequence[Object]:
    """The rules that a binding would give; none if its writer may bind the role whatever it grants."""
    namespace, reference = new["metadata"].get("namespace", ""), new.get("roleRef") or {}
    kind: Kind | None = _ROLES.get(reference.get("kind", ""))
    if kind is None or holder.may(Request("bind", GROUP, kind.plural, namespace, reference["name"])):
        return ()
    role = Grants(store).role(namespace, reference)
    if role is None:
        # A holder of everything has ``bind`` by its wildcard and is not asked.
        refusal = not_found(kind, reference["name"])
        refusal.details = details_of(binding, reference["name"])
        raise refusal
    found: Sequence[Object] = role.get("rules") or ()
    return found


def _uncollected(obj: Object) -> Object:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _COLLECTED}
    return {**obj, "metadata": metadata}
