"""The informers of one cluster, shared by all simulated controllers.

One thread per kind lists, then watches, and lists again when its resourceVersion has expired. Every change is reported
as kind, namespace and name, as in a controller's queue.
"""

import threading
from collections.abc import Callable, Iterable, Sequence

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SECRET, SERVICE, Kind
from reconcile.openshift.client import Client
from reconcile.openshift.errors import ClusterError, Gone, NotServed
from reconcile.sandbox.skupper.names import Json

WATCHED = (CONFIG_MAP, SECRET, DEPLOYMENT, SERVICE, ROUTE)
_WATCH_SECONDS = 240.0
_BREATH_SECONDS = 0.05
_PAUSE_SECONDS = 0.5
"""Between two attempts to list, while the server does not answer."""

Changed = Callable[[Kind, str, str], None]


class Cache:
    """The objects of the watched kinds, all namespaces. Thread-safe; what it returns must not be changed."""

    def __init__(self, client: Client, changed: Changed, kinds: Sequence[Kind] = WATCHED) -> None:
        self._client = client
        self._changed = changed
        self._objects: dict[Kind, dict[tuple[str, str], Json]] = {kind: {} for kind in kinds}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._synced = {kind: threading.Event() for kind in kinds}
        self._absent: set[Kind] = set()
        self._threads = [
            threading.Thread(
                target=self._follow, args=(kind,), name=f"{client.cluster}-{kind.plural}", daemon=True
            )
            for kind in kinds
        ]

    def start(self) -> None:
        """Open the watches."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Close the watches and wait until they are closed."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait(self, timeout: float) -> bool:
        """Wait until every kind was listed once; False if that took longer than ``timeout`` seconds."""
        return all(event.wait(timeout) for event in self._synced.values())

    def serves(self, kind: Kind) -> bool:
        """Return whether the server serves the kind (plain Kubernetes has no Routes)."""
        return kind not in self._absent

    def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """Return the object, None if there is none."""
        with self._lock:
            return self._objects[kind].get((namespace, name))

    def within(self, kind: Kind, namespace: str) -> tuple[Json, ...]:
        """Return all objects of the kind in a namespace, by name."""
        with self._lock:
            found = [(key, item) for key, item in self._objects[kind].items() if key[0] == namespace]
        return tuple(item for _, item in sorted(found, key=lambda pair: pair[0]))

    def _follow(self, kind: Kind) -> None:
        while not self._stop.is_set():
            try:
                self._list_and_watch(kind)
            except Gone:
                continue
            except NotServed:
                self._absent.add(kind)
                self._synced[kind].set()
                return
            except ClusterError:
                self._stop.wait(_PAUSE_SECONDS)

    def _list_and_watch(self, kind: Kind) -> None:
        listing = self._client.list(kind)
        self._replace(kind, listing.items)
        self._synced[kind].set()
        version = listing.resource_version
        while not self._stop.is_set():
            events = self._client.watch(
                kind, resource_version=version, timeout=_WATCH_SECONDS, stop=self._stop
            )
            for event in events:
                version = event.resource_version
                self._put(kind, event.object, event.type)
            # A server that ends its watches at once must not be asked in a circle.
            self._stop.wait(_BREATH_SECONDS)

    def _replace(self, kind: Kind, items: Iterable[Json]) -> None:
        fresh = {_key(item): item for item in items}
        with self._lock:
            known = self._objects[kind]
            self._objects[kind] = fresh
        for key in sorted(known.keys() | fresh.keys()):
            if _version(known.get(key)) != _version(fresh.get(key)):
                self._changed(kind, *key)

    def _put(self, kind: Kind, item: Json, change: str) -> None:
        if change == "BOOKMARK":
            return
        key = _key(item)
        with self._lock:
            if change == "DELETED":
                self._objects[kind].pop(key, None)
            else:
                self._objects[kind][key] = item
        self._changed(kind, *key)


def _key(item: Json) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata["namespace"], metadata["name"]


def _version(item: Json | None) -> str | None:
    return item["metadata"]["resourceVersion"] if item else None
