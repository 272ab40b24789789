"""Which declared settings of a site Skupper has not taken up, as its own objects show.

Skupper reads most settings once, when it creates a site. What cannot be read from an object is not judged: nothing is
said of it rather than guessed.

Source: ``client/router_create.go``, ``pkg/kube/containers.go``, ``pkg/qdr/qdr.go``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconcile.findings import Finding
from reconcile.kinds import DEPLOYMENT, ROUTE, SERVICE
from reconcile.skupper.definitions import Network
from reconcile.skupper.live import LiveObject, strings, text
from reconcile.skupper.plan import RECREATE_DEPLOYMENTS, RECREATE_SITE, RESTART_CONTROLLER, PendingSetting
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import changing, commands, names, site_config
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.site_config import pairs
from reconcile.skupper.v1.value_types import quantity

_NO_EFFECT = "both Deployments are younger than the setting; something else changes them"

_RESOURCE = re.compile(r"(?P<owner>router|controller|config-sync)-(?P<resource>cpu|memory)(?P<limit>-limit)?")
_CONTAINERS = {
    "router": (names.ROUTER, "router"),
    "config-sync": (names.ROUTER, "config-sync"),
    "controller": (names.SERVICE_CONTROLLER, "service-controller"),
}
_SCHEDULING = re.compile(
    r"(?P<owner>router|controller)-(?P<what>node-selector|pod-affinity|pod-antiaffinity)"
)
_IDENTITY = {"run-as-user": "runAsUser", "run-as-group": "runAsGroup"}
_NO_SYNC = "SKUPPER_DISABLE_SERVICE_SYNC"
"""Variable of a service-controller that neither offers services nor takes over those of others."""
_RELEASE = re.compile(r"v?(?P<number>[0-9]+\.[0-9]+\.[0-9]+)")
_HOSTNAME = "-${HOSTNAME}"


def pending(network: Network, site: Site, live: LiveSite) -> tuple[PendingSetting, ...]:
    """The declared settings that are not in effect, sorted by name, each with what it takes."""
    if live.missing_part or live.foreign:
        return ()
    declared = site_config.data(site)
    # A value that is still to be applied is shown as a change.
    applied = {key: value for key, value in declared.items() if live.config.get(key) == value}
    found = [*_router(applied, live), *_ingress(applied, live), *_version(network, live)]
    found += [
        PendingSetting(key, RECREATE_DEPLOYMENTS)
        for key, value in applied.items()
        if any(differs(key, value, live) for differs in (_resource, _scheduling, _identity, _service_sync))
    ]
    if changing.younger(live):
        found = [
            PendingSetting(name, _NO_EFFECT if step == RECREATE_DEPLOYMENTS else step) for name, step in found
        ]
    return tuple(sorted(found))


def exposure(site: Site, live: LiveSite) -> Finding | None:
    """A site that should only dial out and whose router accepts links all the same: a hole that only its end closes."""
    if not site.edge or live.router_config.mode != "interior":
        return None
    why = (
        f"cluster {site.cluster.name} is private"
        if site.cluster.private
        else "the data declares an edge site"
    )
    open_at = ", ".join(_endpoints(live)) or "its router port"
    return Finding(
        rule="exposed-site",
        message=(
            f"{site.key} must not accept links ({why}), but its router still runs as interior and listens at "
            f"{open_at}. Skupper changes the mode only with a new site; {commands.recreate_site(live.key)}"
        ),
        datafile=site.definition.path,
        subject=site.subject,
    )


def _endpoints(live: LiveSite) -> Iterator[str]:
    """The open Routes with their hosts; else the hosts of the router's certificate, which it was made for."""
    routes = [
        live.find(ROUTE, name) for name in (names.INTER_ROUTER_ROUTE, names.EDGE_ROUTE, names.CLAIMS_ROUTE)
    ]
    shown = [route for route in routes if route]
    for route in shown:
        yield f"Route {route.key.name} ({text(_dig(route.content, 'spec', 'host'))})"
    if not shown:
        inside = f"{names.ROUTER}.{live.key.namespace}"
        yield from (host for host in live.server.hosts if not host.startswith(inside))


def _router(applied: Mapping[str, str], live: LiveSite) -> Iterator[PendingSetting]:
    """Settings of the router itself: its mode, name, replicas and log levels."""
    config = live.router_config
    mode = applied.get("router-mode")
    if mode and config.mode and mode != config.mode:
        yield PendingSetting("router-mode", RECREATE_SITE)
    name = applied.get("name")
    if name and config.router_id.endswith(_HOSTNAME) and config.router_id != f"{name}{_HOSTNAME}":
        yield PendingSetting("name", RECREATE_SITE)
    router = live.part(DEPLOYMENT, names.ROUTER)
    replicas = _dig(router.content, "spec", "replicas") if router else None
    routers = applied.get("routers")
    if routers and replicas and str(replicas) != routers:
        yield PendingSetting("routers", RECREATE_DEPLOYMENTS)
    logging = applied.get("router-logging")
    if logging and not config.fault and not _levels(logging) <= _without_plus(config.logging):
        yield PendingSetting("router-logging", "site-controller applies it")


def _levels(logging: str) -> frozenset[tuple[str, str]]:
    entries = (entry.strip().rpartition(":") for entry in logging.split(","))
    return _without_plus((module or "DEFAULT", level) for module, _, level in entries)


def _without_plus(levels: Any) -> frozenset[tuple[str, str]]:
    return frozenset((module, level.removesuffix("+")) for module, level in levels)


def _ingress(applied: Mapping[str, str], live: LiveSite) -> Iterator[PendingSetting]:
    """How others reach the router: its Service with annotations, or its Routes."""
    if live.router_config.mode != "interior" or applied.get("router-mode") == "edge":
        return
    service = live.find(SERVICE, names.ROUTER)
    wanted = {"loadbalancer": "LoadBalancer", "nodeport": "NodePort"}.get(applied.get("ingress", ""))
    kind_of = text(_dig(service.content, "spec", "type")) if service else ""
    exposed = kind_of in {"LoadBalancer", "NodePort"}
    if (wanted and kind_of and kind_of != wanted) or (not wanted and exposed and "ingress" in applied):
        yield PendingSetting("ingress", RECREATE_SITE)
    annotations = applied.get("router-service-annotations")
    if service and annotations and not pairs(annotations, applied) <= service.annotations.items():
        yield PendingSetting("router-service-annotations", RECREATE_SITE)


def _version(network: Network, live: LiveSite) -> Iterator[PendingSetting]:
    """The version that a site was updated to; only releases can be compared, not builds or digests."""
    wanted, running = _RELEASE.fullmatch(network.version), _RELEASE.match(live.router_config.version)
    if wanted and running and wanted["number"] != running["number"]:
        yield PendingSetting(f"version {wanted['number']}", RESTART_CONTROLLER)


def _resource(key: str, value: str, live: LiveSite) -> bool:
    """True if a container asks for something else than declared; a limit is the request if only that is set."""
    match = _RESOURCE.fullmatch(key)
    deployment = live.part(DEPLOYMENT, _CONTAINERS[match["owner"]][0]) if match else None
    if match is None or deployment is None:
        return False
    container = _container(deployment, _CONTAINERS[match["owner"]][1])
    if container is None:
        return False
    asked = _dig(container, "resources", "limits" if match["limit"] else "requests", match["resource"])
    return quantity(text(asked)) != quantity(value)


def _scheduling(key: str, value: str, live: LiveSite) -> bool:
    """True if the pods of a Deployment are to be placed otherwise than declared."""
    match = _SCHEDULING.fullmatch(key)
    deployment = live.part(DEPLOYMENT, _CONTAINERS[match["owner"]][0]) if match else None
    pod = _dig(deployment.content, "spec", "template", "spec") if deployment else None
    if match is None or not isinstance(pod, Mapping) or not pod.get("containers"):
        return False
    return pairs(value, {}) != _PLACED[match["what"]](pod)


def _identity(key: str, value: str, live: LiveSite) -> bool:
    """True if the router runs as another user or group than declared; what its container says counts, then its pods."""
    deployment = live.part(DEPLOYMENT, names.ROUTER) if key in _IDENTITY else None
    container = _container(deployment, "router") if deployment else None
    if deployment is None or container is None:
        return False
    pod = _dig(deployment.content, "spec", "template", "spec")
    asked = (_dig(each, "securityContext", _IDENTITY[key]) for each in (container, pod))
    return next((str(each) for each in asked if each is not None), "") != value


def _service_sync(key: str, value: str, live: LiveSite) -> bool:
    """True if the service-controller was created to exchange services, or not to, and the opposite is declared."""
    deployment = live.part(DEPLOYMENT, names.SERVICE_CONTROLLER) if key == "service-sync" else None
    container = _container(deployment, "service-controller") if deployment else None
    env = _dig(container, "env")
    if not isinstance(env, list):
        return False
    off = any(_dig(each, "name") == _NO_SYNC and _dig(each, "value") == "true" for each in env)
    return off is (value == "true")


def _selected(pod: Mapping[str, Any]) -> set[tuple[str, str]]:
    return set(strings(pod.get("nodeSelector")).items())


def _preferred(side: str) -> Callable[[Mapping[str, Any]], set[tuple[str, str]]]:
    def labels(pod: Mapping[str, Any]) -> set[tuple[str, str]]:
        terms = _dig(pod, "affinity", side, "preferredDuringSchedulingIgnoredDuringExecution")
        selectors = [
            _dig(term, "podAffinityTerm", "labelSelector", "matchLabels")
            for term in (terms if isinstance(terms, list) else ())
        ]
        return {pair for selector in selectors for pair in strings(selector).items()}

    return labels


_PLACED: dict[str, Callable[[Mapping[str, Any]], set[tuple[str, str]]]] = {
    "node-selector": _selected,
    "pod-affinity": _preferred("podAffinity"),
    "pod-antiaffinity": _preferred("podAntiAffinity"),
}


def _container(deployment: LiveObject, name: str) -> Mapping[str, Any] | None:
    containers = _dig(deployment.content, "spec", "template", "spec", "containers")
    named = (
        each for each in (containers if isinstance(containers, list) else ()) if _dig(each, "name") == name
    )
    return next(named, None)


def _dig(document: Any, *steps: str) -> Any:
    for step in steps:
        document = document.get(step) if isinstance(document, Mapping) else None
    return document
