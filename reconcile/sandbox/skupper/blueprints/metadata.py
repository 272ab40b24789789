"""What all objects of a site share: the labels of its ConfigMap, and the ConfigMap as their owner."""

from collections.abc import Mapping

from reconcile.kinds import Kind
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings


def owned(
    kind: Kind,
    name: str,
    settings: Settings,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Json:
    """Return the head of an object that goes when the site's ConfigMap goes."""
    site = {"apiVersion": "v1", "kind": "ConfigMap", "name": names.SITE, "uid": settings.site_id}
    return head(
        kind,
        name,
        settings.namespace,
        owner=site,
        labels={**(labels or {}), **settings.labels},
        annotations=annotations,
    )


def head(
    kind: Kind,
    name: str,
    namespace: str,
    *,
    owner: Json | None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Json:
    """Return the head of any object; empty parts are left out."""
    metadata: Json = {"name": name, "namespace": namespace}
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    if owner:
        metadata["ownerReferences"] = [owner]
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def owner_of(kind: Kind, owner: Json) -> Json:
    """Return the reference that makes ``owner`` an owner."""
    metadata = owner["metadata"]
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def router_labels(settings: Settings) -> dict[str, str]:
    """Return the labels of router pods, which their Services select: the site's own labels are among them."""
    return {
        "app.kubernetes.io/part-of": "skupper",
        "app.kubernetes.io/name": names.ROUTER,
        "application": names.ROUTER,
        names.COMPONENT: "router",
        **settings.labels,
    }


def controller_labels(settings: Settings) -> dict[str, str]:
    """Return the labels of service-controller pods."""
    return {
        "app.kubernetes.io/part-of": "skupper",
        "app.kubernetes.io/name": names.SERVICE_CONTROLLER,
        names.COMPONENT: "service-controller",
        **settings.labels,
    }


def prometheus_labels(settings: Settings) -> dict[str, str]:
    """Return the labels of Prometheus pods."""
    return {
        "app.kubernetes.io/part-of": "skupper",
        "app.kubernetes.io/name": names.PROMETHEUS,
        names.COMPONENT: "prometheus",
        **settings.labels,
    }
