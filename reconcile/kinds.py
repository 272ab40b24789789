"""The Kubernetes kinds that this integration reads or writes.

They are known in advance, so API discovery is not needed. A kind is data: the cluster layer turns it into URLs, the
domain names objects with it.
"""

from typing import NamedTuple


class Kind(NamedTuple):
    """One resource type of the Kubernetes API; a tuple, since every look-up of an object hashes and compares one."""

    group: str
    """API group; empty for the core group."""
    version: str
    plural: str
    name: str
    """The ``kind`` field of its objects."""
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` field of its objects, for example ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def label(self) -> str:
        """How action lines name it: ``Deployment.apps``; core kinds bare."""
        return f"{self.name}.{self.group}" if self.group else self.name

    def __str__(self) -> str:
        return self.label


NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")
SECRET = Kind("", "v1", "secrets", "Secret")
SERVICE = Kind("", "v1", "services", "Service")
SERVICE_ACCOUNT = Kind("", "v1", "serviceaccounts", "ServiceAccount")
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
JOB = Kind("batch", "v1", "jobs", "Job")
POD = Kind("", "v1", "pods", "Pod")
EVENT = Kind("", "v1", "events", "Event")
RESOURCE_QUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
ROLE = Kind("rbac.authorization.k8s.io", "v1", "roles", "Role")
ROLE_BINDING = Kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLE = Kind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDING = Kind(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
RULES_REVIEW = Kind(
    "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", namespaced=False
)
"""Asks what an account may do; nothing is stored."""
ROUTE = Kind("route.openshift.io", "v1", "routes", "Route")
CLUSTER_POLICY = Kind(
    "skupper.io", "v1alpha1", "skupperclusterpolicies", "SkupperClusterPolicy", namespaced=False
)
