"""What a site-controller changes on a site that exists (``client/router_update.go``): little.

Of a changed ConfigMap only the logging levels and the pods' annotations are taken over. Versions and images are
compared when the site-controller starts, and never again.
"""

import copy
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


def update_settings(settings: Settings, around: Surroundings) -> None:
    """Take over logging levels and annotations. Raises UpdateError if the ConfigMap cannot be parsed."""
    if settings.faults:
        raise UpdateError("; ".join(settings.faults))
    _annotate(names.ROUTER, deployments.router_annotations(settings), around)
    _annotate(names.SERVICE_CONTROLLER, deployments.controller_annotations(settings), around)
    if edit_config(lambda config: config.with_logging(settings.logging), around):
        _touch(around)


def update_version(images: Images, around: Surroundings) -> None:
    """Bring an existing site to the version and the images of its site-controller.

    Raises UpdateError for a site that is newer than its controller, and for one that lacks a Deployment.
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
        _set_images(name, by_container, around)


def read_config(around: Surroundings) -> RouterConfig | None:
    """Return the router's configuration as the API server has it, None if there is none."""
    internal = around.read(CONFIG_MAP, names.INTERNAL)
    return parse_config(_text(internal)) if internal else None


def edit_config(edit: Callable[[RouterConfig], RouterConfig], around: Surroundings) -> bool:
    """Change the router's configuration; tell whether that changed anything.

    Raises UpdateError if there is no configuration, Conflict if somebody else changed it meanwhile.
    """
    internal = around.read(CONFIG_MAP, names.INTERNAL)
    if internal is None:
        raise UpdateError(f'configmaps "{names.INTERNAL}" not found')
    before = parse_config(_text(internal))
    after = edit(before)
    if after == before:
        return False
    changed = {**internal, "data": {**(internal.get("data") or {}), names.INTERNAL_KEY: dump_config(after)}}
    around.client.replace(CONFIG_MAP, changed)
    return True


def _text(internal: Json) -> str:
    return str((internal.get("data") or {}).get(names.INTERNAL_KEY) or "[]")


def _annotate(name: str, annotations: dict[str, str], around: Surroundings) -> None:
    def replace(pod: Json) -> None:
        pod["metadata"]["annotations"] = annotations

    _edit_pod(name, replace, around, required=name == names.ROUTER)


def _touch(around: Surroundings) -> None:
    """Restart the router, as ``kubectl rollout restart`` would."""
    now = datetime.fromtimestamp(around.clock.now(), UTC).isoformat()

    def mark(pod: Json) -> None:
        pod["metadata"]["annotations"] = {**(pod["metadata"].get("annotations") or {}), names.UPDATED: now}

    _edit_pod(names.ROUTER, mark, around)


def _set_images(name: str, wanted: dict[str, Image], around: Surroundings) -> None:
    def replace(pod: Json) -> None:
        for container in pod["spec"]["containers"]:
            image = wanted.get(container["name"])
            if image:
                container["image"] = image.reference

    _edit_pod(name, replace, around)


def _edit_pod(
    name: str, edit: Callable[[Json], None], around: Surroundings, *, required: bool = True
) -> None:
    known = around.read(DEPLOYMENT, name)
    if known is None:
        if required:
            raise UpdateError(f'deployments.apps "{name}" not found')
        return
    changed = copy.deepcopy(known)
    edit(changed["spec"]["template"])
    if _pod(changed) != _pod(known):
        around.client.replace(DEPLOYMENT, changed)


def _pod(deployment: Json) -> Json:
    """Return the pod template; no annotations and an empty map of them are the same."""
    template: Json = copy.deepcopy(deployment["spec"]["template"])
    template["metadata"].setdefault("annotations", {})
    template["metadata"]["annotations"] = template["metadata"]["annotations"] or {}
    return template


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
