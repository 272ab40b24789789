"""Where a site is reached: what its tokens say (``pkg/kube/resolver``), and where its router really answers.

The hosts of node ports and Ingresses are in a DNS that is not simulated, so the site's settings are believed.
"""

from collections.abc import Callable, Iterator

from reconcile.kinds import ROUTE, SERVICE, Kind
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.states import Address
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings

_INGRESSES = {"ingress": "", "nginx-ingress-v1": "", "contour-http-proxy": "skupper-"}
"""Types of ingress with a host name for each role -> what the names begin with."""

Read = Callable[[Kind, str], Json | None]
"""Returns an object of the site's namespace by kind and name."""
HostPort = tuple[str, str]


def resolve(settings: Settings, role: str, read: Read) -> HostPort:
    """Return host and port for a role; the host is empty while a load balancer is pending.

    Raises SkupperError for an unknown type of ingress, or if an object is missing.
    """
    if settings.ingress == "none":
        return f"{names.ROUTER}.{settings.namespace}", str(names.PORTS[role])
    if settings.ingress == "route":
        route = _required(read, ROUTE, names.ROUTES[role])
        return str(route["spec"].get("host") or ""), str(names.TLS_PORT)
    if settings.ingress in _INGRESSES:
        return _ingress_host(settings, role), str(names.TLS_PORT)
    if settings.ingress == "loadbalancer":
        return load_balancer(_required(read, SERVICE, names.ROUTER)), str(names.PORTS[role])
    if settings.ingress == "nodeport":
        return settings.ingress_host, _node_ports(_required(read, SERVICE, names.ROUTER))[role]
    raise SkupperError("Could not determine ingress type")


def _required(read: Read, kind: Kind, name: str) -> Json:
    found = read(kind, name)
    if found is None:
        raise SkupperError(f'{kind.plural} "{name}" not found')
    return found


def _ingress_host(settings: Settings, role: str) -> str:
    if not settings.ingress_host:
        raise SkupperError(f"no rule for {role} has a host")
    return f"{_INGRESSES[settings.ingress]}{role}.{settings.namespace}.{settings.ingress_host}"


def load_balancer(service: Json) -> str:
    """Return the address of a load balancer, IP before host name; empty while it is pending."""
    entries = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return str(entries[0].get("ip") or entries[0].get("hostname") or "")


def _node_ports(service: Json) -> dict[str, str]:
    ports = service["spec"].get("ports") or ()
    return {port["name"]: str(port.get("nodePort") or port["port"]) for port in ports}


def addresses_of(labels: dict[str, str], around: Surroundings) -> tuple[Address, ...]:
    """Return every way to the router pods with these labels: the Service, its Routes and Ingresses.

    A Service whose selector does not match the pods leads nowhere, and so does everything in front of it.
    """
    service = around.cache.get(SERVICE, around.namespace, names.ROUTER)
    selector: dict[str, str] = (service["spec"].get("selector") or {}) if service else {}
    if service is None or not selector.items() <= labels.items():
        return ()
    return tuple(
        address
        for role in (names.ROLE_INTER_ROUTER, names.ROLE_EDGE)
        for address in (*_through_service(service, role, around.namespace), *_from_outside(role, around))
    )


def _through_service(service: Json, role: str, namespace: str) -> Iterator[Address]:
    port = next((port for port in service["spec"].get("ports") or () if port.get("name") == role), None)
    if port is None:
        return
    inside, number = f"{names.ROUTER}.{namespace}", str(port["port"])
    yield Address(inside, number, role, local=True)
    yield Address(f"{inside}.svc.cluster.local", number, role, local=True)
    if outside := load_balancer(service):
        yield Address(outside, number, role)


def _from_outside(role: str, around: Surroundings) -> Iterator[Address]:
    route = around.cache.get(ROUTE, around.namespace, names.ROUTES[role])
    if route and route["spec"].get("host") and (route["spec"].get("to") or {}).get("name") == names.ROUTER:
        yield Address(route["spec"]["host"], str(names.TLS_PORT), role)
    settings = around.site_settings()
    if settings and settings.ingress_host and settings.ingress in {"nodeport", *_INGRESSES}:
        yield Address(*resolve(settings, role, around.cached), role)
