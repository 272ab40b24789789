"""What a site's Deployments get when they are created: resources, scheduling, user (``pkg/kube/containers.go``)."""

from collections.abc import Mapping
from typing import Any

from reconcile.sandbox.skupper.names import Json

_PREFIXES = {"router": "router", "config-sync": "config-sync", "service-controller": "controller"}
"""Container -> how its keys begin."""


def tune(deployment: Json, data: Mapping[str, str]) -> Json:
    """Give the pods of a new Deployment what the data of ``skupper-site`` say."""
    pod = deployment["spec"]["template"]["spec"]
    for container in pod["containers"]:
        found = resources(data, _PREFIXES[container["name"]])
        if found:
            container["resources"] = found
        for key, field in (("run-as-user", "runAsUser"), ("run-as-group", "runAsGroup")):
            if data.get(key):
                container["securityContext"][field] = int(data[key])
        if container["name"] == "service-controller" and data.get("service-sync") == "false":
            container["env"].append({"name": "SKUPPER_DISABLE_SERVICE_SYNC", "value": "true"})
    prefix = _PREFIXES[pod["containers"][0]["name"]]
    if selector := _pairs(data.get(f"{prefix}-node-selector", "")):
        pod["nodeSelector"] = selector
    sides = {"podAffinity": "pod-affinity", "podAntiAffinity": "pod-antiaffinity"}
    given = {side: _pairs(data.get(f"{prefix}-{key}", "")) for side, key in sides.items()}
    if any(given.values()):
        pod["affinity"] = {side: _preference(labels) for side, labels in given.items() if labels}
    return deployment


def resources(data: Mapping[str, str], prefix: str) -> dict[str, dict[str, str]]:
    """Return requests and limits of a container; a limit is the request if only that is set."""
    found: dict[str, dict[str, str]] = {}
    for resource in ("cpu", "memory"):
        request = data.get(f"{prefix}-{resource}")
        limit = data.get(f"{prefix}-{resource}-limit") or request
        for kind, value in (("requests", request), ("limits", limit)):
            if value:
                found.setdefault(kind, {})[resource] = value
    return found


def _preference(labels: Mapping[str, str]) -> dict[str, Any]:
    term = {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": "kubernetes.io/hostname"}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}


def _pairs(text: str) -> dict[str, str]:
    items = (item.partition("=") for item in text.split(",") if item.strip())
    return {key.strip(): value.strip() for key, _, value in items}
