"""The Prometheus that a site with a flow collector runs, unless it was given one from outside."""

from collections.abc import Iterator

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE, Kind
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints import contents, rbac
from reconcile.sandbox.skupper.blueprints.metadata import owned, prometheus_labels
from reconcile.sandbox.skupper.images import Images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings

_PORT = 9090
_CONFIG = "global:\n  scrape_interval: 15s\nscrape_configs:\n  - job_name: skupper\n"


def prometheus(settings: Settings, images: Images) -> Iterator[tuple[Kind, Json]]:
    """Yield kind and body of everything that belongs to it, in order of creation."""
    yield from rbac.prometheus_rights(settings)
    yield CONFIG_MAP, contents.config_map(names.PROMETHEUS_CONFIG, settings, {"prometheus.yml": _CONFIG})
    yield DEPLOYMENT, _deployment(settings, images)
    service = owned(SERVICE, names.PROMETHEUS, settings)
    ports = [{"name": "prometheus", "protocol": "TCP", "port": _PORT, "targetPort": _PORT}]
    yield (
        SERVICE,
        {**service, "spec": {"selector": prometheus_labels(settings), "ports": ports, "type": "ClusterIP"}},
    )


def _deployment(settings: Settings, images: Images) -> Json:
    labels = prometheus_labels(settings)
    container = {
        "name": "prometheus-server",
        "image": images.prometheus.reference,
        "imagePullPolicy": images.prometheus.pull_policy,
        "args": ["--config.file=/etc/prometheus/prometheus.yml"],
        "ports": [{"name": "prometheus", "containerPort": _PORT}],
        "volumeMounts": [{"name": "prometheus-config", "mountPath": "/etc/prometheus/"}],
    }
    volume = {"name": "prometheus-config", "configMap": {"name": names.PROMETHEUS_CONFIG}}
    annotations = {**settings.annotations, **settings.prometheus.pod_annotations}
    body = owned(DEPLOYMENT, names.PROMETHEUS, settings, labels=labels)
    body["spec"] = {
        "replicas": 1,
        "selector": {"matchLabels": {names.COMPONENT: labels[names.COMPONENT]}},
        "template": {
            "metadata": {"labels": labels, "annotations": annotations},
            "spec": {"serviceAccountName": names.PROMETHEUS, "containers": [container], "volumes": [volume]},
        },
    }
    return body
