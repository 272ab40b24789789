"""The Deployments of a site: router with config-sync, service-controller with its side-cars."""

from collections.abc import Mapping

from reconcile.kinds import DEPLOYMENT
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints.metadata import controller_labels, owned, router_labels
from reconcile.sandbox.skupper.images import Image, Images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings, Tuning

_SCRAPED = {"prometheus.io/port": "9090", "prometheus.io/scrape": "true"}
_CERTIFICATES = "/etc/skupper-router-certs"


def router_deployment(settings: Settings, images: Images) -> Json:
    """Return the Deployment ``skupper-router``."""
    shared = {"name": "skupper-router-certs", "mountPath": _CERTIFICATES}
    mounts = [_mount(names.LOCAL_SERVER, f"{_CERTIFICATES}/skupper-amqps/")]
    volumes = [_secret_volume(names.LOCAL_SERVER)]
    if not settings.edge:
        mounts.append(_mount(names.SITE_SERVER, f"{_CERTIFICATES}/{names.INTER_ROUTER_PROFILE}/"))
        volumes.append(_secret_volume(names.SITE_SERVER))
    mounts += [_mount("router-config", "/etc/skupper-router/config/"), shared]
    volumes += [
        {"name": "router-config", "configMap": {"name": names.INTERNAL}},
        {"name": "skupper-router-certs", "emptyDir": {}},
    ]
    router = _container("router", images.router, settings, tuning=settings.router)
    router |= {"env": _router_environment(settings), "ports": _router_ports(settings), "volumeMounts": mounts}
    router["livenessProbe"] = {
        "httpGet": {"path": "/healthz", "port": names.HEALTH_PORT},
        "initialDelaySeconds": 60,
    }
    sync = _container("config-sync", images.config_sync, settings, tuning=settings.config_sync)
    sync |= {"env": [_env("SKUPPER_SITE_ID", settings.site_id)], "volumeMounts": [shared]}
    return _deployment(
        names.ROUTER,
        settings,
        [router, sync],
        volumes=volumes,
        labels=router_labels(settings),
        annotations=router_annotations(settings),
        tuning=settings.router,
        replicas=settings.routers,
    )


def controller_deployment(settings: Settings, images: Images, router: Json) -> Json:
    """Return the Deployment ``skupper-service-controller``; ``router`` becomes the owner of what it creates."""
    controller = _container(
        "service-controller", images.service_controller, settings, tuning=settings.controller
    )
    controller |= {
        "env": _controller_environment(settings, router),
        "volumeMounts": [_mount(names.LOCAL_CLIENT, "/etc/messaging/")],
    }
    containers = [controller]
    if settings.console.collector:
        containers.append(_container("flow-collector", images.flow_collector, settings, tuning=Tuning()))
    if settings.console.served and settings.console.authentication == "openshift":
        containers.append(_container("oauth-proxy", images.oauth_proxy, settings, tuning=Tuning()))
    return _deployment(
        names.SERVICE_CONTROLLER,
        settings,
        containers,
        volumes=[_secret_volume(names.LOCAL_CLIENT)],
        labels=controller_labels(settings),
        annotations=controller_annotations(settings),
        tuning=settings.controller,
    )


def router_annotations(settings: Settings) -> dict[str, str]:
    """Return all annotations of router pods."""
    return {**_SCRAPED, **settings.annotations, **settings.router.pod_annotations}


def controller_annotations(settings: Settings) -> dict[str, str]:
    """Return all annotations of service-controller pods."""
    return {**settings.annotations, **settings.controller.pod_annotations}


def _deployment(
    name: str,
    settings: Settings,
    containers: list[Json],
    *,
    volumes: list[Json],
    labels: dict[str, str],
    annotations: dict[str, str],
    tuning: Tuning,
    replicas: int = 1,
) -> Json:
    body = owned(DEPLOYMENT, name, settings, labels=labels)
    pod: Json = {
        "serviceAccountName": name,
        "containers": containers,
        "volumes": volumes,
        "securityContext": {"runAsNonRoot": True},
        **_placement(tuning),
    }
    body["spec"] = {
        "replicas": replicas,
        "selector": {"matchLabels": {names.COMPONENT: labels[names.COMPONENT]}},
        "template": {"metadata": {"labels": labels, "annotations": annotations}, "spec": pod},
    }
    return body


def _container(name: str, image: Image, settings: Settings, *, tuning: Tuning) -> Json:
    security: Json = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if settings.run_as_user > 0:
        security["runAsUser"] = settings.run_as_user
    if settings.run_as_group > 0:
        security["runAsGroup"] = settings.run_as_group
    body: Json = {
        "name": name,
        "image": image.reference,
        "imagePullPolicy": image.pull_policy,
        "securityContext": security,
    }
    resources = _resources(tuning)
    return {**body, "resources": resources} if resources else body


def _resources(tuning: Tuning) -> Json:
    requests = {"cpu": tuning.cpu, "memory": tuning.memory}
    limits = {"cpu": tuning.cpu_limit or tuning.cpu, "memory": tuning.memory_limit or tuning.memory}
    both = {"requests": requests, "limits": limits}
    filled = {kind: {key: value for key, value in given.items() if value} for kind, given in both.items()}
    return {kind: given for kind, given in filled.items() if given}


def _placement(tuning: Tuning) -> Json:
    affinity: Json = {}
    if tuning.affinity:
        affinity["podAffinity"] = _preferred(tuning.affinity)
    if tuning.anti_affinity:
        affinity["podAntiAffinity"] = _preferred(tuning.anti_affinity)
    placement: Json = {"affinity": affinity} if affinity else {}
    if tuning.node_selector:
        placement["nodeSelector"] = dict(tuning.node_selector)
    return placement


def _preferred(labels: Mapping[str, str]) -> Json:
    term = {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": "kubernetes.io/hostname"}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}


def _router_environment(settings: Settings) -> list[Json]:
    mesh = [
        _env("APPLICATION_NAME", names.ROUTER),
        {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        _env("QDROUTERD_AUTO_MESH_DISCOVERY", "QUERY"),
    ]
    return [
        *([] if settings.edge else mesh),
        _env("QDROUTERD_CONF", f"/etc/skupper-router/config/{names.INTERNAL_KEY}"),
        _env("QDROUTERD_CONF_TYPE", "json"),
        _env("SKUPPER_SITE_ID", settings.site_id),
    ]


def _controller_environment(settings: Settings, router: Json) -> list[Json]:
    env = [
        _env("SKUPPER_NAMESPACE", settings.namespace),
        _env("SKUPPER_SITE_NAME", settings.name),
        _env("SKUPPER_SITE_ID", settings.site_id),
        _env("SKUPPER_SERVICE_ACCOUNT", names.ROUTER),
        _env("SKUPPER_ROUTER_MODE", settings.mode),
        _env("OWNER_NAME", router["metadata"]["name"]),
        _env("OWNER_UID", router["metadata"]["uid"]),
    ]
    return env if settings.service_sync else [*env, _env("SKUPPER_DISABLE_SERVICE_SYNC", "true")]


def _router_ports(settings: Settings) -> list[Json]:
    ports = {"amqps": names.AMQPS_PORT, "http": names.HEALTH_PORT}
    if not settings.edge:
        ports |= {role: names.PORTS[role] for role in (names.ROLE_INTER_ROUTER, names.ROLE_EDGE)}
    return [{"name": name, "containerPort": number} for name, number in ports.items()]


def _env(name: str, value: str) -> Json:
    return {"name": name, "value": value}


def _mount(name: str, path: str) -> Json:
    return {"name": name, "mountPath": path}


def _secret_volume(secret: str) -> Json:
    return {"name": secret, "secret": {"secretName": secret}}
