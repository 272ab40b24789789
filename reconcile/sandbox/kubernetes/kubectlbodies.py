"""Objects in protobuf, as ``kubectl create namespace|configmap|secret|serviceaccount|role|rolebinding`` sends them.

A body is the mark ``k8s\\0`` and an ``Unknown`` message, which says what the object is and holds it. Field numbers are
those of the ``generated.proto`` files of ``k8s.io/api``. Other kinds are refused in this format.
"""

import base64

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE, CLUSTER_ROLE_BINDING
from reconcile.sandbox.kubernetes.errors import Object, bad_request, unsupported_media_type
from reconcile.sandbox.kubernetes.protobuf import Field, Message, read

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MARK = b"k8s\x00"

_UNKNOWN: Message = {
    1: Field("type", "message", parts={1: Field("apiVersion"), 2: Field("kind")}),
    2: Field("raw", "bytes"),
}
_OWNER: Message = {
    1: Field("kind"),
    3: Field("name"),
    4: Field("uid"),
    5: Field("apiVersion"),
    6: Field("controller", "flag"),
    7: Field("blockOwnerDeletion", "flag"),
}
_METADATA = Field(
    "metadata",
    "message",
    parts={
        1: Field("name"),
        2: Field("generateName"),
        3: Field("namespace"),
        11: Field("labels", "text map"),
        12: Field("annotations", "text map"),
        13: Field("ownerReferences", "message", many=True, parts=_OWNER),
        14: Field("finalizers", many=True),
    },
)
_RULE: Message = {
    1: Field("verbs", many=True),
    2: Field("apiGroups", many=True),
    3: Field("resources", many=True),
    4: Field("resourceNames", many=True),
}
_SUBJECT: Message = {1: Field("kind"), 2: Field("apiGroup"), 3: Field("name"), 4: Field("namespace")}
_ROLE_REFERENCE: Message = {1: Field("apiGroup"), 2: Field("kind"), 3: Field("name")}
_BINDING: Message = {
    1: _METADATA,
    2: Field("subjects", "message", many=True, parts=_SUBJECT),
    3: Field("roleRef", "message", parts=_ROLE_REFERENCE),
}
_OBJECTS: dict[Kind, Message] = {
    kinds.NAMESPACE: {1: _METADATA},
    kinds.CONFIG_MAP: {
        1: _METADATA,
        2: Field("data", "text map"),
        3: Field("binaryData", "bytes map"),
        4: Field("immutable", "flag"),
    },
    kinds.SECRET: {
        1: _METADATA,
        2: Field("data", "bytes map"),
        3: Field("type"),
        4: Field("stringData", "text map"),
        5: Field("immutable", "flag"),
    },
    kinds.SERVICE_ACCOUNT: {1: _METADATA},
    kinds.ROLE: {1: _METADATA, 2: Field("rules", "message", many=True, parts=_RULE)},
    kinds.ROLE_BINDING: _BINDING,
    CLUSTER_ROLE: {1: _METADATA, 2: Field("rules", "message", many=True, parts=_RULE)},
    CLUSTER_ROLE_BINDING: _BINDING,
}
_BY_NAME = {(kind.api_version, kind.name): parts for kind, parts in _OBJECTS.items()}


def decode(raw: bytes) -> Object:
    """The object in a body.

    Raises:
        ApiError: 400 for broken bodies, 415 for objects of other kinds.
    """
    if not raw.startswith(_MARK):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix k8s")
    try:
        said, inner = _opened(raw.removeprefix(_MARK))
        parts = _BY_NAME.get((said.get("apiVersion", ""), said.get("kind", "")))
        if parts is None:
            raise unsupported_media_type()
        return {**said, **read(parts, inner)}
    except ValueError as error:
        raise bad_request(f"illegal protobuf message: {error}") from error


def _opened(envelope: bytes) -> tuple[Object, bytes]:
    """What the envelope says the object is, and the object."""
    opened = read(_UNKNOWN, envelope)
    return opened.get("type", {}), base64.b64decode(opened.get("raw", ""))
