"""Refusals of the simulated API server, as the ``Status`` objects that a kube-apiserver answers with.

Every refusal is an :class:`ApiError`; the HTTP layer turns it into an answer, nothing else catches it. Texts and
reasons are those of ``k8s.io/apimachinery/pkg/api/errors``, since clients (and people) recognise them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconcile.kinds import Kind

Object = dict[str, Any]
"""A Kubernetes object or any part of one, as JSON. Objects in the store are never changed in place."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of ``Status.details.causes``."""

    reason: str
    message: str
    field: str = ""

    def as_json(self) -> Object:
        """The entry as the API writes it."""
        cause = {"reason": self.reason, "message": self.message}
        return {**cause, "field": self.field} if self.field else cause


class UnknownPathError(Exception):
    """Nothing is served below a path; a server answers so in plain text when the API group is unknown to it."""


class ApiError(Exception):
    """A request that is answered with a ``Status`` of failure."""

    def __init__(
        self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = None if details is None else dict(details)
        self.headers: dict[str, str] = {}

    def status(self) -> Object:
        """The body of the answer."""
        status: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return {**status, "code": self.code}


def resource_name(kind: Kind) -> str:
    """How messages name a resource: ``secrets``, ``deployments.apps``."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def details_of(kind: Kind, name: str = "", *, as_kind: bool = False) -> Object:
    """``Status.details`` of an object: validation errors name the kind there, all others the resource."""
    details: Object = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    return {**details, "kind": kind.name if as_kind else kind.plural}


def bad_request(message: str) -> ApiError:
    """400: the request makes no sense."""
    return ApiError(400, "BadRequest", message)


def unauthorised() -> ApiError:
    """401: no token, or one that no account has."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(kind: Kind, name: str, why: str) -> ApiError:
    """403: the account may not, or an admission rule says no."""
    subject = f'{resource_name(kind)} "{name}"' if name else resource_name(kind)
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", details_of(kind, name))


def terminating(kind: Kind, name: str, namespace: str) -> ApiError:
    """403 of a create in a namespace that is being deleted."""
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    refusal = forbidden(kind, name, why)
    message = f"namespace {namespace} is being terminated"
    cause = Cause("NamespaceTerminating", message, "metadata.namespace").as_json()
    refusal.details = {**details_of(kind, name), "causes": [cause]}
    return refusal


def path_not_found() -> ApiError:
    """404 of a path that no API serves; clients tell it from a missing object by its text."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def not_found(kind: Kind, name: str) -> ApiError:
    """404 of an object."""
    return ApiError(404, "NotFound", f'{resource_name(kind)} "{name}" not found', details_of(kind, name))


def method_not_allowed() -> ApiError:
    """405: the resource does not support the verb."""
    text = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", text, {})


def already_exists(kind: Kind, name: str) -> ApiError:
    """409 of a create."""
    message = f'{resource_name(kind)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, details_of(kind, name))


def conflict(kind: Kind, name: str, why: str) -> ApiError:
    """409 of a write whose precondition does not hold."""
    message = f'Operation cannot be fulfilled on {resource_name(kind)} "{name}": {why}'
    return ApiError(409, "Conflict", message, details_of(kind, name))


def uid_of_nothing(kind: Kind, name: str, uid: str) -> ApiError:
    """409 of an apply that names the UID of an object that does not exist."""
    why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
    return conflict(kind, name, why)


def modified(kind: Kind, name: str) -> ApiError:
    """409 of a write with an old resourceVersion."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(kind, name, why)


def other_uid(kind: Kind, name: str, wanted: str, found: str) -> ApiError:
    """409 of a replace that names another UID than the stored object has."""
    why = (
        f"StorageError: invalid object, Code: 4, Key: {name}, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    )
    return conflict(kind, name, why)


def other_version(kind: Kind, name: str, field: str, wanted: str, found: str) -> ApiError:
    """409 of a delete of a namespace, whose preconditions are those of an update."""
    why = f"Precondition failed: {field} in precondition: {wanted}, {field} in object meta: {found}"
    return conflict(kind, name, why)


def delete_precondition(kind: Kind, name: str, field: str, wanted: str, found: str) -> ApiError:
    """409 of a delete that names another UID or resourceVersion than the stored object has."""
    might = {"UID": "deleted and then recreated", "ResourceVersion": "modified"}[field]
    why = (
        f"the {field} in the precondition ({wanted}) does not match the {field} in record ({found}). "
        f"The object might have been {might}"
    )
    qualified = f"{kind.name}.{kind.group}" if kind.group else kind.name
    message = f'Operation cannot be fulfilled on {qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, details_of(kind, name, as_kind=True))


def apply_conflict(messages: Sequence[tuple[str, str]]) -> ApiError:
    """409 of a server-side apply; ``messages`` are pairs of (text about the other manager, field)."""
    grouped: dict[str, list[str]] = {}
    for message, field in messages:
        grouped.setdefault(message, []).append(field)
    lines = [
        f"{message}: {fields[0]}"
        if len(fields) == 1
        else "\n- ".join((f"{message.replace('conflict', 'conflicts', 1)}:", *fields))
        for message, fields in grouped.items()
    ]
    noun = "conflict" if len(messages) == 1 else "conflicts"
    causes = [Cause("FieldManagerConflict", message, field).as_json() for message, field in messages]
    text = f"Apply failed with {len(messages)} {noun}: " + "\n".join(lines)
    return ApiError(409, "Conflict", text, {"causes": causes})


def expired(wanted: int, oldest: int) -> ApiError:
    """410: the history does not reach back to that resourceVersion."""
    return ApiError(410, "Expired", f"too old resource version: {wanted} ({oldest})")


def too_new(wanted: int, current: int) -> ApiError:
    """504: the state that is asked for has not been reached."""
    cause = Cause("ResourceVersionTooLarge", "Too large resource version").as_json()
    message = f"Timeout: Too large resource version: {wanted}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})


def continue_expired() -> ApiError:
    """410 of a paged LIST."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. "
        "You must start a new list without the continue parameter."
    )
    return ApiError(410, "Expired", message)


def unsupported_media_type() -> ApiError:
    """415: a body in a format that this server does not read."""
    accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    text = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    return ApiError(415, "UnsupportedMediaType", text)


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: the object breaks a rule of its kind."""
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    listed = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    qualified = f"{kind.name}.{kind.group}" if kind.group else kind.name
    details = {**details_of(kind, name, as_kind=True), "causes": [cause.as_json() for cause in causes]}
    return ApiError(422, "Invalid", f'{qualified} "{name}" is invalid: {listed}', details)


def invalid_options(kind: str, cause: Cause) -> ApiError:
    """422: an option of the request, not the object, breaks a rule; ``kind`` is for example ``PatchOptions``."""
    details = {"group": "meta.k8s.io", "kind": kind, "causes": [cause.as_json()]}
    return ApiError(
        422, "Invalid", f'{kind}.meta.k8s.io "" is invalid: {cause.field}: {cause.message}', details
    )


def bad_patch(why: str) -> ApiError:
    """422: what a patch makes of an object is no object of its kind. The object may be secret and is not shown."""
    cause = Cause("FieldValueInvalid", f"Invalid value: <patched object>: {why}", "patch")
    text = f' "" is invalid: {cause.field}: {cause.message}'
    return ApiError(422, "Invalid", text, {"causes": [cause.as_json()]})


def unfit_patch() -> ApiError:
    """422: a JSON patch does not fit the object."""
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def generic(message: str) -> ApiError:
    """500 for the faults that a kube-apiserver itself reports so."""
    return ApiError(500, "", message)
