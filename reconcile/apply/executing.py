"""Making one change on a cluster, and learning what is there when it meets something unexpected.

Every change may be repeated: what exists already is looked at, what is gone already is fine. The one place where
secret data is held is the delivery of a token: read at the issuer, written at the dialler, forgotten.
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
    """The accounts and pictures of all clusters that could be read."""

    def __init__(self, accounts: Mapping[str, Accounts], caches: Mapping[str, ClusterCache]) -> None:
        self.accounts = accounts
        self.caches = caches


def execute(change: Change, clusters: Clusters) -> bool:
    """Make one change and put its result into the picture of its cluster; False if there was nothing to write.

    Raises ``ClusterError``.
    """
    client = clusters.accounts[change.cluster].of(admin=change.privileged)
    return _VERBS[change.verb](change, client, clusters)


def _apply(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    # What was not there when we looked is made, not taken over: somebody else may have been quicker.
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
        # Left by an earlier try, or somebody else's: what follows from it is the planner's to say.
        _refresh(change, client, cache)
        return False
    return True


def _refresh(change: Change, client: Client, cache: ClusterCache) -> bool:
    """Read the object of a change into the picture; False if there is none any more."""
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
    """The token to deliver; None if the issuer's copy is gone, which the picture then shows."""
    source = change.source
    if source is None:
        return None
    client = clusters.accounts[source.cluster].client
    try:
        token = client.get(SECRET, source.name, source.namespace)
    except errors.NotFound:
        clusters.caches[source.cluster].remove(SECRET, source.namespace, source.name)
        return None
    told = LiveObject.from_manifest(SECRET, token).annotations
    annotations = {key: text for key, text in told.items() if not key.startswith(_KUBECTL)}
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
        # Another object has taken the name: it is not the one that was to go.
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
