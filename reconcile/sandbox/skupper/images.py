"""Which images a site-controller runs: its own tag is the Skupper version, environment variables say the rest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reconcile.sandbox.skupper.names import Json

_ROUTER_VERSIONS = {
    "1.0": "2.0.1",
    "1.2": "2.2.0",
    "1.4": "2.4.1",
    "1.5": "2.5.0",
    "1.8": "2.7.3",
    "1.9": "2.7.6",
}
_REGISTRY = "quay.io/skupper"


@dataclass(frozen=True, slots=True)
class Image:
    """An image and when it is pulled."""

    reference: str
    pull_policy: str = "Always"


@dataclass(frozen=True, slots=True)
class Images:
    """The images of every component of a site."""

    version: str
    """The Skupper version, the tag of the site-controller."""
    router: Image
    service_controller: Image
    config_sync: Image
    flow_collector: Image
    prometheus: Image
    oauth_proxy: Image


def read_images(deployment: Json) -> Images:
    """Read the images out of a Deployment ``skupper-site-controller``."""
    container = controller_container(deployment)
    version = tag_of(container.get("image", ""))
    env = environment(deployment)
    registry = env.get("SKUPPER_IMAGE_REGISTRY") or _REGISTRY
    prometheus = env.get("PROMETHEUS_IMAGE_REGISTRY") or "quay.io/prometheus"
    oauth = env.get("OAUTH_PROXY_IMAGE_REGISTRY") or "quay.io/openshift"
    return Images(
        version=version,
        router=_image(env, "QDROUTERD", f"{registry}/skupper-router:{_router_version(version)}"),
        service_controller=_image(
            env, "SKUPPER_SERVICE_CONTROLLER", f"{registry}/service-controller:{version}"
        ),
        config_sync=_image(env, "SKUPPER_CONFIG_SYNC", f"{registry}/config-sync:{version}"),
        flow_collector=_image(env, "SKUPPER_FLOW_COLLECTOR", f"{registry}/flow-collector:{version}"),
        prometheus=_image(env, "PROMETHEUS_SERVER", f"{prometheus}/prometheus:v2.55.1"),
        oauth_proxy=_image(env, "OAUTH_PROXY", f"{oauth}/origin-oauth-proxy:4.18.0"),
    )


def controller_container(deployment: Json) -> Json:
    """Return the container of a Deployment's pods that does the work, the first one."""
    containers: list[Json] = deployment["spec"]["template"]["spec"].get("containers") or [{}]
    return containers[0]


def environment(deployment: Json) -> dict[str, str]:
    """Return the environment of that container; a reference to the pod's namespace is resolved."""
    return {
        entry["name"]: _value(entry, deployment["metadata"]["namespace"])
        for entry in controller_container(deployment).get("env") or ()
    }


def tag_of(reference: str) -> str:
    """Return the tag of an image reference, ``latest`` if it has none."""
    found = re.search(r":([\w][\w.-]*)(@|$)", reference)
    return found.group(1) if found else "latest"


def _value(entry: Json, namespace: str) -> str:
    path = ((entry.get("valueFrom") or {}).get("fieldRef") or {}).get("fieldPath")
    return namespace if path == "metadata.namespace" else str(entry.get("value") or "")


def _image(env: Mapping[str, str], prefix: str, default: str) -> Image:
    return Image(env.get(f"{prefix}_IMAGE") or default, env.get(f"{prefix}_IMAGE_PULL_POLICY") or "Always")


def _router_version(version: str) -> str:
    return _ROUTER_VERSIONS.get(".".join(version.split(".")[:2]), "2.7.6")
