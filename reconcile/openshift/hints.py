"""The next step after a refused request, told from the server's words."""

from reconcile.kinds import Kind
from reconcile.openshift import errors

_RIGHTS = {"apply": "patch and create", "replace": "update"}
"""Verbs of ours whose right has another name. Server-side apply of a new object needs both."""


def next_step(
    verb: str, kind: Kind, namespace: str | None, error: type[errors.ClusterError], message: str
) -> str:
    """What to do about the error, or an empty string if the reason says it all.

    403 has several causes, told apart by the texts of kube-apiserver: a missing right, rights that the
    account may not pass on (RBAC escalation), a quota, a namespace that is going away.
    """
    if error is errors.Unauthorised:
        return "renew the token of the automation account"
    if error is errors.Gone:
        return "list again"
    if error is errors.Conflict and "conflict with" in message:
        return "another field manager owns these fields"
    if error is errors.Forbidden:
        return _after_forbidden(verb, kind, namespace, message)
    return ""


def _after_forbidden(verb: str, kind: Kind, namespace: str | None, message: str) -> str:
    if "attempting to grant" in message:
        return "an account can grant only rights that it has itself"
    if "exceeded quota" in message or "being terminated" in message:
        return ""
    if "cannot" in message or not message:
        return f"the account needs {_right(verb, kind)} {_scope(kind, namespace)}"
    return ""


def _right(verb: str, kind: Kind) -> str:
    resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    return f"{_RIGHTS.get(verb, verb)} on {resource}"


def _scope(kind: Kind, namespace: str | None) -> str:
    if namespace is not None:
        return f"in namespace {namespace}"
    return "in all namespaces" if kind.namespaced else "(cluster-wide)"
