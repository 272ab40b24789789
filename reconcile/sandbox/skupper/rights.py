"""What a site-controller may do: the Roles bound to its ServiceAccount in its namespace.

The simulation itself has every right, so it checks here before it acts for a site-controller: a Role that lacks
something fails as it does on a real cluster. Like the API server, it refuses to grant rights that are not held.
"""

from dataclasses import dataclass

from reconcile.kinds import CLUSTER_ROLE, ROLE, ROLE_BINDING, Kind
from reconcile.openshift.errors import NotFound
from reconcile.sandbox.kubernetes import rbac
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings


@dataclass(frozen=True, slots=True)
class Rights:
    """The rules that hold for one ServiceAccount."""

    account: str
    """Namespace and name, ``ns:name``."""
    rules: tuple[rbac.Rule, ...]

    def allow(self, verb: str, group: str, resource: str) -> bool:
        """Return whether one verb on one resource is allowed."""
        wanted = rbac.Request(verb, group, resource)
        return any(rule.allows(wanted) for rule in self.rules)

    def require(self, verb: str, kind: Kind, body: Json | None = None) -> None:
        """Raise SkupperError unless the verb is allowed on the kind, and every rule that a Role would grant."""
        refused = f'{kind.plural} is forbidden: User "system:serviceaccount:{self.account}"'
        if not self.allow(verb, kind.group, kind.plural):
            resource = f'resource "{kind.plural}" in API group "{kind.group}"'
            raise SkupperError(f"{refused} cannot {verb} {resource}")
        if missing := rbac.lacking(self.rules, (body or {}).get("rules") or ()):
            listed = ", ".join(missing)
            raise SkupperError(
                f"{refused} is attempting to grant RBAC permissions not currently held: {listed}"
            )


def read_rights(deployment: Json, around: Surroundings) -> Rights:
    """Read from the API server what the ServiceAccount of a Deployment's pods may do. Raises ClusterError."""
    pod = deployment["spec"]["template"]["spec"]
    account = pod.get("serviceAccountName") or pod.get("serviceAccount") or "default"
    bindings = around.client.list(ROLE_BINDING, namespace=around.namespace).items
    references = [binding["roleRef"] for binding in bindings if _binds(binding, account, around.namespace)]
    roles = (_role(reference, around) for reference in references)
    rules = (rule for role in roles if role for rule in role.get("rules") or ())
    return Rights(f"{around.namespace}:{account}", tuple(map(rbac.from_json, rules)))


def _role(reference: Json, around: Surroundings) -> Json | None:
    if reference["kind"] == ROLE.name:
        return around.read(ROLE, reference["name"])
    try:
        return around.client.get(CLUSTER_ROLE, reference["name"])
    except NotFound:
        return None


def _binds(binding: Json, account: str, namespace: str) -> bool:
    return any(
        subject.get("kind") == "ServiceAccount"
        and subject.get("name") == account
        and subject.get("namespace", namespace) == namespace
        for subject in binding.get("subjects") or ()
    )
