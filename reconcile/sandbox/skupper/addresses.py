"""Where a router is really reached, as opposed to what its tokens say (``hosts.py``): the objects as they are now."""

from collections.abc import Iterator

from reconcile.kinds import ROUTE, SERVICE
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints import endpoints
from reconcile.sandbox.skupper.hosts import load_balancer
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.states import Address
from reconcile.sandbox.skupper.surroundings import Surroundings

_ROLES = (names.ROLE_INTER_ROUTER, names.ROLE_EDGE)


def addresses_of(labels: dict[str, str], around: Surroundings) -> tuple[Address, ...]:
    """Return every way to the router pods with these labels, sorted out of the Service, its Routes and Ingresses.

    A Service whose selector does not match the pods leads nowhere, and so does everything in front of it.
    """
    service = around.cache.get(SERVICE, around.namespace, names.ROUTER)
    if service is None or not _selects(service, labels):
        return ()
    return tuple(_ways(service, around))


def _selects(service: Json, labels: dict[str, str]) -> bool:
    selector: dict[str, str] = service["spec"].get("selector") or {}
    return all(labels.get(key) == value for key, value in selector.items())


def _ways(service: Json, around: Surroundings) -> Iterator[Address]:
    for role in _ROLES:
        yield from _inside(service, role, around.namespace)
        yield from _through_route(role, around)
    settings = around.site_settings()
    if settings:
        yield from _through_domain(service, settings)


def _inside(service: Json, role: str, namespace: str) -> Iterator[Address]:
    port = next((port for port in service["spec"].get("ports") or () if port.get("name") == role), None)
    if port is None:
        return
    number = str(port["port"])
    inside = f"{names.ROUTER}.{namespace}"
    yield Address(inside, number, role, local=True)
    yield Address(f"{inside}.svc.cluster.local", number, role, local=True)
    outside = load_balancer(service)
    if outside:
        yield Address(outside, number, role)


def _through_route(role: str, around: Surroundings) -> Iterator[Address]:
    route = around.cache.get(ROUTE, around.namespace, endpoints.route_name(role))
    if route and route["spec"].get("host") and (route["spec"].get("to") or {}).get("name") == names.ROUTER:
        yield Address(route["spec"]["host"], str(names.TLS_PORT), role)


def _through_domain(service: Json, settings: Settings) -> Iterator[Address]:
    """Node ports and Ingresses: their hosts live in a DNS that nobody simulates, so the site is taken at its word."""
    if service["spec"].get("type") == "NodePort" and settings.router_host:
        for port in service["spec"].get("ports") or ():
            if port.get("nodePort") and port.get("name") in _ROLES:
                yield Address(settings.router_host, str(port["nodePort"]), port["name"])
    if settings.ingress in endpoints.INGRESS_TYPES or settings.ingress == endpoints.CONTOUR:
        for role in _ROLES:
            if host := endpoints.ingress_host(settings, role):
                yield Address(host, str(names.TLS_PORT), role)
