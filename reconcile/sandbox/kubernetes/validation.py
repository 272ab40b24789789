"""Rules that an object must keep before it is stored, as far as objects of this project can break them.

Every fault is a 422 with one cause; all faults of an object are reported at once.
"""

from collections.abc import Iterator
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import names
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, Resource
from reconcile.sandbox.kubernetes.errors import ApiError, Cause, Object, invalid

_SET_IMMUTABLE = "field is immutable when `immutable` is set"
_STANDARD_FINALIZERS = frozenset({"orphan", "foregroundDeletion", "kubernetes"})
_MAX_DATA = 1024 * 1024
_MAX_ANNOTATIONS = 256 * 1024
_CONFIG_KEY_TEXT = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"


def missing_resource_version(resource: Resource, name: str) -> ApiError:
    """422 of a replace of a custom resource that does not say which version it replaces."""
    return invalid(
        resource.kind, name, [_invalid("metadata.resourceVersion", "0x0", "must be specified for an update")]
    )


def check(resource: Resource, new: Object, old: Object | None = None) -> None:
    """Refuse objects that break a rule of their kind; with ``old``, also changes of what may not change.

    Raises:
        ApiError: 422.
    """
    causes = [*_metadata_causes(resource, new), *_kind_causes(resource, new)]
    if old is not None:
        causes += _immutability_causes(resource, new, old)
    if causes:
        raise invalid(resource.kind, new["metadata"].get("name", ""), causes)


def _invalid(field: str, value: Any, why: str) -> Cause:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return Cause("FieldValueInvalid", f"Invalid value: {shown}: {why}", field)


def _metadata_causes(resource: Resource, obj: Object) -> Iterator[Cause]:
    metadata = obj["metadata"]
    name = metadata.get("name", "")
    if not name:
        yield Cause("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")
    elif problem := resource.check_name(name):
        yield _invalid("metadata.name", name, problem)
    for key, value in (metadata.get("labels") or {}).items():
        if problem := names.label_key_problem(key):
            yield _invalid("metadata.labels", key, problem)
        if problem := names.label_value_problem(value or ""):
            yield _invalid("metadata.labels", value, problem)
    yield from _annotation_causes(metadata.get("annotations") or {})
    yield from _owner_causes(metadata)
    for index, finalizer in enumerate(metadata.get("finalizers") or ()):
        if problem := names.label_key_problem(finalizer):
            yield _invalid("metadata.finalizers", finalizer, problem)
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            yield _invalid(f"metadata.finalizers[{index}]", finalizer, why)


def _annotation_causes(annotations: Object) -> Iterator[Cause]:
    for key in annotations:
        if problem := names.label_key_problem(key.lower()):
            yield _invalid("metadata.annotations", key, problem)
    if sum(len(key) + len(value or "") for key, value in annotations.items()) > _MAX_ANNOTATIONS:
        why = f"Too long: must have at most {_MAX_ANNOTATIONS} bytes"
        yield Cause("FieldValueTooLong", why, "metadata.annotations")


def _owner_causes(metadata: Object) -> Iterator[Cause]:
    controllers = []
    for owner in metadata.get("ownerReferences") or ():
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield _invalid(f"metadata.ownerReferences.{field}", "", "must not be empty")
        if owner.get("controller"):
            controllers.append(owner.get("name"))
    if len(controllers) > 1:
        yield _invalid("metadata.ownerReferences", "", f"more than one controller: {controllers}")


def _kind_causes(resource: Resource, obj: Object) -> Iterator[Cause]:
    if resource.kind in {kinds.CONFIG_MAP, kinds.SECRET}:
        yield from _data_causes(obj)
        if obj.get("type") == "kubernetes.io/tls":
            missing = (key for key in ("tls.crt", "tls.key") if key not in (obj.get("data") or {}))
            yield from (Cause("FieldValueRequired", "Required value", f"data[{key}]") for key in missing)
    elif resource.kind == kinds.DEPLOYMENT:
        yield from _deployment_causes(obj.get("spec") or {})
    elif resource.kind == kinds.SERVICE:
        yield from _service_causes(obj.get("spec") or {})
    elif resource.kind in {kinds.ROLE, CLUSTER_ROLE}:
        for index, rule in enumerate(obj.get("rules") or ()):
            if not rule.get("verbs"):
                text = "Required value: verbs must contain at least one value"
                yield Cause("FieldValueRequired", text, f"rules[{index}].verbs")


def _data_causes(obj: Object) -> Iterator[Cause]:
    size = 0
    for key, value in (obj.get("data") or {}).items():
        size += len(value or "")
        if (
            not key
            or len(key) > 253
            or not all((sign.isalnum() and sign.isascii()) or sign in "-._" for sign in key)
        ):
            yield _invalid(f"data[{key}]", key, _CONFIG_KEY_TEXT)
    if size > _MAX_DATA * (4 / 3 if obj.get("kind") == "Secret" else 1):
        yield Cause("FieldValueTooLong", f"Too long: must have at most {_MAX_DATA} bytes", "data")


def _deployment_causes(spec: Object) -> Iterator[Cause]:
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    selector = spec.get("selector")
    if not selector:
        yield Cause("FieldValueRequired", "Required value", "spec.selector")
    if not selector or not (selector.get("matchLabels") or {}).items() <= labels.items():
        why = "`selector` does not match template `labels`"
        yield Cause("FieldValueInvalid", f"Invalid value: {labels}: {why}", "spec.template.metadata.labels")
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate") is not None:
        why = "may not be specified when strategy `type` is 'Recreate'"
        yield _forbidden("spec.strategy.rollingUpdate", why)
    containers = (template.get("spec") or {}).get("containers") or []
    if not containers:
        yield Cause("FieldValueRequired", "Required value", "spec.template.spec.containers")
    for index, container in enumerate(containers):
        yield from _container_causes(container, f"spec.template.spec.containers[{index}]")


def _container_causes(container: Object, path: str) -> Iterator[Cause]:
    if not container.get("name"):
        yield Cause("FieldValueRequired", "Required value", f"{path}.name")
    elif problem := names.label_problem(container["name"]):
        yield _invalid(f"{path}.name", container["name"], problem)
    if not container.get("image"):
        yield Cause("FieldValueRequired", "Required value", f"{path}.image")
    for place, variable in enumerate(container.get("env") or ()):
        if variable.get("value") and variable.get("valueFrom"):
            why = "may not be specified when `value` is not empty"
            yield _invalid(f"{path}.env[{place}].valueFrom", "", why)


def _service_causes(spec: Object) -> Iterator[Cause]:
    ports = spec.get("ports") or []
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and spec.get("type") != "ExternalName":
        yield Cause("FieldValueRequired", "Required value", "spec.ports")
    for index, port in enumerate(ports):
        for field in ("port", "targetPort"):
            number = port.get(field, 0)
            if isinstance(number, int) and not 0 < number < 65536:
                yield _invalid(
                    f"spec.ports[{index}].{field}", number, "must be between 1 and 65535, inclusive"
                )
        if len(ports) > 1 and not port.get("name"):
            yield Cause("FieldValueRequired", "Required value", f"spec.ports[{index}].name")


def _service_status_causes(service: Object) -> Iterator[Cause]:
    addresses = (service["status"].get("loadBalancer") or {}).get("ingress")
    if addresses and service["spec"].get("type") != "LoadBalancer":
        why = "may only be used when `spec.type` is 'LoadBalancer'"
        yield _forbidden("status.loadBalancer.ingress", why)


def _immutability_causes(resource: Resource, new: Object, old: Object) -> Iterator[Cause]:
    text = "field is immutable"
    yield from _metadata_immutability(new["metadata"], old["metadata"])
    if resource.kind == kinds.SECRET and new.get("type") != old.get("type"):
        yield _invalid("type", new.get("type", ""), text)
    if old.get("immutable"):
        if not new.get("immutable"):
            yield _forbidden("immutable", _SET_IMMUTABLE)
        if new.get("data") != old.get("data"):
            yield _forbidden("data", _SET_IMMUTABLE)
    if resource.kind == kinds.DEPLOYMENT and new["spec"].get("selector") != old["spec"].get("selector"):
        yield _invalid("spec.selector", new["spec"].get("selector"), text)
    if resource.kind in {kinds.ROLE_BINDING, CLUSTER_ROLE_BINDING} and new.get("roleRef") != old.get(
        "roleRef"
    ):
        yield _invalid("roleRef", new.get("roleRef"), "cannot change roleRef")
    if resource.kind == kinds.SERVICE:
        yield from _service_immutability(new["spec"], old["spec"])
        if new.get("status") != old.get("status"):
            yield from _service_status_causes(new)


def _metadata_immutability(new: Object, old: Object) -> Iterator[Cause]:
    if not old.get("deletionTimestamp"):
        return
    added = [name for name in new.get("finalizers") or () if name not in (old.get("finalizers") or ())]
    if added:
        why = f"no new finalizers can be added if the object is being deleted: {', '.join(added)}"
        yield from [_forbidden("metadata.finalizers", why)] * 2


def other_uid(resource: Resource, name: str, uid: str) -> ApiError:
    """422 of a patch that changes the UID."""
    return invalid(resource.kind, name, [_invalid("metadata.uid", uid, "field is immutable")] * 2)


def _forbidden(field: str, why: str) -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def _service_immutability(new: Object, old: Object) -> Iterator[Cause]:
    if (
        old.get("clusterIP")
        and new.get("clusterIP") != old["clusterIP"]
        and new.get("type") != "ExternalName"
    ):
        yield _invalid("spec.clusterIPs[0]", [new.get("clusterIP", "")], "may not change once set")
