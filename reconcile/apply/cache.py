"""The cache of one cluster: what was listed, updated by every watch event and every write of this run."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from reconcile.kinds import Kind
from reconcile.skupper.engine import Redact
from reconcile.skupper.live import ClusterSnapshot, LiveObject, ObjectKey

NO_REDACTIONS: Mapping[Kind, Redact] = MappingProxyType({})

_LONGEST_VERSION = 20
"""Digits of a 64-bit number, which all versions are in practice."""


def machine_time() -> datetime:
    """The time by the clock of this machine."""
    return datetime.now(UTC)


class _Gone(NamedTuple):
    """An object that was removed."""

    key: ObjectKey
    returns_at: int | None
    """The lowest version that proves it visible again; None: none does."""


class ClusterCache:
    """Objects of one cluster; thread-safe."""

    def __init__(
        self,
        redactions: Mapping[Kind, Redact] = NO_REDACTIONS,
        now: Callable[[], datetime] = machine_time,
    ) -> None:
        """`redactions` say what is removed from objects before anybody sees them; `now` is the clock of the run."""
        self.now = now
        self._redactions = redactions
        self._lock = threading.Lock()
        self._objects: dict[ObjectKey, LiveObject] = {}
        self._gone: dict[str, _Gone] = {}
        self._unreadable: dict[str, str] = {}
        self._missing_namespaces: set[str] = set()
        self._terminating_namespaces: dict[str, datetime | None] = {}
        self._absent_kinds: set[Kind] = set()
        self._unlisted_kinds: set[Kind] = set()
        self._identity = ""
        self._heartbeat_at: datetime | None = None
        self._clock_ahead = timedelta()

    @property
    def size(self) -> int:
        """Number of objects."""
        return len(self._objects)

    def read(self, kind: Kind, body: Mapping[str, Any]) -> LiveObject:
        """Redact the JSON body of an object and read it; it is not kept."""
        redact = self._redactions.get(kind)
        return LiveObject.from_manifest(kind, redact(body) if redact else body)

    def take(self, kind: Kind, body: Mapping[str, Any]) -> bool:
        """Redact, read and keep the JSON body of an object; False as for `put`."""
        return self.put(self.read(kind, body))

    def put(self, live: LiveObject) -> bool:
        """Store an object; False if the cache has this state already, or a newer one."""
        with self._lock:
            known = self._objects.get(live.key)
            if self._is_late(live) or (known and not _is_newer(live, known)):
                return False
            self._gone.pop(live.uid, None)
            self._objects[live.key] = live
            return True

    def remove(self, kind: Kind, namespace: str, name: str, uid: str = "") -> bool:
        """Remove an object that was deleted; late events about it are ignored. False if it was not cached."""
        with self._lock:
            key = ObjectKey(kind, namespace, name)
            known = self._objects.get(key)
            if known is None or (uid and known.uid != uid):
                return False
            self._drop(known, None)
            return True

    def remove_as_of(self, last: LiveObject) -> bool:
        """Remove what a watch reports as deleted. It may only no longer match the selector, so a newer state wins."""
        with self._lock:
            known = self._objects.get(last.key)
            version = _number(last)
            if known is None or (last.uid and known.uid != last.uid) or _number(known) >= version >= 0:
                return False
            self._drop(known, version if version >= 0 else None)
            return True

    def remove_unlisted(self, live: LiveObject) -> bool:
        """Remove what a LIST no longer shows, unless the cache has something newer than `live` by now."""
        with self._lock:
            known = self._objects.get(live.key)
            if known is None or (known.uid, known.resource_version) != (live.uid, live.resource_version):
                return False
            version = _number(live)
            self._drop(known, version + 1 if version >= 0 else None)
            return True

    def _drop(self, known: LiveObject, returns_at: int | None) -> None:
        if known.uid:
            self._gone[known.uid] = _Gone(known.key, returns_at)
        del self._objects[known.key]

    def _is_late(self, live: LiveObject) -> bool:
        """Whether this is an old state of an object that was removed since."""
        if live.uid not in self._gone:
            return False
        returns_at = self._gone[live.uid].returns_at
        return returns_at is None or _number(live) < returns_at

    def note_unreadable(self, namespace: str, reason: str) -> None:
        with self._lock:
            # Several LISTs may be refused, in any order: always report the same one.
            self._unreadable[namespace] = min(reason, self._unreadable.get(namespace, reason))

    def note_missing_namespace(self, namespace: str) -> None:
        with self._lock:
            self._missing_namespaces.add(namespace)

    def note_terminating_namespace(self, namespace: str, since: datetime | None) -> None:
        with self._lock:
            self._terminating_namespaces[namespace] = since

    def note_absent_kind(self, kind: Kind) -> None:
        with self._lock:
            self._absent_kinds.add(kind)

    def note_unlisted_kind(self, kind: Kind) -> None:
        with self._lock:
            self._unlisted_kinds.add(kind)

    def note_identity(self, uid: str) -> None:
        with self._lock:
            self._identity = uid

    def note_heartbeats(self, listed_at: datetime | None, now: datetime) -> None:
        """Note that the heartbeats were listed, by the cluster's clock and by ours."""
        with self._lock:
            self._heartbeat_at = listed_at
            self._clock_ahead = listed_at - now if listed_at else timedelta()

    def within(self, kind: Kind, namespace: str | None) -> tuple[LiveObject, ...]:
        """The objects of a kind in one namespace, or (None) everywhere."""
        with self._lock:
            return tuple(
                live
                for key, live in self._objects.items()
                if namespace in {None, key.namespace} and key.kind == kind
            )

    def keys(self, kind: Kind) -> frozenset[ObjectKey]:
        with self._lock:
            return frozenset(key for key in self._objects if key.kind == kind)

    def snapshot(self) -> ClusterSnapshot:
        """An immutable copy of the cache."""
        with self._lock:
            return ClusterSnapshot(
                objects=dict(self._objects),
                unreadable=dict(self._unreadable),
                missing_namespaces=frozenset(self._missing_namespaces),
                terminating_namespaces=dict(self._terminating_namespaces),
                absent_kinds=frozenset(self._absent_kinds),
                unlisted_kinds=frozenset(self._unlisted_kinds),
                gone={uid: each.key for uid, each in self._gone.items()},
                identity=self._identity,
                heartbeat_at=self._heartbeat_at,
                clock_ahead=self._clock_ahead,
            )


def _is_newer(live: LiveObject, known: LiveObject) -> bool:
    """Versions are opaque by contract but numbers in practice, and one series for all objects of a kind.

    Without numbers one that differs is taken as newer; of two objects of one name the one made later.
    """
    other = live.uid != known.uid
    if other and not live.uid:
        return False
    versions = _number(live), _number(known)
    if -1 not in versions:
        return versions[0] > versions[1]
    if other:
        return not (live.created and known.created and live.created < known.created)
    return live.resource_version != known.resource_version


def _number(live: LiveObject) -> int:
    """The version of an object as a number; -1 if it is none."""
    version = live.resource_version
    return int(version) if version.isdecimal() and len(version) <= _LONGEST_VERSION else -1
