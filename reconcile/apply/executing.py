"""Making one change on a cluster, and learning what is there when it meets something unexpected.

Every change may be repeated: what exists already is looked at, what is gone already is fine. The one place where keys
are held is a hand-over: the source is read at one cluster, composed by the engine, written at the other, forgotten.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reconcile.apply.cache import ClusterCache
from reconcile.apply.observing import Accounts
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.live import ObjectKey
from reconcile.skupper.plan import Change, HandOver, Verb

Json = dict[str, Any]


class Clusters:
    """The accounts and pictures of all clusters that could be read."""

    def __init__(self, accounts: Mapping[str, Accounts], caches: Mapping[str, ClusterCache]) -> None:
        self.accounts = accounts
        self.caches = caches


def execute(change: Change, clusters: Clusters) -> bool:
    """Make one change and put its result into the picture of its cluster; False if there was nothing to write.

    Raises ``ClusterError``.
    """
    client = clusters.accounts[change.cluster].of(admin=change.admin)
    return _VERBS[change.verb](change, client, clusters)


def _apply(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    # What was not there when we looked is made, not taken over: somebody else may have been quicker.
    known = ObjectKey(change.kind, change.namespace, change.name) in cache.keys(change.kind)
    try:
        cache.take(change.kind, client.apply(change.kind, dict(change.body or {}), force=known))
    except errors.Conflict:
        if not known:
            _refresh(change, client, cache)
        raise
    return True


def _create(change: Change, client: Client, clusters: Clusters) -> bool:
    body = change.body or {}
    if change.hand_over:
        handed_over = _handed_over(change.hand_over, body, clusters)
        if handed_over is None:
            return False
        body = handed_over
    cache = clusters.caches[change.cluster]
    try:
        cache.take(change.kind, client.create(change.kind, dict(body)))
    except errors.AlreadyExists:
        # Left by an earlier try, or somebody else's: what follows from it is the planner's to say.
        _refresh(change, client, cache)
        return False
    return True


def _refresh(change: Change, client: Client, cache: ClusterCache) -> bool:
    """Read the object of a change into the cache; False if there is none any more."""
    try:
        cache.take(change.kind, client.get(change.kind, change.name, change.namespace or None))
    except errors.NotFound:
        cache.remove(change.kind, change.namespace, change.name)
        return False
    return True


def _handed_over(
    hand_over: HandOver, body: Mapping[str, Any], clusters: Clusters
) -> Mapping[str, Any] | None:
    """The object to create; None if its source is gone, which the cache then shows."""
    cluster, kind, namespace, name = hand_over.source
    try:
        source = clusters.accounts[cluster].client.get(kind, name, namespace)
    except errors.NotFound:
        clusters.caches[cluster].remove(kind, namespace, name)
        return None
    return hand_over.compose(body, source)


def _patch(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    try:
        body = client.patch(change.kind, change.name, change.namespace or None, dict(change.body or {}))
    except errors.NotFound:
        cache.remove(change.kind, change.namespace, change.name)
        return False
    cache.take(change.kind, body)
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
