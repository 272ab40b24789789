"""How a site-controller gets its rights: by a Role of its own, or by a ClusterRole that the site's RoleBinding binds.

Whoever writes a Role must hold every right in it. Binding a ClusterRole takes the verb ``bind`` on it and nothing else,
so where a cluster has `names.BOUND_ROLE`, sites that lack their Role are bound to it. A site that has all of its Role
keeps it, and one that is bound stays bound: whether the ClusterRole can be read at the moment changes nothing.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/, "Privilege escalation prevention".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from reconcile.findings import Finding
from reconcile.kinds import CLUSTER_ROLE, ROLE, ROLE_BINDING
from reconcile.skupper.live import LiveObject, ObjectKey
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import names, objects
from reconcile.skupper.v1.live_site import LiveSite

Objects = Mapping[ObjectKey, LiveObject]

_OWN_ROLE = ((ROLE, names.SITE_CONTROLLER), (ROLE_BINDING, names.SITE_CONTROLLER))
"""What a site has in place of the RoleBinding to the ClusterRole."""
_MOST = 5
"""Missing rights that a message lists."""


def depends_on_cluster_role(site: Site, live: Objects) -> bool:
    """True if the ClusterRole has to be looked up: this site is bound to it, or may be by this run."""
    return is_bound(site.namespace, live) or not _has_own_role(site, live)


def is_bound(namespace: str, live: Objects) -> bool:
    """True if the RoleBinding to the ClusterRole exists; nobody else gives one this name."""
    return _present(live, ObjectKey(ROLE_BINDING, namespace, names.BOUND_ROLE)) is not None


def binds(site: Site, live: LiveSite) -> bool:
    """True if the site is to be bound to the ClusterRole, False if it is to have a Role of its own."""
    if is_bound(site.namespace, live.objects):
        return True
    return _cluster_role(live) is not None and not _has_own_role(site, live.objects)


def superseded(live: LiveSite) -> Iterator[LiveObject]:
    """The Role and the RoleBinding that a bound site had before, if they are ours or are being adopted."""
    for kind, name in reversed(_OWN_ROLE):
        found = live.find(kind, name)
        if found and not found.deleting and (found in live.mine or live.adopted(found)):
            yield found


def fault(site: Site, live: LiveSite) -> Finding | None:
    """Report a ClusterRole that a site is bound to, and that is missing or lacks a right of the site-controller."""
    found = _cluster_role(live)
    where = f"{site.key}: ClusterRole {names.BOUND_ROLE}, which RoleBinding {names.BOUND_ROLE} binds,"
    if found is None:
        message = (
            f"{where} does not exist or the account may not list it; on cluster {site.cluster.name} run: "
            "oc apply -f deploy/rbac/site-controller.yaml"
        )
    elif lacking := missing(objects.rules(site), rules_of(found)):
        more = f" and {len(lacking) - _MOST} more" if len(lacking) > _MOST else ""
        message = (
            f"{where} lacks {'; '.join(lacking[:_MOST])}{more}, which the site-controller needs; add what "
            f"deploy/rbac/site-controller.yaml has; on cluster {site.cluster.name} run: "
            f"oc edit clusterrole {names.BOUND_ROLE}"
        )
    else:
        return None
    return Finding(rule="incomplete-cluster-role", message=message, subject=site.subject)


def _has_own_role(site: Site, live: Objects) -> bool:
    role, binding = (_present(live, ObjectKey(kind, site.namespace, name)) for kind, name in _OWN_ROLE)
    return bool(role and binding and role.content.get("rules") == objects.rules(site))


def _cluster_role(live: LiveSite) -> LiveObject | None:
    return _present(live.objects, ObjectKey(CLUSTER_ROLE, "", names.BOUND_ROLE))


def _present(live: Objects, key: ObjectKey) -> LiveObject | None:
    found = live.get(key)
    return None if found is None or found.deleting else found


def rules_of(role: LiveObject) -> list[Mapping[str, Any]]:
    """The rules of a role of any shape."""
    rules = role.content.get("rules")
    return [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []


def missing(wanted: Iterable[Mapping[str, Any]], granted: Sequence[Mapping[str, Any]]) -> list[str]:
    """The wanted rights that rules of any shape do not grant on all objects: ``get, list on pods``."""
    lacking: dict[str, list[str]] = {}
    for rule in wanted:
        for group, resource, verb in product(rule["apiGroups"], rule["resources"], rule["verbs"]):
            if not any(_grants(each, group, resource, verb) for each in granted):
                lacking.setdefault(".".join(filter(None, (resource, group))), []).append(verb)
    return [f"{', '.join(dict.fromkeys(verbs))} on {resource}" for resource, verbs in lacking.items()]


def _grants(rule: Mapping[str, Any], group: str, resource: str, verb: str) -> bool:
    if rule.get("resourceNames"):
        return False
    asked = (("apiGroups", {group}), ("resources", {resource}), ("verbs", {verb}))
    return all(_has(rule.get(part), {"*", *values}) for part, values in asked)


def _has(listed: object, values: set[str]) -> bool:
    return isinstance(listed, list) and any(isinstance(entry, str) and entry in values for entry in listed)
