"""Under which host and port a site is reached, by ingress type (``pkg/kube/resolver``)."""

from collections.abc import Callable
from dataclasses import dataclass

from reconcile.kinds import ROUTE, SERVICE, Kind
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints import endpoints
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings

Read = Callable[[Kind, str], Json | None]
"""Returns an object of the site's namespace by kind and name."""


class UnresolvableError(Exception):
    """There is no way to tell the host: unknown ingress type, or the object that would say is missing."""


@dataclass(frozen=True, slots=True)
class HostPort:
    """Where one role of a router is reached."""

    host: str
    """Empty while a load balancer is pending, which is no error."""
    port: str


def resolve(settings: Settings, role: str, read: Read) -> HostPort:
    """Return host and port for a role (``inter-router``, ``edge``, ``claims``). Raises UnresolvableError."""
    if settings.ingress not in endpoints.RESOLVABLE:
        raise UnresolvableError("Could not determine ingress type")
    if settings.ingress == "route":
        return HostPort(_route_host(endpoints.route_name(role), read), str(names.TLS_PORT))
    if settings.ingress in endpoints.INGRESS_TYPES or settings.ingress == endpoints.CONTOUR:
        return HostPort(_ingress_host(settings, role), str(names.TLS_PORT))
    if settings.ingress == "none":
        return HostPort(f"{names.ROUTER}.{settings.namespace}", str(names.PORTS[role]))
    service = read(SERVICE, names.ROUTER)
    if service is None:
        raise UnresolvableError(f'services "{names.ROUTER}" not found')
    if settings.ingress == "nodeport":
        return HostPort(settings.router_host, _node_port(service, role))
    return HostPort(load_balancer(service), str(names.PORTS[role]))


def load_balancer(service: Json) -> str:
    """Return the address of a load balancer, IP before host name; empty while it is pending."""
    entries = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return str(entries[0].get("ip") or entries[0].get("hostname") or "")


def _route_host(name: str, read: Read) -> str:
    route = read(ROUTE, name)
    if route is None:
        raise UnresolvableError(f'routes.route.openshift.io "{name}" not found')
    return str(route["spec"].get("host") or "")


def _ingress_host(settings: Settings, role: str) -> str:
    host = endpoints.ingress_host(settings, role)
    if not host:
        raise UnresolvableError(f"no rule for {role} has a host")
    return host


def _node_port(service: Json, role: str) -> str:
    for port in service["spec"].get("ports") or ():
        if port.get("name") == role:
            return str(port.get("nodePort") or port["port"])
    raise UnresolvableError(f'services "{names.ROUTER}" has no port for {role}')
