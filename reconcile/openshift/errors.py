"""Errors of requests to a cluster, one class per way to handle them.

::

    ClusterError                 any failure
    ├── Unreachable              no usable answer: refused, time-out, TLS, or not a Kubernetes API server
    │   ├── InconsistentList     the chunks of a LIST do not add up, so objects may be missing
    │   └── Excessive            it sends more than we are willing to read
    │       └── TooLarge         in one answer, so that fewer objects at a time may do
    ├── Unauthorised       401   the token is missing, wrong or expired
    ├── Forbidden          403   the account lacks a right, or an admission rule objects
    ├── NotFound           404   no such object or namespace
    │   └── NotServed      404   the cluster does not know the kind at all
    ├── Conflict           409   changed by somebody else, or a precondition does not hold
    │   └── AlreadyExists  409   a create met an object of that name
    ├── Gone               410   the resourceVersion has expired: list again
    ├── Invalid        400 422   the object or the request is not acceptable
    ├── Throttled          429   too many requests, even after waiting
    └── ServerFault        5xx   the server failed, even after retries

A status outside this list stays a bare ``ClusterError``. The text never contains object data: the server's
message is omitted where it may repeat the contents of a Secret (see ``answers``).
"""

# ruff: noqa: N818 - the names are the conditions that callers distinguish

from typing import ClassVar

from reconcile.kinds import Kind


class ClusterError(Exception):
    """A request to a cluster failed; ``str()`` is one line: the object, the reason and the next step."""

    label: ClassVar[str] = "failed"
    """How the text names this class of failure."""
    advice: ClassVar[str] = ""
    """The next step if there is no better hint."""

    def __init__(
        self,
        reason: str,
        *,
        cluster: str,
        verb: str = "",
        kind: Kind | None = None,
        namespace: str | None = None,
        name: str | None = None,
        status: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cluster = cluster
        self.verb = verb
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.status = status
        self.hint = hint or self.advice

    @property
    def where(self) -> str:
        """``cluster/namespace``, or the cluster alone."""
        return f"{self.cluster}/{self.namespace}" if self.namespace else self.cluster

    @property
    def attempted(self) -> str:
        """What was asked for: ``create Secret link-abc``, ``list secrets``."""
        if self.kind is None:
            return self.verb or "connect"
        return f"{self.verb} {self.kind} {self.name}" if self.name else f"{self.verb} {self.kind.plural}"

    def __str__(self) -> str:
        label = f"{self.label} ({self.status})" if self.status else self.label
        text = f"{self.where}: cannot {self.attempted}: {label}"
        if self.reason.lower() not in {"", self.label.replace(" ", "")}:
            text += f": {self.reason}"
        return f"{text}; {self.hint}" if self.hint else text


class Unreachable(ClusterError):
    """No usable answer came: refused, time-out, TLS, broken off, or not from a Kubernetes API server."""

    label = "unreachable"
    advice = "check serverUrl and any proxy, firewall or load balancer in between"


class InconsistentList(Unreachable):
    """The chunks of a LIST do not add up. What is missing in them must not be taken as deleted."""

    label = "inconsistent list"
    advice = "retry; if it persists, check the API server"


class Excessive(Unreachable):
    """The server sends more than any API server would: an endless answer, list or line of a watch."""

    advice = "check what answers at serverUrl; no API server sends that much"


class TooLarge(Excessive):
    """One answer is too large. A LIST may succeed in smaller chunks."""


class Unauthorised(ClusterError):
    """The server does not accept the token (401)."""

    label = "unauthorised"
    advice = "renew the account's token"


class Forbidden(ClusterError):
    """The account may not do this (403); ``hint`` names the missing right if that is the cause."""

    label = "forbidden"


class NotFound(ClusterError):
    """The object, or its namespace, does not exist (404)."""

    label = "not found"


class NotServed(NotFound):
    """The cluster does not serve this kind at all, for example Routes on plain Kubernetes."""

    label = "kind not served"


class Conflict(ClusterError):
    """The object changed meanwhile, a precondition fails, or another manager owns a field (409)."""

    label = "conflict"


class AlreadyExists(Conflict):
    """A create met an object of the same name (409)."""

    label = "already exists"


class Gone(ClusterError):
    """The ``resourceVersion`` or continue token has expired (410): list afresh."""

    label = "expired"
    advice = "list again"


class Invalid(ClusterError):
    """The server does not accept the object or the request (400, 422)."""

    label = "invalid"


class Throttled(ClusterError):
    """The server asks to slow down (429), still after every retry."""

    label = "throttled"
    advice = "retry later"


class ServerFault(ClusterError):
    """The server failed (5xx), still after every retry."""

    label = "server fault"
    advice = "retry; if it persists, check the API server"
