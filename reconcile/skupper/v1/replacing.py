"""Objects that an apply cannot update: they are deleted and created again, one right after the other.

Some fields are immutable. A Deployment of ``skupper_network`` is not merged with ours either: its update strategy or
env vars could conflict with ours. Routers keep running while the site-controller is recreated.
"""

from typing import Any

from reconcile.findings import Reason
from reconcile.kinds import DEPLOYMENT, ROLE_BINDING, Kind
from reconcile.skupper.live import LiveObject
from reconcile.skupper.v1 import legacy


def why(kind: Kind, body: dict[str, Any], found: LiveObject, *, taken_over: bool) -> Reason | None:
    """Why an object must be recreated; None if an apply is enough."""
    if kind == ROLE_BINDING and found.content.get("roleRef") != body["roleRef"]:
        return f"{_origin(taken_over)}roleRef is immutable: the RoleBinding is recreated"
    if kind != DEPLOYMENT:
        return None
    if taken_over:
        lost = sorted(_variables(found.content) - _variables(body))
        dropped = (
            f"; drops env vars {', '.join(lost)}, restarting routers that use custom images" if lost else ""
        )
        return f"{_origin(taken_over)}the site-controller is recreated; routers keep running{dropped}"
    if _selector(found.content) != _selector(body):
        return "its selector is immutable: the site-controller is recreated; routers keep running"
    return None


def _origin(taken_over: bool) -> str:
    return f"taken over from {legacy.NAME}; " if taken_over else ""


def _selector(deployment: Any) -> Any:
    return _spec(deployment).get("selector")


def _variables(deployment: Any) -> set[str]:
    pod = _spec(_spec(deployment).get("template"))
    variables = (entry for container in _entries(pod, "containers") for entry in _entries(container, "env"))
    return {str(entry.get("name")) for entry in variables}


def _entries(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = document.get(key)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _spec(document: Any) -> dict[str, Any]:
    spec = document.get("spec") if isinstance(document, dict) else None
    return spec if isinstance(spec, dict) else {}
