"""Where a site's router is dialled, as the next token will contain it.

Computed as Skupper does it, from the Route, Service or host that belongs to the ingress in the live ConfigMap. A load
balancer without an address has no endpoint yet; Skupper would issue a token with an empty host.

Source: ``pkg/kube/resolver``, ``client/connector_token_create.go``.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconcile.findings import Reason
from reconcile.kinds import ROUTE, SERVICE
from reconcile.skupper.live import LiveObject, ObjectKey, text
from reconcile.skupper.v1.names import EDGE_ROUTE, INTER_ROUTER_ROUTE, ROUTER


class Endpoint(NamedTuple):
    """Host and port of a router; `missing` says what it waits for if there is none yet."""

    host: str = ""
    port: str = ""
    missing: Reason | None = None


def endpoint(
    objects: Mapping[ObjectKey, LiveObject], namespace: str, config: Mapping[str, str], *, edge: bool
) -> Endpoint:
    """Where edge sites (`edge`) or interior sites dial the site that `config` (its live ConfigMap) describes."""
    ingress = config.get("ingress", "route")
    role, port = ("edge", "45671") if edge else ("inter-router", "55671")
    host = config.get("ingress-host", "")
    if ingress == "route":
        return _route(objects.get(ObjectKey(ROUTE, namespace, EDGE_ROUTE if edge else INTER_ROUTER_ROUTE)))
    if ingress == "none":
        return Endpoint(f"{ROUTER}.{namespace}", port)
    if ingress in {"ingress", "nginx-ingress-v1"}:
        return Endpoint(f"{role}.{namespace}.{host}", "443")
    if ingress == "contour-http-proxy":
        return Endpoint(f"skupper-{role}.{namespace}.{host}", "443")
    service = objects.get(ObjectKey(SERVICE, namespace, ROUTER))
    if service is None:
        return Endpoint(missing=f"Service {ROUTER}")
    if ingress == "nodeport":
        return _node_port(service, config.get("router-ingress-host") or host, role)
    return _load_balancer(service, port)


def _route(route: LiveObject | None) -> Endpoint:
    host = text(_dig(route.content, "spec", "host")) if route else ""
    return Endpoint(host, "443") if host else Endpoint(missing="the host of its Route")


def _load_balancer(service: LiveObject, port: str) -> Endpoint:
    entries = _dig(service.content, "status", "loadBalancer", "ingress")
    entry = entries[0] if isinstance(entries, list) and entries else None
    host = text(_dig(entry, "ip")) or text(_dig(entry, "hostname"))
    return Endpoint(host, port) if host else Endpoint(missing="the address of its load balancer")


def _node_port(service: LiveObject, host: str, role: str) -> Endpoint:
    ports = _dig(service.content, "spec", "ports")
    for port in ports if isinstance(ports, list) else []:
        number = _dig(port, "nodePort")
        if _dig(port, "name") == role and isinstance(number, int) and 0 < number < 1 << 16:
            return Endpoint(host, str(number))
    return Endpoint(missing=f"a node port named {role}")


def _dig(document: Any, *steps: str) -> Any:
    for step in steps:
        document = document.get(step) if isinstance(document, Mapping) else None
    return document
