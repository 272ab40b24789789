"""What the SkupperClusterPolicies of a cluster allow a site (``client/policy_validator.go``).

Nothing is allowed that no policy allows, as soon as the cluster serves the kind: whether or not there is a policy, and
whether or not the service-controller may list them, which takes a ClusterRoleBinding that no site-controller of one
namespace can create.
"""

from dataclasses import dataclass

from reconcile import go_patterns
from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, NAMESPACE
from reconcile.openshift.errors import NotFound, NotServed
from reconcile.sandbox.kubernetes import rbac
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING
from reconcile.sandbox.kubernetes.errors import ApiError
from reconcile.sandbox.kubernetes.selectors import matches_labels
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.surroundings import Surroundings

_LIST = rbac.Request("list", CLUSTER_POLICY.group, CLUSTER_POLICY.plural)


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a site may do."""

    enabled: bool = False
    """Whether policies count at all."""
    specs: tuple[Json, ...] = ()
    """The policies that match the namespace; what one of them allows is allowed."""

    @property
    def incoming_links(self) -> bool:
        """Whether other sites may dial this one."""
        return not self.enabled or any(spec.get("allowIncomingLinks") for spec in self.specs)

    def outgoing_link(self, host: str) -> bool:
        """Whether the site may dial a host."""
        return self._matched("allowedOutgoingLinksHostnames", host)

    def service(self, address: str) -> bool:
        """Whether the site may have a service."""
        return self._matched("allowedServices", address)

    def exposed(self, kind: str, name: str) -> bool:
        """Whether a resource may serve; one of an unknown kind, if its name is allowed with any kind."""
        allowed, resource = self._allowed("allowedExposedResources"), f"{kind}/{name}"
        known = resource in allowed if kind else any(each.endswith(resource) for each in allowed)
        return not self.enabled or "*" in allowed or known

    def _matched(self, field: str, name: str) -> bool:
        patterns = self._allowed(field)
        return not self.enabled or "*" in patterns or any(go_patterns.found(each, name) for each in patterns)

    def _allowed(self, field: str) -> list[str]:
        return [entry for spec in self.specs for entry in spec.get(field) or ()]


def read_permissions(around: Surroundings) -> Permissions:
    """Read what the policies of the cluster allow a site. Raises ClusterError."""
    try:
        policies = around.client.list(CLUSTER_POLICY).items
    except NotServed:
        return Permissions()
    if not policies or not _may_list(around):
        return Permissions(enabled=True)
    labels = around.client.get(NAMESPACE, around.namespace)["metadata"].get("labels") or {}
    specs = [policy.get("spec") or {} for policy in policies]
    return Permissions(True, tuple(spec for spec in specs if _matches(spec, around.namespace, labels)))


def _matches(spec: Json, namespace: str, labels: dict[str, str]) -> bool:
    patterns = spec.get("namespaces") or ()
    selected = any(_selects(pattern, labels) for pattern in patterns) if labels else False
    return "*" in patterns or selected or any(go_patterns.found(each, namespace) for each in patterns)


def _selects(selector: str, labels: dict[str, str]) -> bool:
    try:
        return matches_labels(selector, labels)
    except ApiError:
        return False


def _may_list(around: Surroundings) -> bool:
    """Return whether the service-controller may list policies, by ClusterRoleBindings."""
    client, namespace = around.client, around.namespace
    account = rbac.Subject(
        f"system:serviceaccount:{namespace}:{names.SERVICE_CONTROLLER}",
        ("system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{namespace}"),
    )
    for binding in client.list(CLUSTER_ROLE_BINDING).items:
        if any(account.matches(subject, "") for subject in binding.get("subjects") or ()):
            try:
                role = client.get(CLUSTER_ROLE, binding["roleRef"]["name"])
            except NotFound:
                continue
            if any(rbac.from_json(rule).allows(_LIST) for rule in role.get("rules") or ()):
                return True
    return False
