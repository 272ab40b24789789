"""The objects that a site consists of, as plain data (``client/router_create.go``).

They have the fields that somebody reads: owners, labels, selectors, images, volumes, rights, addresses. Ports, probes
and security contexts of containers are left out.
"""

from collections.abc import Mapping, Sequence

from reconcile.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    ROLE,
    ROLE_BINDING,
    ROUTE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    Kind,
)
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.images import Images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.tuning import tune

_SERVICE_TYPES = {"loadbalancer": "LoadBalancer", "nodeport": "NodePort"}
_READ = ("get", "list", "watch")
_WRITE = (*_READ, "create", "update", "delete")


def head(
    kind: Kind, name: str, namespace: str, *, owner: Json, labels: Mapping[str, str] | None = None
) -> Json:
    """Return the head of an object that is deleted with its owner."""
    metadata: Json = {"name": name, "namespace": namespace, "ownerReferences": [owner]}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def owner_of(kind: Kind, owner: Json) -> Json:
    """Return the reference that makes ``owner`` an owner."""
    metadata = owner["metadata"]
    head = {"apiVersion": kind.api_version, "kind": kind.name}
    return {**head, "name": metadata["name"], "uid": metadata["uid"]}


def _owned(kind: Kind, name: str, settings: Settings, **parts: object) -> Json:
    """Return an object that is deleted with the site's ConfigMap and has the labels that it hands on."""
    site = {"apiVersion": "v1", "kind": "ConfigMap", "name": names.SITE, "uid": settings.site_id}
    return {**head(kind, name, settings.namespace, owner=site, labels=settings.labels), **parts}


def config_map(name: str, settings: Settings, data: Mapping[str, str] | None = None) -> Json:
    """Return a ConfigMap of the site."""
    return _owned(CONFIG_MAP, name, settings, **({"data": dict(data)} if data else {}))


def secret(name: str, settings: Settings, data: Mapping[str, str]) -> Json:
    """Return a Secret of the site; ``data`` is base64 already."""
    return _owned(SECRET, name, settings, type="Opaque", data=dict(data))


def router_deployment(settings: Settings, images: Images) -> Json:
    """Return the Deployment ``skupper-router``: the router, and config-sync beside it."""
    secrets = (names.LOCAL_SERVER,) if settings.edge else (names.LOCAL_SERVER, names.SITE_SERVER)
    site_id = {"name": "SKUPPER_SITE_ID", "value": settings.site_id}
    containers = [
        {"name": "router", "image": images.router, "env": [site_id]},
        {"name": "config-sync", "image": images.config_sync, "env": [site_id]},
    ]
    annotations, labels = settings.router_annotations, _pod_labels(names.ROUTER, "router", settings)
    deployment = _deployment(names.ROUTER, settings, labels, annotations, containers, secrets)
    deployment["spec"]["replicas"] = settings.routers
    return deployment


def controller_deployment(settings: Settings, images: Images, router: Json) -> Json:
    """Return the Deployment ``skupper-service-controller``; ``router`` becomes the owner of what it creates."""
    env = {
        "SKUPPER_NAMESPACE": settings.namespace,
        "SKUPPER_SITE_NAME": settings.name,
        "SKUPPER_SITE_ID": settings.site_id,
        "OWNER_NAME": router["metadata"]["name"],
        "OWNER_UID": router["metadata"]["uid"],
    }
    variables = [{"name": name, "value": value} for name, value in env.items()]
    containers = [{"name": "service-controller", "image": images.service_controller, "env": variables}]
    labels = _pod_labels(names.SERVICE_CONTROLLER, "service-controller", settings)
    annotations, secrets = settings.controller_annotations, (names.LOCAL_CLIENT,)
    return _deployment(names.SERVICE_CONTROLLER, settings, labels, annotations, containers, secrets)


def _deployment(
    name: str,
    settings: Settings,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    containers: list[Json],
    secrets: Sequence[str],
) -> Json:
    pod = {
        "serviceAccountName": name,
        "containers": containers,
        "volumes": [{"name": secret, "secret": {"secretName": secret}} for secret in secrets],
    }
    body = _owned(
        DEPLOYMENT,
        name,
        settings,
        spec={
            "replicas": 1,
            "selector": {"matchLabels": {names.COMPONENT: labels[names.COMPONENT]}},
            "template": {"metadata": {"labels": dict(labels), "annotations": dict(annotations)}, "spec": pod},
        },
    )
    body["metadata"]["labels"] = dict(labels)
    return tune(body, settings.data)


def _pod_labels(name: str, component: str, settings: Settings) -> dict[str, str]:
    """Return the labels of pods, which Services select: the site's own labels are among them."""
    return {
        "app.kubernetes.io/part-of": "skupper",
        "app.kubernetes.io/name": name,
        names.COMPONENT: component,
        **settings.labels,
    }


def local_service(settings: Settings) -> Json:
    """Return the Service that the site's own components use."""
    return _service(names.ROUTER_LOCAL, settings, {"amqps": names.AMQPS_PORT}, "ClusterIP")


def router_service(settings: Settings) -> Json:
    """Return the Service through which other sites reach the router; edge sites have none."""
    return _service(names.ROUTER, settings, names.PORTS, _SERVICE_TYPES.get(settings.ingress, "ClusterIP"))


def _service(name: str, settings: Settings, ports: Mapping[str, int], service_type: str) -> Json:
    listed = [
        {"name": port, "protocol": "TCP", "port": number, "targetPort": number}
        for port, number in ports.items()
    ]
    selector = _pod_labels(names.ROUTER, "router", settings)
    return _owned(SERVICE, name, settings, spec={"selector": selector, "ports": listed, "type": service_type})


def router_routes(settings: Settings) -> list[Json]:
    """Return the Routes of an interior site with ingress ``route``."""
    domain = settings.ingress_host
    return [
        _owned(
            ROUTE,
            name,
            settings,
            spec={
                "port": {"targetPort": role},
                "to": {"kind": "Service", "name": names.ROUTER},
                "tls": {"termination": "passthrough", "insecureEdgeTerminationPolicy": "None"},
                **({"host": f"{name}-{settings.namespace}.{domain}"} if domain else {}),
            },
        )
        for role, name in names.ROUTES.items()
    ]


def router_rights(settings: Settings, *, openshift: bool) -> list[tuple[Kind, Json]]:
    """Return account, Role and binding of the router and its config-sync."""
    rules = [
        _rule("", ["secrets", "pods"], _READ),
        _rule("", ["configmaps"], _WRITE),
        _rule("", ["secrets"], ["update", "delete"]),
        _rule("", ["services"], _READ),
        _rule("apps", ["deployments"], ["get"]),
        *_outward_rules(settings, openshift=openshift),
    ]
    return _rights(names.ROUTER, settings, rules)


def controller_rights(settings: Settings, *, openshift: bool) -> list[tuple[Kind, Json]]:
    """Return account, Role and binding of the service-controller."""
    rules = [
        _rule("", ["services", "configmaps", "pods", "secrets"], _WRITE),
        _rule("apps", ["deployments", "statefulsets"], _WRITE),
        _rule("apps", ["daemonsets"], _READ),
        *_outward_rules(settings, openshift=openshift),
        *([_rule("apps.openshift.io", ["deploymentconfigs"], _READ)] if openshift else []),
    ]
    return _rights(names.SERVICE_CONTROLLER, settings, rules)


def _outward_rules(settings: Settings, *, openshift: bool) -> list[Json]:
    rules = [_rule("networking.k8s.io", ["ingresses"], _READ)]
    if openshift:
        rules.append(_rule(ROUTE.group, ["routes"], _READ))
    if openshift and settings.ingress == "route" and settings.ingress_host:
        rules.append(_rule(ROUTE.group, ["routes/custom-host"], _READ))
    return rules


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> Json:
    return {"verbs": list(verbs), "apiGroups": [group], "resources": list(resources)}


def _rights(name: str, settings: Settings, rules: list[Json]) -> list[tuple[Kind, Json]]:
    """Return a ServiceAccount, its Role and the binding between them."""
    subject = {"kind": "ServiceAccount", "name": name, "namespace": settings.namespace}
    reference = {"apiGroup": ROLE.group, "kind": "Role", "name": name}
    return [
        (SERVICE_ACCOUNT, _owned(SERVICE_ACCOUNT, name, settings)),
        (ROLE, _owned(ROLE, name, settings, rules=rules)),
        (ROLE_BINDING, _owned(ROLE_BINDING, name, settings, subjects=[subject], roleRef=reference)),
    ]
