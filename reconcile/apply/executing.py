"""Applies one change to a cluster, and reads the object again if the result is unexpected.

Every change is idempotent: an object that exists already is read, one that is gone already is fine. Secret data is held
in one place only, a hand-over: read at one cluster, composed by the engine, written at the other, dropped.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reconcile.apply.cache import ClusterCache
from reconcile.apply.observing import Accounts
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.live import ObjectKey
from reconcile.skupper.plan import Change, HandOver, Issuance, Refusal, Verb

Json = dict[str, Any]


class HandOverError(Exception):
    """The source of a hand-over is unusable, so nothing was written; ``str()`` is one line, like a ``ClusterError``."""


class Clusters:
    """The accounts and caches of all clusters that could be read."""

    def __init__(self, accounts: Mapping[str, Accounts], caches: Mapping[str, ClusterCache]) -> None:
        self.accounts = accounts
        self.caches = caches


def execute(change: Change, clusters: Clusters) -> bool:
    """Apply one change and store the result in the cache of its cluster; False if there was nothing to write.

    Raises ``ClusterError`` and ``HandOverError``.
    """
    client = clusters.accounts[change.cluster].of(admin=change.admin)
    return _VERBS[change.verb](change, client, clusters)


def _apply(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    # An object that the cache does not have is created, never taken over: another client may have created it meanwhile.
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
        if isinstance(handed_over, Refusal):
            raise HandOverError(_refused(change, change.hand_over, handed_over))
        body = handed_over
    cache = clusters.caches[change.cluster]
    try:
        cache.take(change.kind, client.create(change.kind, dict(body)))
    except errors.AlreadyExists:
        # Created by an earlier attempt or by another client: the planner decides what follows.
        _refresh(change, client, cache)
        return False
    return True


def _refresh(change: Change, client: Client, cache: ClusterCache) -> bool:
    """Read the object of a change into the cache; False if it no longer exists."""
    try:
        cache.take(change.kind, client.get(change.kind, change.name, change.namespace or None))
    except errors.NotFound:
        cache.remove(change.kind, change.namespace, change.name)
        return False
    return True


def _handed_over(
    hand_over: HandOver, body: Mapping[str, Any], clusters: Clusters
) -> Mapping[str, Any] | Refusal | None:
    """The object to create, or why it must not be created; None if its source is gone, which the cache then shows."""
    cluster, kind, namespace, name = hand_over.source
    try:
        source = clusters.accounts[cluster].client.get(kind, name, namespace)
    except errors.NotFound:
        clusters.caches[cluster].remove(kind, namespace, name)
        return None
    return hand_over.compose(body, source)


def _refused(change: Change, hand_over: HandOver, refusal: Refusal) -> str:
    cluster, kind, namespace, name = hand_over.source
    what = f"{kind} {name} to {'/'.join(change.work_key)}"
    return f"{cluster}/{namespace}: cannot deliver {what}: {refusal.reason}; {refusal.advice}"


def _patch(change: Change, client: Client, clusters: Clusters) -> bool:
    cache = clusters.caches[change.cluster]
    sent = dict(change.body or {})
    if change.issuance:
        issued = _issued(change, change.issuance, clusters)
        if issued is None:
            return False
        sent["data"] = issued
    if change.expects:
        sent["metadata"] = {**sent.get("metadata", {}), "resourceVersion": change.expects}
    try:
        body = client.patch(change.kind, change.name, change.namespace or None, sent)
    except errors.Conflict:
        if not change.issuance and not change.expects:
            raise
        # Written by somebody else meanwhile, or by an earlier attempt of ours: the planner decides what follows.
        _refresh(change, client, cache)
        return False
    except errors.NotFound:
        cache.remove(change.kind, change.namespace, change.name)
        return False
    cache.take(change.kind, body)
    return True


def _issued(change: Change, issuance: Issuance, clusters: Clusters) -> dict[str, str] | None:
    """A new certificate with its key; None if the Secret that signs it is gone, which the cache then shows."""
    from reconcile.apply import issuing

    now = clusters.caches[change.cluster].now()
    if issuance.signer is None:
        return issuing.authority(issuance, now)
    cluster, kind, namespace, name = issuance.signer
    try:
        signer = clusters.accounts[cluster].client.get(kind, name, namespace)
        return issuing.signed(issuance, signer, now)
    except errors.NotFound:
        clusters.caches[cluster].remove(kind, namespace, name)
        return None
    except issuing.UnusableAuthorityError as error:
        where = f"{change.cluster}/{change.namespace}"
        message = f"{where}: cannot replace {change.kind} {change.name}: {kind} {name} is unusable: {error}"
        raise HandOverError(message) from None


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
