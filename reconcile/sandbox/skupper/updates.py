"""What a site-controller changes on a site that exists (``client/router_update.go``): little.

Of a changed ConfigMap only the logging levels and the pods' annotations are taken over. Versions and images are
compared when the site-controller starts, and never again.
"""

import functools
from collections.abc import Callable
from datetime import UTC, datetime

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints import deployments
from reconcile.sandbox.skupper.images import Image, Images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.router_config import RouterConfig, dump_config, parse_config
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.surroundings import Surroundings


class UpdateError(Exception):
    """The site stays as it is."""


def update_annotations(settings: Settings, around: Surroundings) -> None:
    """Replace all annotations of the pods. Raises UpdateError if the ConfigMap cannot be parsed, or ClusterError."""
    _refuse_faults(settings)
    for name, annotations in (
        (names.ROUTER, deployments.router_annotations(settings)),
        (names.SERVICE_CONTROLLER, deployments.controller_annotations(settings)),
    ):
        _edit_pod(name, functools.partial(_annotated, annotations=annotations), around)


def update_logging(settings: Settings, around: Surroundings) -> None:
    """Take over logging levels, which restarts the router. Raises UpdateError or ClusterError as above."""
    _refuse_faults(settings)
    if edit_config(lambda config: config.with_logging(settings.logging), around):
        now = datetime.fromtimestamp(around.clock.now(), UTC).isoformat()
        _edit_pod(names.ROUTER, functools.partial(_marked, now=now), around)


def update_version(images: Images, around: Surroundings) -> None:
    """Bring an existing site to the version and the images of its site-controller.

    Raises UpdateError for a site that is newer than its controller, ClusterError for one that lacks a Deployment.
    """
    config = read_config(around)
    if config is None:
        return
    version = config.metadata["version"]
    if _parts(version) > _parts(images.version):
        raise UpdateError(f"Site ({version}) is newer than library ({images.version}); cannot update")
    wanted = {
        names.ROUTER: {"router": images.router, "config-sync": images.config_sync},
        names.SERVICE_CONTROLLER: {
            "service-controller": images.service_controller,
            "flow-collector": images.flow_collector,
            "oauth-proxy": images.oauth_proxy,
        },
    }
    edit_config(lambda known: known.with_version(images.version), around)
    for name, by_container in wanted.items():
        _edit_pod(name, functools.partial(_with_images, wanted=by_container), around)


def read_config(around: Surroundings) -> RouterConfig | None:
    """Return the router's configuration as the API server has it, None if there is none."""
    internal = around.read(CONFIG_MAP, names.INTERNAL)
    return parse_config(_text(internal)) if internal else None


def edit_config(edit: Callable[[RouterConfig], RouterConfig], around: Surroundings) -> bool:
    """Change the router's configuration; tell whether that changed anything. Raises ValueError or ClusterError."""

    def change(internal: Json) -> Json:
        before = parse_config(_text(internal))
        after = edit(before)
        text = _text(internal) if after == before else dump_config(after)
        return {**internal, "data": {**(internal.get("data") or {}), names.INTERNAL_KEY: text}}

    return around.edit(CONFIG_MAP, names.INTERNAL, change)


def _refuse_faults(settings: Settings) -> None:
    if settings.faults:
        raise UpdateError("; ".join(settings.faults))


def _text(internal: Json) -> str:
    return str((internal.get("data") or {}).get(names.INTERNAL_KEY) or "[]")


def _edit_pod(name: str, edit: Callable[[Json], Json], around: Surroundings) -> None:
    def change(deployment: Json) -> Json:
        spec = deployment["spec"]
        return {**deployment, "spec": {**spec, "template": edit(spec["template"])}}

    around.edit(DEPLOYMENT, name, change)


def _annotated(pod: Json, annotations: dict[str, str]) -> Json:
    if (pod["metadata"].get("annotations") or {}) == annotations:
        return pod
    return {**pod, "metadata": {**pod["metadata"], "annotations": annotations}}


def _marked(pod: Json, now: str) -> Json:
    """Return the pods' template with the mark that restarts them, as ``kubectl rollout restart`` has one."""
    return _annotated(pod, {**(pod["metadata"].get("annotations") or {}), names.UPDATED: now})


def _with_images(pod: Json, wanted: dict[str, Image]) -> Json:
    containers = [
        {**container, "image": wanted[container["name"]].reference}
        if container["name"] in wanted
        else container
        for container in pod["spec"]["containers"]
    ]
    return {**pod, "spec": {**pod["spec"], "containers": containers}}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
