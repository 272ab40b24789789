"""Applies one change to a cluster, and reads the object again if the result is unexpected.

Every change is idempotent: an object that exists already is read, one that is gone already is fine. Secret data is held
in one place only, the delivery of a token: read at the issuer, written at the dialler, dropped.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reconcile.apply.cache import ClusterCache
from reconcile.apply.observing import Accounts
from reconcile.kinds import SECRET
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.live import LiveObject, ObjectKey
from reconcile.skupper.plan import Change, Verb

Json = dict[str, Any]
_KUBECTL = "kubectl.kubernetes.io/"


class Clusters:
    """The accounts and caches of all clusters that could be read."""

    def __init__(self, accounts: Mapping[str, Accounts], caches: Mapping[str, ClusterCache]) -> None:
        self.accounts = accounts
        self.caches = caches


def execute(change: Change, clusters: Clusters) -> bool:
    """Apply one change and store the result in the cache of its cluster; False if there was nothing to write.

    Raises ``ClusterError``.
    """
    client = clusters.accounts[change.cluster].of(admin=change.privileged)
    return _VERBS[change.verb](change, client, clusters)


def _apply(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    # An object that the cache does not have is created, never taken over: another client may have created it meanwhile.
    known = ObjectKey(change.kind, change.namespace, change.name) in cache.keys(change.kind)
    try:
        cache.put(
            LiveObject.from_manifest(
                change.kind, client.apply(change.kind, dict(change.body or {}), force=known)
            )
        )
    except errors.Conflict:
        if not known:
            _refresh(change, client, cache)
        raise
    return True


def _create(change: Change, client: Client, clusters: Clusters) -> bool:
    body = dict(change.body or {})
    if change.source:
        delivery = _with_data_of_source(change, body, clusters)
        if delivery is None:
            return False
        body = delivery
    cache = clusters.caches[change.cluster]
    try:
        cache.put(LiveObject.from_manifest(change.kind, client.create(change.kind, body)))
    except errors.AlreadyExists:
        # Created by an earlier attempt or by another client: the planner decides what follows.
        _refresh(change, client, cache)
        return False
    return True


def _refresh(change: Change, client: Client, cache: ClusterCache) -> bool:
    """Read the object of a change into the cache; False if it no longer exists."""
    try:
        cache.put(
            LiveObject.from_manifest(
                change.kind, client.get(change.kind, change.name, change.namespace or None)
            )
        )
    except errors.NotFound:
        cache.remove(change.kind, change.namespace, change.name)
        return False
    return True


def _with_data_of_source(change: Change, body: Json, clusters: Clusters) -> Json | None:
    """The token to deliver; None if the issuer's copy is gone, which the cache then shows."""
    source = change.source
    if source is None:
        return None
    client = clusters.accounts[source.cluster].client
    try:
        token = client.get(SECRET, source.name, source.namespace)
    except errors.NotFound:
        clusters.caches[source.cluster].remove(SECRET, source.namespace, source.name)
        return None
    copied = LiveObject.from_manifest(SECRET, token).annotations
    annotations = {key: text for key, text in copied.items() if not key.startswith(_KUBECTL)}
    metadata = {**body["metadata"], "annotations": {**annotations, **body["metadata"]["annotations"]}}
    return {**body, "metadata": metadata, "data": token.get("data") or {}}


def _patch(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    try:
        body = client.patch(change.kind, change.name, change.namespace or None, dict(change.body or {}))
    except errors.NotFound:
        cache.remove(change.kind, change.namespace, change.name)
        return False
    cache.put(LiveObject.from_manifest(change.kind, body))
    return True


def _delete(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    try:
        client.delete(change.kind, change.name, change.namespace or None, uid=change.uid or None)
    except errors.NotFound:
        cache.remove(change.kind, change.namespace, change.name, change.uid)
        return False
    except errors.Conflict:
        # Another object has this name by now: it is not the one to delete.
        if _refresh(change, client, cache):
            raise
        return False
    cache.remove(change.kind, change.namespace, change.name, change.uid)
    return True


_VERBS: dict[Verb, Callable[[Change, Client, Clusters], bool]] = {
    Verb.APPLY: _apply,
    Verb.CREATE: _create,
    Verb.PATCH: _patch,
    Verb.DELETE: _delete,
}
