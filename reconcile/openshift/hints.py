"""The next step after a rejected request, derived from the server's message."""

import re

from reconcile.kinds import CLUSTER_ROLE_BINDING, ROLE_BINDING, Kind
from reconcile.openshift import errors

_MISSING_RIGHT = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
)
"""The message of kube-apiserver's RBAC authorizer."""
_NOT_HELD = re.compile(
    r'\{APIGroups:\["(?P<group>[^"]*)"\], Resources:\["(?P<resource>[^"]*)"\]'
    r"(?:, ResourceNames:\[(?P<names>[^\]]*)\])?, Verbs:\[(?P<verbs>[^\]]*)\]\}"
)
"""How its escalation check lists the rights that the account would grant and does not have."""
_MOST = 5
"""Resources of such a list that are named."""
_RIGHTS = {"apply": "patch and create", "replace": "update"}
"""Our verbs whose right has another name. Server-side apply of a new object needs both."""


def is_owned_by_another(message: str) -> bool:
    """Whether a conflict is about fields of another manager: ``conflict with "kubectl"``, or ``conflicts with``."""
    return bool(re.search(r"\bconflicts? with \"", message))


def next_step(
    verb: str, kind: Kind, namespace: str | None, error: type[errors.ClusterError], message: str
) -> str:
    """What to do about this error in particular; empty: what its class advises, if anything."""
    if error is errors.Conflict and is_owned_by_another(message):
        return "another field manager owns these fields"
    if error is errors.Forbidden:
        return _after_forbidden(verb, kind, namespace, message)
    return ""


def _after_forbidden(verb: str, kind: Kind, namespace: str | None, message: str) -> str:
    """Distinguish the causes of a 403.

    A missing right; rights that the account may not grant (RBAC escalation); or an admission rule, such as a quota or a
    terminating namespace, where no right helps.
    """
    if "attempting to grant" in message:
        return _after_escalation(kind, namespace, message)
    if missing := _MISSING_RIGHT.search(message):
        resource = ".".join(part for part in (missing["resource"], missing["group"]) if part)
        return f"the account needs {missing['verb']} on {resource} {_scope(kind, namespace)}"
    if verb == "apply" and message.rstrip().endswith("is forbidden:"):
        # The server gives no reason if the account may patch and not create.
        return f"the account needs create on {_resource(kind)} {_scope(kind, namespace)}"
    if not message:
        return f"the account needs {_RIGHTS.get(verb, verb)} on {_resource(kind)} {_scope(kind, namespace)}"
    return ""


def _after_escalation(kind: Kind, namespace: str | None, message: str) -> str:
    """Name the rights that the account must have before it can grant them."""
    found = [_not_held(right) for right in _NOT_HELD.finditer(message)]
    rule = "an account can grant only rights that it has itself"
    if not found:
        return rule
    more = f" and {len(found) - _MOST} more resources" if len(found) > _MOST else ""
    bind = ", or bind on the role that it names" if kind in {ROLE_BINDING, CLUSTER_ROLE_BINDING} else ""
    return f"the account needs {'; '.join(found[:_MOST])}{more} {_scope(kind, namespace)}{bind}, since {rule}"


def _not_held(right: re.Match[str]) -> str:
    verbs = ", ".join(dict.fromkeys(right["verbs"].replace('"', "").split()))
    resource = ".".join(part for part in (right["resource"], right["group"]) if part)
    names = f" {right['names']}" if right["names"] else ""
    return f"{verbs} on {resource}{names}"


def _resource(kind: Kind) -> str:
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def _scope(kind: Kind, namespace: str | None) -> str:
    if namespace is not None:
        return f"in namespace {namespace}"
    return "in all namespaces" if kind.namespaced else "(cluster-wide)"
