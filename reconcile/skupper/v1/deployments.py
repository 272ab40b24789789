"""Whether a Deployment of a site runs, by its spec, its counts and its conditions together.

The condition ``Available`` alone proves nothing: it is true at 0 replicas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reconcile.findings import Reason
from reconcile.skupper.live import LiveObject, instant, last_write, strings, text
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import commands

ROLLOUT = timedelta(minutes=2)
"""How long a Deployment may be without a ready pod before it counts as down; a restart takes less."""

_LONGEST_QUOTE = 160
"""Characters of a condition's message that are quoted."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """Why a Deployment does not run, and what ends that."""

    reason: Reason
    """A clause: ``deployment skupper-router is scaled to 0 replicas``."""
    arguments: str = ""
    """Of the ``oc`` command that ends it; empty if there is no such command."""

    def advise(self, at: SiteKey) -> str:
        """The reason and the command."""
        return f"{self.reason}; {commands.on(at, self.arguments)}" if self.arguments else self.reason


def downtime(deployment: LiveObject, now: datetime) -> Downtime | None:
    """Why a Deployment does not run; None if it does, or may soon. `now` is by the cluster's clock."""
    name = f"deployment {deployment.key.name}"
    target = f"deploy/{deployment.key.name}"
    if scaled_to_zero(deployment):
        return Downtime(f"{name} is scaled to 0 replicas", f"scale {target} --replicas=1")
    since = _without_pods_since(deployment)
    if since is None:
        return None
    quoted = failing(deployment)
    if now - since < ROLLOUT and not quoted:
        return None
    if _spec(deployment).get("paused") is True:
        return Downtime(f"{name} has no ready pod and its rollout is paused", f"rollout resume {target}")
    cause = f": {quoted}" if quoted else ""
    return Downtime(
        f"{name} has been unavailable since {since:%Y-%m-%d %H:%M} UTC{cause}",
        "get pods,events" if quoted else f"describe {target}",
    )


def scaled_to_zero(deployment: LiveObject) -> bool:
    """True if somebody wants no pods."""
    return _spec(deployment).get("replicas") == 0


def failing(deployment: LiveObject) -> Reason | None:
    """The condition by which a rollout reports that it fails, with its message; None if there is none."""
    for kind, status in (("ReplicaFailure", "True"), ("Progressing", "False")):
        condition = _condition(deployment, kind)
        if condition.get("status") == status:
            message = " ".join(text(condition.get("message")).split())[:_LONGEST_QUOTE]
            return f"{kind}={status}: {message}" if message else f"{kind}={status}"
    return None


def pod_annotations(deployment: LiveObject) -> Mapping[str, str]:
    """The annotations that a Deployment gives its pods."""
    template = _spec(deployment).get("template")
    metadata = template.get("metadata") if isinstance(template, Mapping) else None
    return strings(metadata.get("annotations") if isinstance(metadata, Mapping) else None)


def rolled_out(deployment: LiveObject) -> bool:
    """True if all pods of a Deployment are of its present template and ready, by the counts of its controller."""
    metadata, status = deployment.content.get("metadata"), _status(deployment)
    generation = metadata.get("generation") if isinstance(metadata, Mapping) else None
    wanted = _spec(deployment).get("replicas", 1)
    counts = [status.get(each) for each in ("replicas", "updatedReplicas", "readyReplicas")]
    return bool(wanted) and status.get("observedGeneration") == generation and set(counts) == {wanted}


def changed_at(deployment: LiveObject) -> datetime | None:
    """When pods of a Deployment last came or went, as far as its conditions tell."""
    kinds = ("Available", "Progressing")
    fields = ("lastTransitionTime", "lastUpdateTime")
    times = [instant(_condition(deployment, kind).get(field)) for kind in kinds for field in fields]
    return max((time for time in times if time), default=None)


def _without_pods_since(deployment: LiveObject) -> datetime | None:
    """Since when there is no ready pod; None if there is one, or if no controller has reported any counts."""
    available = _condition(deployment, "Available")
    if available.get("status") == "False":
        return instant(available.get("lastTransitionTime"))
    status = _status(deployment)
    counted = "observedGeneration" in status or bool(available)
    if not counted or status.get("readyReplicas"):
        return None
    # With a generous maxUnavailable no condition changes when the last pod goes; the counts do.
    return last_write(deployment)


def _spec(deployment: LiveObject) -> Mapping[str, Any]:
    spec = deployment.content.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _status(deployment: LiveObject) -> Mapping[str, Any]:
    status = deployment.content.get("status")
    return status if isinstance(status, Mapping) else {}


def _condition(deployment: LiveObject, kind: str) -> Mapping[str, Any]:
    return deployment.derived(_conditions).get(kind, {})


def _conditions(deployment: LiveObject) -> Mapping[str, Mapping[str, Any]]:
    """By their type; of several of one type the first."""
    found = _status(deployment).get("conditions")
    conditions = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    return {text(each.get("type")): each for each in reversed(conditions)}
