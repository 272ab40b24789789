"""Rules that an object must keep before it is stored, as far as objects of this project can break them.

Faults of the request itself (wrong type, broken base64) are 400s, as the decoder of a kube-apiserver reports them;
faults of the object are 422s with one cause each.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import names
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import ApiError, Cause, Object, bad_request, invalid

_MAX_DATA = 1024 * 1024
_MAX_ANNOTATIONS = 256 * 1024
_CONFIG_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def check_types(resource: Resource, obj: Mapping[str, Any]) -> None:
    """Refuse objects that a typed decoder could not read.

    Raises:
        ApiError: 400.
    """
    metadata = obj.get("metadata", {})
    if not isinstance(metadata, dict):
        raise _undecodable(
            resource, "json: cannot unmarshal into Go struct field .metadata of type v1.ObjectMeta"
        )
    for field in ("labels", "annotations"):
        _check_strings(resource, metadata.get(field), f"metadata.{field}")
    if resource.kind in {kinds.CONFIG_MAP, kinds.SECRET}:
        _check_strings(resource, obj.get("data"), "data")
    if resource.kind == kinds.SECRET:
        _check_strings(resource, obj.get("stringData"), "stringData")
        for key, value in (obj.get("data") or {}).items():
            _check_base64(resource, key, value)


def _undecodable(resource: Resource, why: str) -> ApiError:
    kind = resource.kind
    return bad_request(f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: {why}')


def _check_strings(resource: Resource, value: Any, path: str) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise _undecodable(
            resource, f"json: cannot unmarshal {_json_type(value)} into Go struct field .{path}"
        )
    for item in value.values():
        if not isinstance(item, str | None):
            why = f"json: cannot unmarshal {_json_type(item)} into Go struct field .{path} of type string"
            raise _undecodable(resource, why)


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {int: "number", float: "number", str: "string", list: "array", dict: "object"}.get(
        type(value), "null"
    )


def _check_base64(resource: Resource, key: str, value: str | None) -> None:
    """The values themselves are secret: only the key is named."""
    try:
        base64.b64decode(value or "", validate=True)
    except (binascii.Error, ValueError):
        raise _undecodable(resource, f"illegal base64 data in data[{key}]") from None


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
            yield _invalid(f"metadata.finalizers[{index}]", finalizer, problem)


def _annotation_causes(annotations: Object) -> Iterator[Cause]:
    for key in annotations:
        if problem := names.label_key_problem(key.lower()):
            yield _invalid("metadata.annotations", key, problem)
    if sum(len(key) + len(value or "") for key, value in annotations.items()) > _MAX_ANNOTATIONS:
        why = f"Too long: must have at most {_MAX_ANNOTATIONS} bytes"
        yield Cause("FieldValueTooLong", why, "metadata.annotations")


def _owner_causes(metadata: Object) -> Iterator[Cause]:
    controllers = []
    for index, owner in enumerate(metadata.get("ownerReferences") or ()):
        for field, why in (
            ("apiVersion", "version must not be empty"),
            ("kind", "kind must not be empty"),
            ("name", "name must not be empty"),
            ("uid", "uid must not be empty"),
        ):
            if not owner.get(field):
                yield _invalid(f"metadata.ownerReferences[{index}].{field}", "", why)
        if owner.get("controller"):
            controllers.append(owner.get("name"))
    if len(controllers) > 1:
        why = (
            f"Only one reference can have Controller set to true. Found true in references for {controllers}"
        )
        yield _invalid("metadata.ownerReferences", "", why)


def _kind_causes(resource: Resource, obj: Object) -> Iterator[Cause]:
    if resource.kind in {kinds.CONFIG_MAP, kinds.SECRET}:
        yield from _data_causes(obj)
    elif resource.kind == kinds.DEPLOYMENT:
        yield from _deployment_causes(obj.get("spec") or {})
    elif resource.kind == kinds.SERVICE:
        yield from _service_causes(obj.get("spec") or {})


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
    elif not (selector.get("matchLabels") or {}).items() <= labels.items():
        why = "`selector` does not match template `labels`"
        yield Cause("FieldValueInvalid", f"Invalid value: {labels}: {why}", "spec.template.metadata.labels")
    containers = (template.get("spec") or {}).get("containers") or []
    if not containers:
        yield Cause("FieldValueRequired", "Required value", "spec.template.spec.containers")
    for index, container in enumerate(containers):
        path = f"spec.template.spec.containers[{index}]"
        if not container.get("name"):
            yield Cause("FieldValueRequired", "Required value", f"{path}.name")
        elif problem := names.label_problem(container["name"]):
            yield _invalid(f"{path}.name", container["name"], problem)
        if not container.get("image"):
            yield Cause("FieldValueRequired", "Required value", f"{path}.image")


def _service_causes(spec: Object) -> Iterator[Cause]:
    ports = spec.get("ports") or []
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and spec.get("type") != "ExternalName":
        yield Cause("FieldValueRequired", "Required value", "spec.ports")
    for index, port in enumerate(ports):
        number = port.get("port")
        if not isinstance(number, int) or not 0 < number < 65536:
            yield _invalid(f"spec.ports[{index}].port", number or 0, "must be between 1 and 65535, inclusive")
        if len(ports) > 1 and not port.get("name"):
            yield Cause("FieldValueRequired", "Required value", f"spec.ports[{index}].name")


def _immutability_causes(resource: Resource, new: Object, old: Object) -> Iterator[Cause]:
    text = "field is immutable"
    if resource.kind == kinds.SECRET and new.get("type") != old.get("type"):
        yield _invalid("type", new.get("type", ""), text)
    if old.get("immutable"):
        if not new.get("immutable"):
            why = "field is immutable when `immutable` is set"
            yield Cause("FieldValueForbidden", f"Forbidden: {why}", "immutable")
        if new.get("data") != old.get("data"):
            yield Cause(
                "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", "data"
            )
    if resource.kind == kinds.DEPLOYMENT and new["spec"].get("selector") != old["spec"].get("selector"):
        yield _invalid("spec.selector", new["spec"].get("selector"), text)
    if resource.kind == kinds.ROLE_BINDING and new.get("roleRef") != old.get("roleRef"):
        yield _invalid("roleRef", new.get("roleRef"), "cannot change roleRef")
    if resource.kind == kinds.SERVICE:
        yield from _service_immutability(new["spec"], old["spec"])


def _service_immutability(new: Object, old: Object) -> Iterator[Cause]:
    if (
        old.get("clusterIP")
        and new.get("clusterIP") != old["clusterIP"]
        and new.get("type") != "ExternalName"
    ):
        yield _invalid("spec.clusterIP", new.get("clusterIP", ""), "field is immutable")
