"""The objects that a site consists of, as plain data (``client/router_create.go``).

They have the fields that somebody reads: owners, labels, selectors, images, volumes, probes, rights, addresses. Ports
of containers are left out.
"""

import json
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
_INSECURE = {names.ROLE_INTER_ROUTER: "None", names.ROLE_EDGE: "None", names.ROLE_CLAIMS: "Redirect"}
"""What a Route does with connections without TLS, by role."""
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
    kind = "Opaque" if name == names.SERVICE_CLIENT else "kubernetes.io/tls"
    return _owned(SECRET, name, settings, type=kind, data=dict(data))


def sasl_config(settings: Settings) -> Json:
    """Return the ConfigMap for the console's users, which a site has with or without a console."""
    lines = ("pwcheck_method: auxprop", "auxprop_plugin: sasldb", "sasldb_path: /tmp/skrouterd.sasldb", "")
    return config_map(names.SASL_CONFIG, settings, {"skrouterd.conf": "\n".join(lines)})


def connect_json(settings: Settings) -> str:
    """Return how the service-controller connects to the router."""
    folder = "/etc/messaging"
    files = {"ca": f"{folder}/ca.crt", "cert": f"{folder}/tls.crt", "key": f"{folder}/tls.key"}
    host = f"{names.ROUTER_LOCAL}.{settings.namespace}.svc.cluster.local"
    way = {"scheme": "amqps", "host": host, "port": str(names.AMQPS_PORT), "tls": {**files, "verify": True}}
    return json.dumps(way, indent=4)


def router_deployment(settings: Settings, images: Images) -> Json:
    """Return the Deployment ``skupper-router``: the router, and config-sync beside it."""
    volumes = {names.LOCAL_SERVER: names.LOCAL_SERVER}
    if not settings.edge:
        volumes |= {names.SITE_SERVER: names.SITE_SERVER, "claims-cert": names.SITE_SERVER}
    site_id = {"name": "SKUPPER_SITE_ID", "value": settings.site_id}
    ready, synced = _probe(names.HEALTH_PORT), _probe(names.CONFIG_SYNC_PORT)
    containers = [
        _container("router", images.router, [site_id], readinessProbe=ready),
        _container("config-sync", images.config_sync, [site_id], readinessProbe=synced),
    ]
    annotations, labels = settings.router_annotations, _pod_labels(names.ROUTER, "router", settings)
    deployment = _deployment(names.ROUTER, settings, labels, annotations, containers, volumes)
    template = deployment["spec"]["template"]["metadata"]
    template["labels"] = _router_selector(settings)
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
    kinds = ("startupProbe", "readinessProbe", "livenessProbe")
    probes = {kind: _probe(names.CONTROLLER_PORT) for kind in kinds}
    containers = [_container("service-controller", images.service_controller, variables, **probes)]
    labels = _pod_labels(names.SERVICE_CONTROLLER, "service-controller", settings)
    annotations, volumes = settings.controller_annotations, {names.LOCAL_CLIENT: names.LOCAL_CLIENT}
    return _deployment(names.SERVICE_CONTROLLER, settings, labels, annotations, containers, volumes)


def _container(name: str, image: str, env: list[Json], **probes: Json) -> Json:
    """Return a container as a site-controller makes it on Kubernetes 1.24 and later."""
    security = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {"name": name, "image": image, "env": env, "securityContext": security, **probes}


def _probe(port: int) -> Json:
    return {"httpGet": {"path": "/healthz", "port": port}, "initialDelaySeconds": 1}


def _deployment(
    name: str,
    settings: Settings,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    containers: list[Json],
    volumes: Mapping[str, str],
) -> Json:
    """Return a Deployment; ``volumes`` are names of volumes and of the Secrets in them."""
    pod = {
        "serviceAccountName": name,
        "securityContext": {"runAsNonRoot": True},
        "containers": containers,
        "volumes": [{"name": each, "secret": {"secretName": secret}} for each, secret in volumes.items()],
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


def _router_selector(settings: Settings) -> dict[str, str]:
    """Return the labels of router pods, by which Services select them."""
    return {"application": names.ROUTER, **_pod_labels(names.ROUTER, "router", settings)}


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
    selector = _router_selector(settings)
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
                "tls": {"termination": "passthrough", "insecureEdgeTerminationPolicy": _INSECURE[role]},
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
    rules = [_rule(ROUTE.group, ["routes"], _READ)] if openshift else []
    rules.append(_rule("networking.k8s.io", ["ingresses"], _READ))
    if openshift and settings.ingress == "route" and settings.ingress_host:
        rules.append(_rule(ROUTE.group, ["routes/custom-host"], _READ))
    return rules


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> Json:
    return {"verbs": list(verbs), "apiGroups": [group], "resources": list(resources)}


def _rights(name: str, settings: Settings, rules: list[Json]) -> list[tuple[Kind, Json]]:
    """Return a ServiceAccount, its Role and the binding between them."""
    subject = {"kind": "ServiceAccount", "name": name}
    reference = {"apiGroup": ROLE.group, "kind": "Role", "name": name}
    return [
        (SERVICE_ACCOUNT, _owned(SERVICE_ACCOUNT, name, settings)),
        (ROLE, _owned(ROLE, name, settings, rules=rules)),
        (ROLE_BINDING, _owned(ROLE_BINDING, name, settings, subjects=[subject], roleRef=reference)),
    ]
