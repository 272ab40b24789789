"""What is on the clusters, as far as we look: objects reduced to what the plan may know.

A cluster that has not answered is a value as well (`ClusterView.problem`): everything on it is unknown then, which
is not the same as absent. A Secret loses its data as it enters; its certificates are kept as public facts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reconcile.kinds import SECRET, Kind
from reconcile.skupper import certificates
from reconcile.skupper.certificates import Certificate


class ObjectKey(NamedTuple):
    """Which object of a cluster; the namespace of a cluster-scoped kind is empty."""

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
    annotations: Mapping[str, str]
    owners: tuple[Owner, ...]
    deleting: bool
    content: Mapping[str, Any] = field(repr=False)
    """The whole JSON body; a Secret's without ``data`` and ``stringData``."""
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    """Certificates of a Secret by entry: ``ca.crt``, ``tls.crt``."""


@dataclass(frozen=True, slots=True)
class ClusterView:
    """What is known of one cluster at one moment."""

    objects: Mapping[ObjectKey, LiveObject] = field(default_factory=dict, repr=False)
    problem: str = ""
    """Why the cluster could not be read; empty if it was. With a problem, nothing on it is known."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Namespaces that could not be read, with the reason."""
    missing_namespaces: frozenset[str] = frozenset()
    """Namespaces that were looked for and do not exist."""
    absent_kinds: frozenset[Kind] = frozenset()
    """Kinds that the cluster does not serve."""

    def problem_in(self, namespace: str) -> str:
        """Why this namespace is unknown; empty if it is known."""
        return self.problem or self.unreadable.get(namespace, "")


def take_in(kind: Kind, body: Mapping[str, Any]) -> LiveObject:
    """Turn the JSON body of an object into a `LiveObject`, dropping secret data.

    Total: fields that are missing or of a wrong type count as empty, since an odd object on a cluster must not
    stop a run.
    """
    metadata = _mapping(body.get("metadata"))
    content = dict(body)
    found: Mapping[str, Certificate] = {}
    if kind == SECRET:
        found = certificates.read_all(content.pop("data", None))
        content.pop("stringData", None)
    return LiveObject(
        key=ObjectKey(kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or "")),
        uid=str(metadata.get("uid") or ""),
        resource_version=str(metadata.get("resourceVersion") or ""),
        created=instant(metadata.get("creationTimestamp")),
        labels=_strings(metadata.get("labels")),
        annotations=_strings(metadata.get("annotations")),
        owners=tuple(_owners(metadata.get("ownerReferences"))),
        deleting=bool(metadata.get("deletionTimestamp")),
        content=content,
        certificates=found,
    )


def managed_fields(live: LiveObject) -> list[Mapping[str, Any]]:
    """Who owns which fields of an object, and since when: its ``metadata.managedFields``."""
    entries = _mapping(live.content.get("metadata")).get("managedFields")
    return [_mapping(entry) for entry in entries] if isinstance(entries, list) else []


def instant(text: object) -> datetime | None:
    """Read a Kubernetes time stamp (RFC 3339); None if it is none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _owners(references: object) -> Iterable[Owner]:
    for reference in references if isinstance(references, list) else []:
        entry = _mapping(reference)
        yield Owner(str(entry.get("kind")), str(entry.get("name")), str(entry.get("uid")))


def _strings(value: object) -> Mapping[str, str]:
    return {str(key): str(text) for key, text in _mapping(value).items()}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
