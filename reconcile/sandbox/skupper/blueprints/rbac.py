"""The rights of a site's components: ServiceAccounts, Roles and RoleBindings, each trio under one name."""

from collections.abc import Sequence

from reconcile.kinds import ROLE, ROLE_BINDING, SERVICE_ACCOUNT, Kind
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints.metadata import owned
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings

_READ = ("get", "list", "watch")
_WRITE = (*_READ, "create", "update", "delete")
_ROUTE_GROUP = "route.openshift.io"

Trio = tuple[tuple[Kind, Json], ...]


def rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> Json:
    """Return one rule of a Role."""
    return {"verbs": list(verbs), "apiGroups": [group], "resources": list(resources)}


def router_rights(settings: Settings, *, openshift: bool) -> Trio:
    """Return account, Role and binding of the router and its config-sync."""
    rules = [
        rule("", ["secrets", "pods"], _READ),
        rule("", ["configmaps"], _WRITE),
        rule("", ["secrets"], ["update", "delete"]),
        rule("", ["services"], _READ),
        rule("apps", ["deployments"], ["get"]),
        *_outward_rules(settings, openshift=openshift),
    ]
    return _trio(names.ROUTER, settings, rules)


def controller_rights(settings: Settings, *, openshift: bool) -> Trio:
    """Return account, Role and binding of the service-controller."""
    rules = [
        rule("", ["services", "configmaps", "pods", "secrets"], _WRITE),
        rule("apps", ["deployments", "statefulsets"], _WRITE),
        rule("apps", ["daemonsets"], _READ),
        *_outward_rules(settings, openshift=openshift),
        *([rule("apps.openshift.io", ["deploymentconfigs"], _READ)] if openshift else []),
    ]
    return _trio(names.SERVICE_CONTROLLER, settings, rules)


def prometheus_rights(settings: Settings) -> Trio:
    """Return account, Role and binding of the site's Prometheus."""
    return _trio(names.PROMETHEUS, settings, [rule("", ["services", "pods"], _READ)])


def event_rights(settings: Settings) -> Trio:
    """Return Role and binding that let the service-controller write Events."""
    rules = [rule("", ["events"], ["create", "get", "update", "patch"])]
    _, *pair = _trio(names.EVENT_RECORDER, settings, rules, account=names.SERVICE_CONTROLLER)
    return tuple(pair)


def _outward_rules(settings: Settings, *, openshift: bool) -> list[Json]:
    rules = [rule("networking.k8s.io", ["ingresses"], _READ)]
    if not openshift:
        return rules
    rules.append(rule(_ROUTE_GROUP, ["routes"], _READ))
    if settings.ingress == "route" and settings.ingress_host:
        rules.append(rule(_ROUTE_GROUP, ["routes/custom-host"], _READ))
    return rules


def _trio(name: str, settings: Settings, rules: list[Json], *, account: str = "") -> Trio:
    subject = {"kind": "ServiceAccount", "name": account or name, "namespace": settings.namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    return (
        (SERVICE_ACCOUNT, owned(SERVICE_ACCOUNT, name, settings)),
        (ROLE, {**owned(ROLE, name, settings), "rules": rules}),
        (ROLE_BINDING, {**owned(ROLE_BINDING, name, settings), "subjects": [subject], "roleRef": reference}),
    )
