"""Which images a site-controller runs: its own tag is the Skupper version, environment variables say the rest."""

import re
from dataclasses import dataclass

from reconcile.sandbox.skupper.names import Json

_ROUTER_VERSIONS = {"1.4": "2.4.1", "1.5": "2.5.0", "1.8": "2.7.3", "1.9": "2.7.6"}
_REGISTRY = "quay.io/skupper"


@dataclass(frozen=True, slots=True)
class Images:
    """The images of every component of a site."""

    version: str
    """The Skupper version, the tag of the site-controller."""
    router: str
    service_controller: str
    config_sync: str


def read_images(deployment: Json) -> Images:
    """Read the images from a Deployment ``skupper-site-controller``."""
    version = tag_of(controller_container(deployment).get("image", ""))
    router = _ROUTER_VERSIONS.get(".".join(version.split(".")[:2]), "2.7.6")
    env = environment(deployment)
    registry = env.get("SKUPPER_IMAGE_REGISTRY") or _REGISTRY
    return Images(
        version=version,
        router=env.get("QDROUTERD_IMAGE") or f"{registry}/skupper-router:{router}",
        service_controller=env.get("SKUPPER_SERVICE_CONTROLLER_IMAGE")
        or f"{registry}/service-controller:{version}",
        config_sync=env.get("SKUPPER_CONFIG_SYNC_IMAGE") or f"{registry}/config-sync:{version}",
    )


def controller_container(deployment: Json) -> Json:
    """Return the first container of a Deployment's pods."""
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
