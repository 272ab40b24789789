"""What a site-controller changes on an existing site (``client/router_update.go``): little.

Of a changed ConfigMap only the logging levels and the pods' annotations take effect. Versions and images are compared
when the site-controller starts, and never again.
"""

import functools
from collections.abc import Callable, Mapping

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.images import Images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.router_config import RouterConfig, dump_config, parse_config
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings

_CONFLICT = 0.5
"""Probability that a Deployment changes between two writes of one event."""


def update_logging_and_annotations(settings: Settings, around: Surroundings) -> None:
    """Apply the logging levels, and replace all annotations of the pods. Raises ClusterError.

    New levels mark the router's pods for a restart, and replacing the annotations takes the mark off again: the router
    goes on with the old levels, unless the second write meets a conflict. Which one it is is a race.
    """
    changed = edit_config(lambda config: config.with_logging(settings.logging), around)
    if changed and logging_restarts(settings, around):
        restart_router(around)
    else:
        _annotate(names.ROUTER, settings.router_annotations, around)
    _annotate(names.SERVICE_CONTROLLER, settings.controller_annotations, around)


def logging_restarts(settings: Settings, around: Surroundings) -> bool:
    """Return whether the restart for new logging levels comes about."""
    return around.timing.chance("logging", around.cluster, around.namespace, settings.logging) < _CONFLICT


def restart_router(around: Surroundings) -> None:
    """Restart the router's pods. Raises ClusterError.

    The mark is finer than seconds: at a fast pace there may be two restarts in one second, and each has to happen.
    """
    now = f"{around.clock.now():.6f}"
    _edit_pod(names.ROUTER, functools.partial(_marked, now=now), around)


def update_version(images: Images, around: Surroundings) -> None:
    """Bring an existing site to the version and the images of its site-controller.

    Raises SkupperError for a site that is newer than its controller, ClusterError for one that lacks a Deployment.
    """
    internal = around.read(CONFIG_MAP, names.INTERNAL)
    if internal is None:
        return
    version = parse_config(_text(internal)).metadata["version"]
    if _parts(version) > _parts(images.version):
        raise SkupperError(f"Site ({version}) is newer than library ({images.version}); cannot update")
    edit_config(lambda config: config.with_version(images.version), around)
    for name, wanted in (
        (names.ROUTER, {"router": images.router, "config-sync": images.config_sync}),
        (names.SERVICE_CONTROLLER, {"service-controller": images.service_controller}),
    ):
        _edit_pod(name, functools.partial(_with_images, wanted=wanted), around)


def read_config(around: Surroundings) -> RouterConfig:
    """Return the router's configuration as the watches brought it, empty if there is none. Raises ValueError."""
    internal = around.cached(CONFIG_MAP, names.INTERNAL)
    return parse_config(_text(internal or {}))


def edit_config(edit: Callable[[RouterConfig], RouterConfig], around: Surroundings) -> bool:
    """Change the router's configuration; return whether that changed anything. Raises ValueError or ClusterError."""

    def change(internal: Json) -> Json:
        before = parse_config(_text(internal))
        after = edit(before)
        text = _text(internal) if after == before else dump_config(after)
        return {**internal, "data": {**(internal.get("data") or {}), names.INTERNAL_KEY: text}}

    return around.edit(CONFIG_MAP, names.INTERNAL, change)


def _text(internal: Json) -> str:
    return str((internal.get("data") or {}).get(names.INTERNAL_KEY) or "[]")


def _annotate(name: str, annotations: Mapping[str, str], around: Surroundings) -> None:
    _edit_pod(name, functools.partial(_annotated, annotations=annotations), around)


def _edit_pod(name: str, edit: Callable[[Json], Json], around: Surroundings) -> None:
    def change(deployment: Json) -> Json:
        spec = deployment["spec"]
        return {**deployment, "spec": {**spec, "template": edit(spec["template"])}}

    around.edit(DEPLOYMENT, name, change)


def _annotated(pod: Json, annotations: Mapping[str, str]) -> Json:
    if (pod["metadata"].get("annotations") or {}) == annotations:
        return pod
    return {**pod, "metadata": {**pod["metadata"], "annotations": dict(annotations)}}


def _marked(pod: Json, now: str) -> Json:
    """Return the pods' template with the mark that restarts them, as ``kubectl rollout restart`` sets one."""
    return _annotated(pod, {**(pod["metadata"].get("annotations") or {}), names.UPDATED: now})


def _with_images(pod: Json, wanted: Mapping[str, str]) -> Json:
    containers = [
        {**each, "image": wanted[each["name"]]} if each["name"] in wanted else each
        for each in pod["spec"]["containers"]
    ]
    return {**pod, "spec": {**pod["spec"], "containers": containers}}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
