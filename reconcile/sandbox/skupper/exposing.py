"""What a service-controller does to Services with the annotation ``skupper.io/proxy`` (``definition_monitor.go``).

The address of such a Service is its own name, unless ``skupper.io/address`` says otherwise: then its selector and its
target ports are replaced with those of the router, and again whenever somebody changes them back. What was there is
kept in three annotations, and restored once the first one is gone; by a running service-controller, and by nobody else.
A Service that policies do not allow counts as not annotated, from its next event on.
Services for other addresses, Deployments and the definitions in ``skupper-services`` are not simulated.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from reconcile.kinds import SERVICE
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.policies import Permissions
from reconcile.sandbox.skupper.surroundings import Surroundings

_ROUTER = {"application": names.ROUTER, names.COMPONENT: "router"}
_KEPT = (names.ORIGINAL_SELECTOR, names.ORIGINAL_TARGET_PORT, names.ORIGINAL_ASSIGNED_PORT)
_FIRST_PORT = 1025


def check_service(name: str, around: Surroundings, permissions: Permissions) -> None:
    """Rewrite or restore a Service if it has to be. Raises ClusterError."""
    service = around.cached(SERVICE, name)
    if service is None:
        return
    allowed = permissions.exposed("service", name) and permissions.service(name)
    if _is_exposed(service) and allowed:
        taken = _taken(around, besides=name)
        around.edit(SERVICE, name, lambda found: _rewritten(found, taken))
    elif not set(_KEPT).isdisjoint(_annotations(service)):
        around.edit(SERVICE, name, _restored)


def _annotations(service: Json) -> dict[str, str]:
    return service["metadata"].get("annotations") or {}


def _is_exposed(service: Json) -> bool:
    annotations = _annotations(service)
    own = annotations.get(names.ADDRESS, service["metadata"]["name"]) == service["metadata"]["name"]
    return names.PROXY in annotations and own and bool(service["spec"].get("selector"))


def _rewritten(service: Json, taken: set[int]) -> Json:
    """Return the Service as it leads to the router; ``taken`` are the router's ports of other Services."""
    spec, kept = service["spec"], _annotations(service)
    selector = spec.get("selector") or {}
    ports = spec.get("ports") or []
    assigned = _parsed(kept.get(names.ORIGINAL_ASSIGNED_PORT, ""))
    free = (number for number in range(_FIRST_PORT, 65536) if number not in taken | set(assigned.values()))
    targets = {port["port"]: assigned.get(port["port"]) or next(free) for port in ports}
    if any(port.get("targetPort") != targets[port["port"]] for port in ports):
        before = {port["port"]: port.get("targetPort") or port["port"] for port in ports}
        kept = {
            **kept,
            names.ORIGINAL_TARGET_PORT: _text(before, ":"),
            names.ORIGINAL_ASSIGNED_PORT: _text(targets, ":"),
        }
    if not _ROUTER.items() <= selector.items():
        kept = {**kept, names.ORIGINAL_SELECTOR: _text(selector, "=")}
    metadata = {**service["metadata"], "annotations": kept}
    leading = [{**port, "targetPort": targets[port["port"]]} for port in ports]
    return {**service, "metadata": metadata, "spec": {**spec, "selector": dict(_ROUTER), "ports": leading}}


def _restored(service: Json) -> Json:
    spec, kept = service["spec"], _annotations(service)
    selector = dict(pair.split("=", 1) for pair in kept.get(names.ORIGINAL_SELECTOR, "").split(",") if pair)
    targets = _parsed(kept.get(names.ORIGINAL_TARGET_PORT, ""))
    ports = [
        {**port, "targetPort": targets.get(port["port"], port.get("targetPort"))}
        for port in spec.get("ports") or []
    ]
    rest = {key: value for key, value in kept.items() if key not in _KEPT}
    metadata = {**service["metadata"], "annotations": rest}
    return {
        **service,
        "metadata": metadata,
        "spec": {**spec, "selector": selector or spec.get("selector"), "ports": ports},
    }


def _taken(around: Surroundings, *, besides: str) -> set[int]:
    services = around.cache.within(SERVICE, around.namespace)
    others = (service for service in services if service["metadata"]["name"] != besides)
    texts = (_annotations(service).get(names.ORIGINAL_ASSIGNED_PORT, "") for service in others)
    return {port for text in texts for port in _parsed(text).values()}


def _text(pairs: Mapping[Any, Any], between: str) -> str:
    return ",".join(f"{key}{between}{value}" for key, value in sorted(pairs.items(), key=str))


def _parsed(text: str) -> dict[int, int]:
    """Read ``80:1025,81:1026``."""
    pairs: Iterable[list[str]] = (pair.split(":") for pair in text.split(",") if pair)
    return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2 and all(map(str.isdigit, pair))}
