"""What a site-controller may do: the Roles bound to its ServiceAccount in its namespace.

The simulation itself has every right, so it asks here before it acts in a site-controller's place: a Role that lacks
something fails in the simulation as it does in life. Like the API server, it also refuses to hand on a right that
the site-controller does not hold itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconcile.kinds import ROLE, ROLE_BINDING, Kind
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.surroundings import Surroundings

_ANY = "*"


class MissingRightError(Exception):
    """The API server would answer 403."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The rules that hold for one ServiceAccount."""

    account: str
    """Namespace and name, ``ns:name``."""
    rules: tuple[Json, ...] | None
    """None: everything, since a ClusterRole is bound, whose rules are not looked up."""

    def allow(self, verb: str, group: str, resource: str) -> bool:
        """Tell whether one verb on one resource is allowed."""
        return self.rules is None or any(
            _lists(rule, "verbs", verb)
            and _lists(rule, "apiGroups", group)
            and _lists(rule, "resources", resource)
            for rule in self.rules
        )

    def require(self, verb: str, kind: Kind, body: Json | None = None) -> None:
        """Raise MissingRightError unless the verb is allowed on the kind, and every rule that a Role would grant."""
        if not self.allow(verb, kind.group, kind.plural):
            raise MissingRightError(
                f'{kind.plural} is forbidden: User "system:serviceaccount:{self.account}" cannot {verb} resource '
                f'"{kind.plural}" in API group "{kind.group}"'
            )
        lacking = [
            f"{verb} {resource}"
            for verb, group, resource in _grants(body)
            if not self.allow(verb, group, resource)
        ]
        if lacking:
            raise MissingRightError(
                f'{kind.plural} is forbidden: User "system:serviceaccount:{self.account}" is attempting to grant '
                f"RBAC permissions not currently held: {', '.join(lacking)}"
            )


def read_rights(deployment: Json, around: Surroundings) -> Rights:
    """Ask the API server what the ServiceAccount of a Deployment's pods may do. Raises ClusterError."""
    pod = deployment["spec"]["template"]["spec"]
    account = pod.get("serviceAccountName") or pod.get("serviceAccount") or "default"
    bindings = around.client.list(ROLE_BINDING, namespace=around.namespace).items
    references = [binding["roleRef"] for binding in bindings if _binds(binding, account, around.namespace)]
    full_name = f"{around.namespace}:{account}"
    if any(reference["kind"] == "ClusterRole" for reference in references):
        return Rights(full_name, None)
    roles = (around.read(ROLE, reference["name"]) for reference in references)
    return Rights(full_name, tuple(rule for role in roles if role for rule in role.get("rules") or ()))


def _binds(binding: Json, account: str, namespace: str) -> bool:
    return any(
        subject.get("kind") == "ServiceAccount"
        and subject.get("name") == account
        and subject.get("namespace", namespace) == namespace
        for subject in binding.get("subjects") or ()
    )


def _lists(rule: Json, part: str, value: str) -> bool:
    listed: Iterable[str] = rule.get(part) or ()
    return value in listed or _ANY in listed


def _grants(body: Json | None) -> Iterator[tuple[str, str, str]]:
    for rule in (body or {}).get("rules") or ():
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for verb in rule.get("verbs") or ():
                    yield verb, group, resource
