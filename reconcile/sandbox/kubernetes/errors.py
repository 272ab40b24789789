"""Refusals of the simulated API server, as the ``Status`` objects that a kube-apiserver answers with.

Every refusal is an :class:`ApiError`; the HTTP layer turns it into an answer, nothing else catches it. Status, reason
and details are those of a kube-apiserver. Of its messages, only those are that our client tells errors apart by.
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
    """Nothing is served below a path; a server answers so in plain text when it does not know the API group."""


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

    def status(self) -> Object:
        """The body of the answer."""
        status: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        reason = {"reason": self.reason} if self.reason else {}
        details = {} if self.details is None else {"details": self.details}
        return {**status, "message": self.message, **reason, **details, "code": self.code}


def _subject(kind: Kind, name: str = "") -> str:
    """How messages name an object: ``deployments.apps "router"``."""
    resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    return f'{resource} "{name}"' if name else resource


def details_of(kind: Kind, name: str = "", *, as_kind: bool = False) -> Object:
    """``Status.details`` of an object: validation errors name the kind there, all others the resource."""
    details: Object = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    return {**details, "kind": kind.name if as_kind else kind.plural}


def bad_request(message: str) -> ApiError:
    """400: the request makes no sense."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """401: no token, or an unknown one."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(kind: Kind, name: str, why: str) -> ApiError:
    """403: the account lacks a right, or an admission rule refuses."""
    return ApiError(403, "Forbidden", f"{_subject(kind, name)} is forbidden: {why}", details_of(kind, name))


def terminating(kind: Kind, name: str, namespace: str) -> ApiError:
    """403 of a create in a namespace that is being deleted."""
    refusal = forbidden(kind, name, f"namespace {namespace} is being terminated")
    cause = Cause("NamespaceTerminating", refusal.message, "metadata.namespace").as_json()
    refusal.details = {**details_of(kind, name), "causes": [cause]}
    return refusal


def path_not_found() -> ApiError:
    """404 of a path that no API serves; clients tell it from a missing object by its text."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def not_found(kind: Kind, name: str) -> ApiError:
    """404 of an object."""
    return ApiError(404, "NotFound", f"{_subject(kind, name)} not found", details_of(kind, name))


def method_not_allowed() -> ApiError:
    """405: the resource does not support the verb."""
    return ApiError(405, "MethodNotAllowed", "the resource does not support this method", {})


def already_exists(kind: Kind, name: str) -> ApiError:
    """409 of a create."""
    return ApiError(409, "AlreadyExists", f"{_subject(kind, name)} already exists", details_of(kind, name))


def modified(kind: Kind, name: str) -> ApiError:
    """409 of a write with an old resourceVersion."""
    message = f"{_subject(kind, name)}: the object has been modified"
    return ApiError(409, "Conflict", message, details_of(kind, name))


def other_uid(kind: Kind, name: str, wanted: str, found: str) -> ApiError:
    """409 of a write that names another UID than that of the stored object."""
    why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    return ApiError(409, "Conflict", f"{_subject(kind, name)}: {why}", details_of(kind, name))


def delete_precondition(kind: Kind, name: str, field: str) -> ApiError:
    """409 of a delete that names another UID or resourceVersion than that of the stored object."""
    message = f"{_subject(kind, name)}: the {field} in the precondition does not match the {field} in record"
    return ApiError(409, "Conflict", message, details_of(kind, name, as_kind=True))


def apply_conflict(conflicts: Sequence[tuple[str, str]]) -> ApiError:
    """409 of a server-side apply; ``conflicts`` are pairs of a description of the other manager and a field."""
    causes = [Cause("FieldManagerConflict", message, field).as_json() for message, field in conflicts]
    fields: dict[str, list[str]] = {}
    for message, field in conflicts:
        fields.setdefault(message, []).append(field)
    listed = "\n".join(
        f"{message}: {listed[0]}"
        if len(listed) == 1
        else "\n- ".join((f"{message.replace('conflict', 'conflicts', 1)}:", *listed))
        for message, listed in fields.items()
    )
    return ApiError(
        409, "Conflict", f"Apply failed with {len(conflicts)} conflicts: {listed}", {"causes": causes}
    )


def expired(wanted: int, oldest: int) -> ApiError:
    """410: the history does not reach back to that resourceVersion."""
    return ApiError(410, "Expired", f"too old resource version: {wanted} ({oldest})")


def too_new(wanted: int, current: int) -> ApiError:
    """504: a resourceVersion that has not been reached."""
    cause = Cause("ResourceVersionTooLarge", "Too large resource version").as_json()
    message = f"Too large resource version: {wanted}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})


def unsupported_media_type() -> ApiError:
    """415: a body in a format that is not supported, or that the resource has no rules for."""
    return ApiError(415, "UnsupportedMediaType", "the body of the request is in an unsupported format")


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: the object breaks a rule of its kind."""
    listed = ", ".join(f"{cause.field}: {cause.message}" for cause in causes)
    details = {**details_of(kind, name, as_kind=True), "causes": [cause.as_json() for cause in causes]}
    return ApiError(422, "Invalid", f'{kind.name} "{name}" is invalid: {listed}', details)


def invalid_options(kind: str, cause: Cause) -> ApiError:
    """422: an option of the request breaks a rule; ``kind`` is for example ``PatchOptions``."""
    details = {"group": "meta.k8s.io", "kind": kind, "causes": [cause.as_json()]}
    return ApiError(422, "Invalid", f"{kind} is invalid: {cause.field}: {cause.message}", details)


def bad_patch(why: str) -> ApiError:
    """422: the patched object is not an object of its kind. Its values may be secret and are not shown."""
    cause = Cause("FieldValueInvalid", f"Invalid value: <patched object>: {why}", "patch")
    return ApiError(422, "Invalid", f"the patched object is invalid: {why}", {"causes": [cause.as_json()]})


def generic(message: str) -> ApiError:
    """500 for errors that a kube-apiserver itself reports so."""
    return ApiError(500, "", message)
