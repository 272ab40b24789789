"""The objects of a site, as JSON bodies to apply.

A ServiceAccount with its Role and RoleBinding (or a RoleBinding to a ClusterRole, see ``controller_rights``), the
Deployment ``skupper-site-controller`` that acts on this namespace only, and the ConfigMap ``skupper-site`` that it
turns into routers. The order is that of creation: an upgrade needs the new Role before the new image. Only the
ServiceAccount carries annotations about the site, its network and the origin of its data: Skupper copies the
annotations of the ConfigMap to its pods and restarts them whenever one changes.

Source: ``cmd/site-controller/deploy-watch-current-ns.yaml`` and ``cmd/site-controller/main.go`` of 1.9.6.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from reconcile.kinds import CLUSTER_ROLE, CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SERVICE_ACCOUNT, Kind
from reconcile.skupper.definitions import Network
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import site_config
from reconcile.skupper.v1.names import (
    BOUND_ROLE,
    EXCLUDE_ANNOTATIONS,
    EXCLUDE_LABELS,
    NETWORK,
    ORIGIN,
    SITE,
    SITE_CONTROLLER,
)
from reconcile.skupper.v1.sites import ingress

Body = dict[str, Any]

APPLIED = (
    (SERVICE_ACCOUNT, SITE_CONTROLLER),
    (ROLE, SITE_CONTROLLER),
    (ROLE_BINDING, SITE_CONTROLLER),
    (ROLE_BINDING, BOUND_ROLE),
    (DEPLOYMENT, SITE_CONTROLLER),
    (CONFIG_MAP, SITE),
)
"""Kind and name of all that we may apply in the namespace of a site, in the order of its creation."""

_OWN_ROLE = frozenset({(ROLE, SITE_CONTROLLER), (ROLE_BINDING, SITE_CONTROLLER)})

NO_ANNOTATIONS: Mapping[str, str] = MappingProxyType({})

_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"
_READ = ["get", "list", "watch"]
_WRITE = ["create", "update", "delete"]


def desired(
    network: Network,
    site: Site,
    ownership: Ownership,
    annotations: Mapping[str, str] = NO_ANNOTATIONS,
    *,
    bound: bool = False,
) -> list[tuple[Kind, Body]]:
    """All objects of a site in the order in which they are to be applied.

    `annotations` are those that ``skupper-site`` has now. `bound` is whether the site-controller gets its rights by the
    ClusterRole of the cluster, and has no Role.
    """
    rights = [
        (ROLE, _body(ROLE, site, ownership, rules=rules(site))),
        (ROLE_BINDING, _role_binding(site, ownership, ROLE, SITE_CONTROLLER)),
    ]
    if bound:
        rights = [(ROLE_BINDING, _role_binding(site, ownership, CLUSTER_ROLE, BOUND_ROLE))]
    return [
        (SERVICE_ACCOUNT, _service_account(site, ownership)),
        *rights,
        (DEPLOYMENT, _deployment(network, site, ownership)),
        (CONFIG_MAP, _config_map(site, ownership, annotations)),
    ]


def applied(*, bound: bool) -> tuple[tuple[Kind, str], ...]:
    """Kind and name of what we apply in the namespace of a site that is bound to the ClusterRole, or of another."""
    left_out = _OWN_ROLE if bound else {(ROLE_BINDING, BOUND_ROLE)}
    return tuple(entry for entry in APPLIED if entry not in left_out)


def rules(site: Site) -> list[Body]:
    """The rules of the site-controller's Role, those of the 1.9.6 manifest.

    Two rights are missing there and added here: ``update`` on ingresses, and ``routes/custom-host`` where routes
    get an explicit host (``client/router_create.go`` grants it onwards, so the controller must hold it).
    """
    core = ["configmaps", "pods", "pods/exec", "services", "secrets", "serviceaccounts", "events"]
    found = [
        _rule("", core, [*_READ, *_WRITE, "patch"]),
        _rule("apps", ["deployments", "statefulsets", "daemonsets"], [*_READ, *_WRITE]),
        _rule("route.openshift.io", ["routes"], [*_READ, *_WRITE]),
        _rule("apps.openshift.io", ["deploymentconfigs"], _READ),
        _rule("networking.k8s.io", ["ingresses", "networkpolicies"], [*_READ, *_WRITE]),
        _rule("projectcontour.io", ["httpproxies"], [*_READ, "create", "delete"]),
        _rule("rbac.authorization.k8s.io", ["roles", "rolebindings"], [*_READ, *_WRITE]),
    ]
    if ingress(site) == "route" and "ingressHost" in site.config:
        found.append(_rule("route.openshift.io", ["routes/custom-host"], [*_READ, "create"]))
    return found


def _rule(group: str, resources: list[str], verbs: list[str]) -> Body:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _body(kind: Kind, site: Site, ownership: Ownership, name: str = SITE_CONTROLLER, **rest: Any) -> Body:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": name, "namespace": site.namespace, "labels": ownership.labels},
        **rest,
    }


def _service_account(site: Site, ownership: Ownership) -> Body:
    body = _body(SERVICE_ACCOUNT, site, ownership)
    body["metadata"]["annotations"] = {NETWORK: site.network}
    if ownership.origin:
        body["metadata"]["annotations"][ORIGIN] = ownership.origin
    return body


def _role_binding(site: Site, ownership: Ownership, kind: Kind, name: str) -> Body:
    """The RoleBinding to a role, under the same name: roleRef is immutable, and so neither replaces the other."""
    subject = {"kind": "ServiceAccount", "name": SITE_CONTROLLER, "namespace": site.namespace}
    role = {"apiGroup": kind.group, "kind": kind.name, "name": name}
    return _body(ROLE_BINDING, site, ownership, name=name, subjects=[subject], roleRef=role)


def _deployment(network: Network, site: Site, ownership: Ownership) -> Body:
    application = {"application": SITE_CONTROLLER}
    container = {
        "name": "site-controller",
        "image": f"{network.settings['image']}:{network.version}",
        "env": [{"name": "WATCH_NAMESPACE", "value": site.namespace}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
        },
    }
    pod = {
        "serviceAccountName": SITE_CONTROLLER,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    body = _body(DEPLOYMENT, site, ownership)
    body["metadata"]["labels"] = {**ownership.labels, **application}
    body["spec"] = {
        # Two site-controllers in one namespace would both act, so the old one is stopped first.
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": application},
        "template": {
            "metadata": {"labels": {**application, "app.kubernetes.io/part-of": "skupper"}},
            "spec": pod,
        },
    }
    return body


def _config_map(site: Site, ownership: Ownership, annotations: Mapping[str, str]) -> Body:
    body = _body(CONFIG_MAP, site, ownership, name=SITE, data=site_config.data(site))
    if _on_pods(annotations, annotations.get(EXCLUDE_ANNOTATIONS, "")) == _on_pods(annotations, _KUBECTL):
        # kubectl apply would write this annotation, and each time restart the routers of the site.
        body["metadata"]["annotations"] = {EXCLUDE_ANNOTATIONS: _KUBECTL}
    # Otherwise the exclusion itself would restart the pods, which have the annotation already.
    return body


def _on_pods(annotations: Mapping[str, str], excluded: str) -> set[str]:
    """Which annotations of ``skupper-site`` Skupper copies to its pods."""
    return annotations.keys() - {EXCLUDE_ANNOTATIONS, EXCLUDE_LABELS, *excluded.split(",")}
