"""Interprets the responses of a Kubernetes API server: a JSON object, or an error.

A failed request is answered with a ``Status`` object. Its ``message`` is helpful, but for a Secret or a password it may
repeat values (validation quotes what it rejects, an admission webhook may quote anything). For such writes the
message is dropped, and the text is built from reasons and the names of the invalid fields.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from reconcile.http import documents
from reconcile.http.answers import one_line
from reconcile.kinds import ROUTE, SECRET, Kind
from reconcile.openshift import admission, errors, hints
from reconcile.openshift.messages import Answer

Json = dict[str, Any]
CONFIDENTIAL = frozenset({SECRET, ROUTE})
"""Kinds whose objects hold private keys."""
PRIVATE = "password"
"""Part of the names of fields whose values are private, in any kind."""
LONGEST = 1000
"""Characters of a server's message that are kept."""
LONGEST_WORD = 60
"""A longer reason is not one of Kubernetes' own."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was requested from which cluster, for error messages."""

    cluster: str
    verb: str
    """As error messages name it: get, list, watch, create, apply, replace, patch, delete."""
    kind: Kind
    namespace: str | None = None
    name: str | None = None
    has_password: bool = False
    """What is sent has a field that is called a password."""

    def failed(
        self, error: type[errors.ClusterError], reason: str, *, status: int | None = None, hint: str = ""
    ) -> errors.ClusterError:
        """Make an error about this call."""
        return error(
            reason,
            cluster=self.cluster,
            verb=self.verb,
            kind=self.kind,
            namespace=self.namespace,
            name=self.name,
            status=status,
            hint=hint,
        )

    def is_confidential(self, message: str) -> bool:
        """Whether a message about this call may repeat private data, which we sent or which was stored before.

        A webhook sees the whole object, and ConfigMaps of sites have passwords as well.
        """
        if self.verb in {"get", "list", "watch"}:
            return False
        return self.kind in CONFIDENTIAL or self.has_password or PRIVATE in message.lower()


def read(answer: Answer, call: Call) -> Json:
    """The JSON object of a successful answer; raises the error for any other answer."""
    document = _parse(answer.body)
    if document is None:
        raise _not_kubernetes(answer, call)
    if 200 <= answer.status < 300:
        return document
    if document["kind"] == "Status":
        raise from_status(document, call, status=answer.status)
    raise _not_kubernetes(answer, call)


def may_pass(answer: Answer, call: Call) -> bool:
    """Whether the same request may succeed a little later: because the server is busy, or after a conflict.

    Our writes describe the desired state and do not depend on the previous one, so a concurrent change is transient
    (a quota that is being updated rejects creates like this). A failed precondition and a field of another manager
    are permanent.
    """
    if answer.busy or answer.status != HTTPStatus.CONFLICT or call.verb == "replace":
        return answer.busy
    document = _parse(answer.body) or {}
    message = text(document.get("message"))
    lasting = "Precondition failed" in message or hints.is_owned_by_another(message)
    return document.get("reason") == "Conflict" and not lasting


def items(document: Json, call: Call) -> list[Json]:
    """The objects of a list, each with ``apiVersion`` and ``kind``, which the server leaves out there."""
    found = document.get("items")
    if found is None:
        found = []  # Go writes an empty list as null
    if not isinstance(found, list) or not all(map(is_object, found)):
        raise call.failed(errors.Unreachable, "the response is not a list of objects")
    return [{"apiVersion": call.kind.api_version, "kind": call.kind.name, **each} for each in found]


def is_object(value: object) -> TypeGuard[Json]:
    """Whether this is an object with metadata, as all of Kubernetes are."""
    return isinstance(value, dict) and isinstance(value.get("metadata"), dict)


def metadata(document: Json) -> Json:
    """The metadata of a list; empty where a server sends none."""
    found = document.get("metadata")
    return found if isinstance(found, dict) else {}


def from_status(document: Json, call: Call, *, status: int = 0) -> errors.ClusterError:
    """The error that a ``Status`` object means, as an answer or as the object of a watch's ERROR event."""
    code = document.get("code")
    number = code if isinstance(code, int) else status
    reason = text(document.get("reason"))
    message = text(document.get("message"))
    error = _class(number, reason, message)
    confidential = call.is_confidential(message)
    refused = admission.refusal(message) if confidential else None
    shown = _without_values(document, reason, call) if confidential else message or reason
    if refused:
        what, step = refused
        return call.failed(error, what, status=number, hint=step)
    hint = hints.next_step(call.verb, call.kind, call.namespace, error, message)
    return call.failed(error, shorten(shown), status=number, hint=hint)


def _parse(body: bytes | bytearray) -> Json | None:
    """A Kubernetes object, or ``None`` for any other bytes."""
    try:
        document = documents.parse(body)
    except documents.NotJson:
        return None
    if isinstance(document, dict) and isinstance(document.get("kind"), str):
        return document
    return None


_BY_STATUS: dict[int, type[errors.ClusterError]] = {
    400: errors.Invalid,
    401: errors.Unauthorised,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Gone,
    422: errors.Invalid,
    429: errors.Throttled,
}


def _class(status: int, reason: str, message: str) -> type[errors.ClusterError]:
    if reason == "AlreadyExists":
        return errors.AlreadyExists
    if reason == "NotFound" and "could not find the requested resource" in message:
        return errors.NotServed
    if status >= 500:
        return errors.ServerFault
    return _BY_STATUS.get(status, errors.ClusterError)


def _not_kubernetes(answer: Answer, call: Call) -> errors.ClusterError:
    """The error for a response that is not a Kubernetes object: a proxy's page, a login form, half a document."""
    if answer.status == 404 and answer.body.startswith(b"404 page not found"):
        # The response of an API server for a group or version that it does not serve.
        kind = call.kind
        return call.failed(
            errors.NotServed, f"the cluster has no {kind.plural} in {kind.api_version}", status=404
        )
    what = answer.content_type or "no content type"
    if answer.headers.get("Location"):
        what = f"a redirect to {_origin(answer.headers['Location'])}"
    reason = f"the response is not from a Kubernetes API server ({shorten(what)})"
    if answer.status == 429:
        # The server's own limit on requests in flight answers in plain text.
        return call.failed(errors.Throttled, "too many requests in flight", status=429)
    if answer.status >= 500:
        return call.failed(errors.ServerFault, reason, status=answer.status)
    return call.failed(errors.Unreachable, reason, status=answer.status)


def _origin(location: str) -> str:
    """Scheme and host of a URL; the rest of a redirect may hold credentials."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "no address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "another path"


def _without_values(document: Json, reason: str, call: Call) -> str:
    """What is wrong, without text that may come from an object: reasons, fields, and a missing namespace.

    Reasons are kept only if they are single words, as Kubernetes defines them; a webhook may put anything there.
    """
    details = document.get("details")
    details = details if isinstance(details, dict) else {}
    causes = details.get("causes")
    found = [_cause(cause) for cause in causes if isinstance(cause, dict)] if isinstance(causes, list) else []
    if details.get("kind") == "namespaces" and call.namespace:
        found.append(f"namespace {call.namespace}")
    named = ", ".join(dict.fromkeys(filter(None, found)))
    return " ".join(filter(None, [_word(reason), f"({named})" if named else ""]))


def _cause(cause: Json) -> str:
    field = text(cause.get("field"))
    return " ".join(filter(None, [_word(text(cause.get("reason"))), f"at {field}" if field else ""]))


def _word(text: str) -> str:
    return text if text.isalnum() and len(text) < LONGEST_WORD else ""


def shorten(text: str) -> str:
    """One line of what a terminal can show."""
    return one_line(text, LONGEST)


def text(value: object) -> str:
    """A text from an answer; empty if it is none."""
    return value if isinstance(value, str) else ""
