"""One LIST in one namespace, and how its part of the cache is kept current: by watch events or by listing again.

What a LIST no longer shows is gone. But the cache may have received newer states since the LIST was sent, from a watch
or from a write; so only objects that were cached before and have not changed since are removed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reconcile.apply.cache import ClusterCache
from reconcile.openshift.client import Client
from reconcile.openshift.watching import WatchEvent
from reconcile.skupper.list_requests import ListRequest
from reconcile.skupper.live import LiveObject, ObjectKey, text

Json = dict[str, Any]


class Scope:
    """A LIST in one namespace, or (None) in the whole cluster. Used by one thread at a time."""

    def __init__(self, request: ListRequest, namespace: str | None, version: str) -> None:
        """`version` is the resourceVersion of the LIST, where a watch starts."""
        self.request = request
        self.namespace = namespace
        self.version = version
        self.listed_at: datetime | None = None
        """When it was listed again, by the cluster's clock."""

    def list_again(self, client: Client, cache: ClusterCache) -> bool:
        """List and update the cache; False if nothing changed. Raises ``ClusterError``."""
        known = {live.key: live for live in cache.within(self.request.kind, self.namespace)}
        before = [live for live in known.values() if self._selects(live)]
        listing = client.list(
            self.request.kind,
            namespace=self.namespace,
            labels=self.request.labels or None,
            fields=self.request.fields or None,
        )
        self.version, self.listed_at = listing.resource_version, listing.listed_at
        shown = {_key(self.request, body): body for body in listing.items}
        # Most objects are unchanged, and parsing a Secret costs more than comparing it.
        changed = [body for key, body in shown.items() if not _is_same(body, known.get(key))]
        changes = [cache.take(self.request.kind, body) for body in changed]
        changes += [cache.remove_unlisted(live) for live in before if live.key not in shown]
        return any(changes)

    def handle_event(self, event: WatchEvent, cache: ClusterCache) -> bool:
        """Update the cache by a watch event; False if nothing changed."""
        self.version = event.resource_version or self.version
        if event.type == "BOOKMARK":
            return False
        live = cache.read(self.request.kind, event.object)
        return cache.remove_as_of(live) if event.type == "DELETED" else cache.put(live)

    def _selects(self, live: LiveObject) -> bool:
        """Whether a LIST shows an object like this in its namespace."""
        name = {"metadata.name": live.key.name}
        return _holds(self.request.labels, live.labels) and _holds(self.request.fields, name)


def _holds(selector: str, values: Mapping[str, str]) -> bool:
    """Whether a selector matches labels or fields; only equality selectors are used."""
    wanted = dict(part.split("=", 1) for part in selector.split(",") if part)
    return wanted.items() <= values.items()


def _key(request: ListRequest, body: Json) -> ObjectKey:
    metadata = body["metadata"]
    return ObjectKey(request.kind, text(metadata.get("namespace")), text(metadata.get("name")))


def _is_same(body: Json, known: LiveObject | None) -> bool:
    metadata = body["metadata"]
    state = text(metadata.get("uid")), text(metadata.get("resourceVersion"))
    return known is not None and "" not in state and state == (known.uid, known.resource_version)
