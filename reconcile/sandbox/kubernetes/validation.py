"""Rules that an object must keep before it is stored, as far as clients of the sandbox can break them.

All problems of an object are reported at once, as causes of a 422.
"""

import re
from collections.abc import Iterator
from typing import Any

from reconcile import kinds
from reconcile.sandbox.kubernetes import names
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING, Resource
from reconcile.sandbox.kubernetes.errors import ApiError, Cause, Object, invalid

_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_MAX_DATA = 1024 * 1024
_IMMUTABLE = {
    kinds.SECRET: ("type",),
    kinds.DEPLOYMENT: ("spec", "selector"),
    kinds.ROLE_BINDING: ("roleRef",),
    CLUSTER_ROLE_BINDING: ("roleRef",),
}
"""The field of each kind that cannot change."""


def missing_resource_version(resource: Resource, name: str) -> ApiError:
    """422 of a replace of a custom resource that does not say which version it replaces."""
    return invalid(
        resource.kind, name, [_invalid("metadata.resourceVersion", "must be specified for an update")]
    )


def check(resource: Resource, new: Object, old: Object | None = None) -> None:
    """Refuse objects that break a rule of their kind; with ``old``, also changes of what may not change.

    Raises:
        ApiError: 422.
    """
    causes = [*_metadata_causes(resource, new["metadata"]), *_kind_causes(resource, new)]
    if old is not None:
        causes += _immutability_causes(resource, new, old)
    if causes:
        raise invalid(resource.kind, new["metadata"].get("name", ""), causes)


def _invalid(field: str, why: str) -> Cause:
    return Cause("FieldValueInvalid", f"Invalid value: {why}", field)


def _forbidden(field: str, why: str) -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def _required(field: str) -> Cause:
    return Cause("FieldValueRequired", "Required value", field)


def _metadata_causes(resource: Resource, metadata: Object) -> Iterator[Cause]:
    name = metadata.get("name", "")
    if not name:
        yield _required("metadata.name")
    elif problem := resource.check_name(name):
        yield _invalid("metadata.name", problem)
    for key, value in (metadata.get("labels") or {}).items():
        for problem in (names.label_key_problem(key), names.label_value_problem(value or "")):
            if problem:
                yield _invalid("metadata.labels", problem)
    for owner in metadata.get("ownerReferences") or ():
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield _invalid(f"metadata.ownerReferences.{field}", "must not be empty")


def _kind_causes(resource: Resource, obj: Object) -> Iterator[Cause]:
    if resource.kind in {kinds.CONFIG_MAP, kinds.SECRET}:
        yield from _data_causes(obj)
    elif resource.kind == kinds.DEPLOYMENT:
        yield from _deployment_causes(obj.get("spec") or {})
    elif resource.kind == kinds.SERVICE:
        spec = obj.get("spec") or {}
        if not spec.get("ports") and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
            yield _required("spec.ports")
    elif resource.kind in {kinds.ROLE, kinds.CLUSTER_ROLE}:
        for index, rule in enumerate(obj.get("rules") or ()):
            if not rule.get("verbs"):
                yield _required(f"rules[{index}].verbs")


def _data_causes(obj: Object) -> Iterator[Cause]:
    data = obj.get("data") or {}
    for key in data:
        if not _DATA_KEY.fullmatch(key):
            yield _invalid(f"data[{key}]", "must consist of alphanumeric characters, '-', '_' or '.'")
    if sum(len(value or "") for value in data.values()) > _MAX_DATA * (
        4 / 3 if obj["kind"] == "Secret" else 1
    ):
        yield Cause("FieldValueTooLong", f"Too long: must have at most {_MAX_DATA} bytes", "data")


def _deployment_causes(spec: Object) -> Iterator[Cause]:
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    selector = spec.get("selector")
    if not selector:
        yield _required("spec.selector")
    if not selector or not (selector.get("matchLabels") or {}).items() <= labels.items():
        yield _invalid("spec.template.metadata.labels", "`selector` does not match template `labels`")
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate") is not None:
        yield _forbidden(
            "spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"
        )
    containers = (template.get("spec") or {}).get("containers") or []
    if not containers:
        yield _required("spec.template.spec.containers")
    for index, container in enumerate(containers):
        for field in ("name", "image"):
            if not container.get(field):
                yield _required(f"spec.template.spec.containers[{index}].{field}")
        for place, variable in enumerate(container.get("env") or ()):
            if variable.get("value") and variable.get("valueFrom"):
                field = f"spec.template.spec.containers[{index}].env[{place}].valueFrom"
                yield _invalid(field, "may not be specified when `value` is not empty")


def _immutability_causes(resource: Resource, new: Object, old: Object) -> Iterator[Cause]:
    field = _IMMUTABLE.get(resource.kind, ())
    if field and _at(new, field) != _at(old, field):
        yield _invalid(".".join(field), "field is immutable")
    if old.get("immutable") and new.get("data") != old.get("data"):
        yield _forbidden("data", "field is immutable when `immutable` is set")


def _at(obj: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        obj = (obj or {}).get(name)
    return obj
