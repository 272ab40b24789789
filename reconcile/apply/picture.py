"""The picture of one cluster that a run keeps: what was listed, corrected by every watch event and own write."""

import threading

from reconcile.kinds import Kind
from reconcile.skupper.live import ClusterView, LiveObject, ObjectKey

_LONGEST_VERSION = 20
"""Digits of a 64-bit number, which all versions are in practice."""


class Picture:
    """Objects of one cluster, filled and read by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[ObjectKey, LiveObject] = {}
        self._gone: set[str] = set()
        self._unreadable: dict[str, str] = {}
        self._missing_namespaces: set[str] = set()
        self._absent_kinds: set[Kind] = set()

    def put(self, live: LiveObject) -> bool:
        """Keep an object; False if the picture holds that state, or a newer one, already."""
        with self._lock:
            known = self._objects.get(live.key)
            if live.uid in self._gone or (known and not _is_newer(live, known)):
                return False
            self._objects[live.key] = live
            return True

    def remove(self, kind: Kind, namespace: str, name: str, uid: str = "") -> bool:
        """Forget an object that is gone; late events about it are ignored. False if it was not there."""
        with self._lock:
            key = ObjectKey(kind, namespace, name)
            known = self._objects.get(key)
            if known is None or (uid and known.uid != uid):
                return False
            if known.uid:
                self._gone.add(known.uid)
            del self._objects[key]
            return True

    def note_unreadable(self, namespace: str, reason: str) -> None:
        with self._lock:
            # Several LISTs may be refused, in any order: always tell of the same one.
            self._unreadable[namespace] = min(reason, self._unreadable.get(namespace, reason))

    def note_missing_namespace(self, namespace: str) -> None:
        with self._lock:
            self._missing_namespaces.add(namespace)

    def note_absent_kind(self, kind: Kind) -> None:
        with self._lock:
            self._absent_kinds.add(kind)

    def keys(self, kind: Kind) -> frozenset[ObjectKey]:
        with self._lock:
            return frozenset(key for key in self._objects if key.kind == kind)

    def view(self) -> ClusterView:
        """The picture as it is now, as a value."""
        with self._lock:
            return ClusterView(
                objects=dict(self._objects),
                unreadable=dict(self._unreadable),
                missing_namespaces=frozenset(self._missing_namespaces),
                absent_kinds=frozenset(self._absent_kinds),
            )


def _is_newer(live: LiveObject, known: LiveObject) -> bool:
    """Versions are opaque by contract but numbers in practice; one that is not compared is taken as newer."""
    if live.uid != known.uid:
        return live.uid != "" and not (live.created and known.created and live.created < known.created)
    versions = live.resource_version, known.resource_version
    if all(version.isdecimal() and len(version) <= _LONGEST_VERSION for version in versions):
        return int(live.resource_version) > int(known.resource_version)
    return live.resource_version != known.resource_version
