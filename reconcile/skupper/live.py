"""Observed state: live objects reduced to what the planner may know.

A cluster that has not answered is a value as well (`ClusterSnapshot.problem`): everything on it is unknown, not absent.
The data of a Secret is dropped; the public facts of its certificates are kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self, TypeVar

from reconcile.findings import Reason
from reconcile.kinds import SECRET, Kind
from reconcile.skupper import certificates
from reconcile.skupper.certificates import Certificate

T = TypeVar("T")

_PUBLIC = frozenset({"apiVersion", "kind", "type", "immutable"})
"""Fields of a Secret that are kept besides its metadata; unknown fields could hold anything."""

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class ObjectKey(NamedTuple):
    """Identifies an object of a cluster; the namespace of a cluster-scoped kind is empty."""

    kind: Kind
    namespace: str
    name: str


class Owner(NamedTuple):
    """One owner reference."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class LiveObject:
    """One object as the API server returned it, without secret data."""

    key: ObjectKey
    uid: str
    resource_version: str
    created: datetime | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(repr=False)
    owners: tuple[Owner, ...]
    deleting: bool
    content: Mapping[str, Any] = field(repr=False)
    """The whole JSON body; of a Secret only its metadata and type."""
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    """Certificates of a Secret by entry: ``ca.crt``, ``tls.crt``."""
    _derived: dict[Callable[["LiveObject"], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def derived(self, compute: Callable[["LiveObject"], T]) -> T:
        """What a pure function makes of this object, computed once.

        A run plans many times and most objects stay the same, so what is slow to parse is kept as long as its object.
        """
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        found: T = self._derived[compute]
        return found

    @classmethod
    def from_manifest(cls, kind: Kind, body: Mapping[str, Any]) -> Self:
        """Create a `LiveObject` from the JSON body of an object, dropping secret data.

        Never raises: fields that are missing or of a wrong type count as empty, since one malformed object must not
        stop a run.
        """
        metadata = _mapping(body.get("metadata"))
        content = dict(body)
        found: Mapping[str, Certificate] = {}
        if kind == SECRET:
            found = certificates.read_all(body.get("data"))
            metadata = _without_copies(metadata)
            content = {name: body[name] for name in _PUBLIC & body.keys()} | {"metadata": metadata}
        return cls(
            key=ObjectKey(kind, text(metadata.get("namespace")), text(metadata.get("name"))),
            uid=text(metadata.get("uid")),
            resource_version=text(metadata.get("resourceVersion")),
            created=instant(metadata.get("creationTimestamp")),
            labels=strings(metadata.get("labels")),
            annotations=strings(metadata.get("annotations")),
            owners=tuple(_owners(metadata.get("ownerReferences"))),
            deleting=bool(metadata.get("deletionTimestamp")),
            content=content,
            certificates=found,
        )

    @property
    def addressable(self) -> bool:
        """False for an object without a usable name; no API server stores such an object."""
        named = self.key.name not in {"", ".", ".."}
        return named and (not self.key.kind.namespaced or self.key.namespace not in {"", ".", ".."})


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """What is known about one cluster at one moment."""

    objects: Mapping[ObjectKey, LiveObject] = field(default_factory=dict, repr=False)
    problem: Reason | None = None
    """Why the cluster could not be read; None if it was. With a problem, nothing on it is known."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Namespaces that could not be read, with the reason."""
    missing_namespaces: frozenset[str] = frozenset()
    """Namespaces that were looked up and do not exist."""
    terminating_namespaces: Mapping[str, datetime | None] = field(default_factory=dict)
    """Namespaces that are being deleted -> since when."""
    absent_kinds: frozenset[Kind] = frozenset()
    """Kinds that the cluster does not serve."""
    unlisted_kinds: frozenset[Kind] = frozenset()
    """Cluster-scoped kinds that the cluster-admin account may not list; of these nothing is known."""
    gone: Mapping[str, ObjectKey] = field(default_factory=dict, repr=False)
    """UID of each object that was deleted since the cluster was first read -> which one it was."""
    identity: str = ""
    """Identifies the API server: the UID of its namespace kube-system. Empty if that was not read."""
    heartbeat_at: datetime | None = None
    """When the heartbeats were last listed, by the cluster's clock; None if nothing may be concluded from their age."""
    clock_ahead: timedelta = timedelta()
    """By how much the cluster's clock is ahead of ours."""

    def problem_in(self, namespace: str) -> Reason | None:
        """Why this namespace is unknown; None if it is known."""
        return self.problem or self.unreadable.get(namespace)


def _without_copies(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret's metadata without the annotation in which ``kubectl apply`` repeats the whole Secret."""
    annotations = metadata.get("annotations")
    if not isinstance(annotations, Mapping):
        return metadata
    kept = {key: entry for key, entry in annotations.items() if key != _LAST_APPLIED}
    return {**metadata, "annotations": kept}


@dataclass(frozen=True, slots=True)
class ManagedFields:
    """The fields of an object that one manager owns."""

    manager: str
    applied: bool
    """True for server-side apply, False for an update."""
    written: datetime | None
    """By the clock of the API server; None if it is not readable."""
    fields: Mapping[str, Any]
    """``fieldsV1``."""


def managed_fields(live: LiveObject) -> tuple[ManagedFields, ...]:
    """Who owns which fields of an object, and since when: its ``metadata.managedFields``."""
    return live.derived(_managed_fields)


def _managed_fields(live: LiveObject) -> tuple[ManagedFields, ...]:
    entries = _mapping(live.content.get("metadata")).get("managedFields")
    return tuple(
        ManagedFields(
            manager=text(entry.get("manager")),
            applied=entry.get("operation") == "Apply",
            written=instant(entry.get("time")),
            fields=_mapping(entry.get("fieldsV1")),
        )
        for entry in map(_mapping, entries if isinstance(entries, list) else ())
    )


def deleted_at(live: LiveObject) -> datetime | None:
    """When the deletion of an object was asked for; None if it was not."""
    return instant(_mapping(live.content.get("metadata")).get("deletionTimestamp"))


def last_write(live: LiveObject) -> datetime | None:
    """When an object was last written, by the clock of the API server."""
    times = [entry.written for entry in managed_fields(live) if entry.written]
    return max(times, default=live.created)


def text(value: object) -> str:
    """A string of an object; empty for anything else. Lone surrogates, which cannot be encoded, are replaced."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def strings(value: object) -> Mapping[str, str]:
    """A map of strings, such as labels or the data of a ConfigMap, without entries of other types."""
    return {text(key): text(entry) for key, entry in _mapping(value).items() if isinstance(entry, str)}


def entry_of(live: LiveObject, key: str) -> str:
    """An entry of the data of a ConfigMap; empty if it is missing or no string."""
    return text(_mapping(live.content.get("data")).get(key))


def instant(value: object) -> datetime | None:
    """Read a Kubernetes time stamp (RFC 3339); None if it is invalid."""
    try:
        moment = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _owners(references: object) -> Iterable[Owner]:
    for reference in references if isinstance(references, list) else []:
        entry = _mapping(reference)
        yield Owner(text(entry.get("kind")), text(entry.get("name")), text(entry.get("uid")))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
