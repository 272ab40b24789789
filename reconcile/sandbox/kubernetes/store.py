"""The objects of one cluster, its revision, and a bounded history of events.

All writes happen on the event loop of the servers, so they need no lock. Objects are replaced, never changed in place,
so other threads may read what they got. An object is serialized once, however many lists and watches carry it.
"""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import Object, expired

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


def to_json(value: Any) -> bytes:
    """Compact JSON, as the API server writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Record:
    """One version of one object."""

    __slots__ = ("_tail", "name", "namespace", "object", "resource", "revision")

    def __init__(self, resource: Resource, obj: Object) -> None:
        metadata = obj["metadata"]
        self.resource = resource
        self.object = obj
        self.name: str = metadata["name"]
        self.namespace: str = metadata.get("namespace", "")
        self.revision = int(metadata.get("resourceVersion", 0))
        self._tail: bytes | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name; the order of lists."""
        return (self.namespace, self.name)

    @property
    def uid(self) -> str:
        """``metadata.uid``."""
        uid: str = self.object["metadata"]["uid"]
        return uid

    @property
    def body(self) -> bytes:
        """The object as JSON."""
        kind = self.resource.kind
        return f'{{"kind":"{kind.name}","apiVersion":"{kind.api_version}",'.encode() + self._rest()

    @property
    def list_item(self) -> bytes:
        """The object as an item of a list: those of built-in kinds leave out kind and apiVersion."""
        return self.body if self.resource.custom else b"{" + self._rest()

    def _rest(self) -> bytes:
        if self._tail is None:
            rest = {key: value for key, value in self.object.items() if key not in {"kind", "apiVersion"}}
            self._tail = to_json(rest)[1:]
        return self._tail

    def at_revision(self, revision: int) -> "Record":
        """The same object as it is reported after its removal."""
        metadata = {**self.object["metadata"], "resourceVersion": str(revision)}
        return Record(self.resource, {**self.object, "metadata": metadata})


@dataclass(frozen=True, slots=True)
class Event:
    """One change: the object as it is now (for DELETED: as it was last) and as it was before."""

    type: EventType
    revision: int
    record: Record
    before: Record | None


Listener = Callable[[Event], None]


class Store:
    """Objects and events of one cluster."""

    def __init__(self, history: int = 1000) -> None:
        self.revision = 1
        self._objects: dict[Kind, dict[tuple[str, str], Record]] = defaultdict(dict)
        self._history: dict[Kind, deque[Event]] = defaultdict(lambda: deque(maxlen=history))
        self._forgotten: dict[Kind, int] = defaultdict(int)
        self.compacted = 0
        """The oldest revision that a watch can start from."""
        self._listeners: list[Listener] = []
        self._watchers: dict[Kind, set[Listener]] = defaultdict(set)

    def get(self, kind: Kind, namespace: str, name: str) -> Record | None:
        """One object."""
        return self._objects[kind].get((namespace, name))

    def records(self, kind: Kind, namespace: str = "") -> list[Record]:
        """Objects of a kind, of one namespace if it is given, in the order of lists. Safe from any thread."""
        found = list(self._objects[kind].values())
        if namespace:
            found = [record for record in found if record.namespace == namespace]
        return sorted(found, key=lambda record: record.key)

    def everything(self) -> Iterator[Record]:
        """All objects of all kinds."""
        for kind in list(self._objects):
            yield from self.records(kind)

    def put(self, resource: Resource, obj: Mapping[str, Any]) -> Record:
        """Store an object under the next revision and notify all listeners."""
        self.revision += 1
        metadata = {**obj["metadata"], "resourceVersion": str(self.revision)}
        record = Record(resource, {**obj, "metadata": metadata})
        before = self._objects[resource.kind].get(record.key)
        self._objects[resource.kind][record.key] = record
        self._publish(Event("MODIFIED" if before else "ADDED", self.revision, record, before))
        return record

    def remove(self, record: Record) -> Record:
        """Remove an object under the next revision and notify all listeners."""
        self.revision += 1
        del self._objects[record.resource.kind][record.key]
        gone = record.at_revision(self.revision)
        self._publish(Event("DELETED", self.revision, gone, record))
        return gone

    def _publish(self, event: Event) -> None:
        kind = event.record.resource.kind
        history = self._history[kind]
        if len(history) == history.maxlen and history:
            self._forgotten[kind] = history[0].revision
        history.append(event)
        for listener in (*self._watchers[kind], *self._listeners):
            listener(event)

    def since(self, kind: Kind, revision: int) -> list[Event]:
        """Events of a kind after a revision.

        Raises:
            ApiError: 410 if the history does not reach back that far.
        """
        oldest = max(self._forgotten[kind], self.compacted)
        if revision < oldest:
            raise expired(revision, oldest)
        return [event for event in self._history[kind] if event.revision > revision]

    def forget(self) -> None:
        """Drop the history, as a compaction does: watches from any older revision are answered with 410."""
        for history in self._history.values():
            history.clear()
        self.compacted = self.revision

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` on every change of an object."""
        self._listeners.append(listener)

    def watch(self, kind: Kind, watcher: Listener) -> Callable[[], None]:
        """Call ``watcher`` on every change of a kind, until the returned function is called."""
        self._watchers[kind].add(watcher)
        return lambda: self._watchers[kind].discard(watcher)
