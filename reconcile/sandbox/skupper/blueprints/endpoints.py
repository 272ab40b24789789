"""How a site is reached: Services, Routes, and Ingresses for clusters without Routes."""

from reconcile.kinds import ROUTE, SERVICE
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints.metadata import controller_labels, owned, router_labels
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings

_SERVICE_TYPES = {"loadbalancer": "LoadBalancer", "nodeport": "NodePort"}
INGRESS_TYPES = frozenset({"ingress", "nginx-ingress-v1"})
CONTOUR = "contour-http-proxy"
RESOLVABLE = frozenset({"route", "none", CONTOUR, *_SERVICE_TYPES, *INGRESS_TYPES})
"""Values of ``ingress`` for which hosts can be found."""

_ROUTES = {
    names.ROLE_INTER_ROUTER: names.INTER_ROUTER_ROUTE,
    names.ROLE_EDGE: names.EDGE_ROUTE,
    names.ROLE_CLAIMS: names.CLAIMS_ROUTE,
}
_INGRESS_PREFIXES = {
    names.ROLE_INTER_ROUTER: "inter-router",
    names.ROLE_EDGE: "edge",
    names.ROLE_CLAIMS: "claims",
}
_CONTOUR_PREFIXES = {
    names.ROLE_INTER_ROUTER: "skupper-inter-router",
    names.ROLE_EDGE: "skupper-edge",
    names.ROLE_CLAIMS: "skupper-claims",
}


def local_service(settings: Settings) -> Json:
    """Return the Service that the site's own components use."""
    return _service(
        names.ROUTER_LOCAL, settings, [_port("amqps", names.AMQPS_PORT)], selector=router_labels(settings)
    )


def router_service(settings: Settings) -> Json:
    """Return the Service that other sites reach the router by; edge sites have none."""
    tuning = settings.router
    service = _service(
        names.ROUTER,
        settings,
        [_port(role, number) for role, number in names.PORTS.items()],
        selector=router_labels(settings),
        exposed_as=_SERVICE_TYPES.get(settings.ingress, "ClusterIP"),
        annotations=dict(tuning.service_annotations),
    )
    if tuning.load_balancer_ip and settings.ingress == "loadbalancer":
        service["spec"]["loadBalancerIP"] = tuning.load_balancer_ip
    return service


def console_service(settings: Settings) -> Json:
    """Return the Service of console and REST interface."""
    console = settings.console
    port = names.COLLECTOR_PORT if console.collector else names.CONSOLE_PORT
    service = _service(
        names.CONSOLE,
        settings,
        [_port("metrics", port)],
        selector=controller_labels(settings),
        exposed_as=_SERVICE_TYPES.get(console.ingress, "ClusterIP"),
        annotations=dict(settings.controller.service_annotations),
    )
    if settings.controller.load_balancer_ip and console.ingress == "loadbalancer":
        service["spec"]["loadBalancerIP"] = settings.controller.load_balancer_ip
    return service


def router_routes(settings: Settings) -> tuple[Json, ...]:
    """Return the Routes of an interior site with ingress ``route``."""
    return tuple(_route(role, name, settings) for role, name in _ROUTES.items())


def console_route(settings: Settings) -> Json:
    """Return the Route of the console."""
    return _route("metrics", names.CONSOLE_ROUTE, settings, service=names.CONSOLE, termination="reencrypt")


def ingress(settings: Settings) -> Json:
    """Return the Ingress of a site on plain Kubernetes."""
    body = owned(names.INGRESS, names.CONSOLE, settings, annotations=_ingress_annotations(settings))
    body["spec"] = {
        "rules": [
            {
                **({"host": host} if (host := ingress_host(settings, role)) else {}),
                "http": {"paths": [_backend(names.PORTS[role])]},
            }
            for role in names.PORTS
        ]
    }
    return body


def http_proxies(settings: Settings) -> tuple[Json, ...]:
    """Return the HTTPProxies of a site behind Contour."""
    return tuple(_http_proxy(role, settings) for role in names.PORTS)


def ingress_host(settings: Settings, role: str) -> str:
    """Return the host of an Ingress or HTTPProxy rule; empty if the site was given no domain."""
    prefixes = _CONTOUR_PREFIXES if settings.ingress == CONTOUR else _INGRESS_PREFIXES
    domain = settings.router_host
    return f"{prefixes[role]}.{settings.namespace}.{domain}" if domain else ""


def route_name(role: str) -> str:
    """Return the name of the Route for a role."""
    return _ROUTES[role]


def _service(
    name: str,
    settings: Settings,
    ports: list[Json],
    *,
    selector: dict[str, str],
    exposed_as: str = "ClusterIP",
    annotations: dict[str, str] | None = None,
) -> Json:
    body = owned(SERVICE, name, settings, annotations=annotations)
    body["spec"] = {"selector": selector, "ports": ports, "type": exposed_as}
    return body


def _port(name: str, number: int) -> Json:
    return {"name": name, "protocol": "TCP", "port": number, "targetPort": number}


def _route(
    port: str, name: str, settings: Settings, *, service: str = names.ROUTER, termination: str = "passthrough"
) -> Json:
    body = owned(ROUTE, name, settings, annotations=dict(settings.ingress_annotations))
    body["spec"] = {
        "port": {"targetPort": port},
        "to": {"kind": "Service", "name": service},
        "tls": {"termination": termination, "insecureEdgeTerminationPolicy": "None"},
    }
    if settings.router_host:
        body["spec"]["host"] = f"{name}-{settings.namespace}.{settings.router_host}"
    return body


def _ingress_annotations(settings: Settings) -> dict[str, str]:
    nginx = settings.ingress == "nginx-ingress-v1"
    passthrough = {"nginx.ingress.kubernetes.io/ssl-passthrough": "true"} if nginx else {}
    return {**passthrough, **settings.ingress_annotations}


def _backend(port: int) -> Json:
    service = {"name": names.ROUTER, "port": {"number": port}}
    return {"path": "/", "pathType": "Prefix", "backend": {"service": service}}


def _http_proxy(role: str, settings: Settings) -> Json:
    body = owned(names.HTTP_PROXY, _CONTOUR_PREFIXES[role], settings)
    body["spec"] = {
        "virtualhost": {"fqdn": ingress_host(settings, role), "tls": {"passthrough": True}},
        "tcpproxy": {"services": [{"name": names.ROUTER, "port": names.PORTS[role]}]},
    }
    return body
