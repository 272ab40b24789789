"""Reads one cluster: the LISTs of the engine, then a probe by name for what they did not show.

A cluster is read completely or not at all. For an account without cluster-wide rights each namespace is listed; one
that is forbidden is unknown, the others count.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sretoolbox.utils import threaded

from reconcile.apply.cache import ClusterCache
from reconcile.apply.scopes import Scope
from reconcile.kinds import NAMESPACE
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.openshift.messages import Listings
from reconcile.skupper.list_requests import ListRequest, Probe
from reconcile.skupper.live import ObjectKey, deleted_at
from reconcile.skupper.same_server import IDENTIFYING_NAMESPACE

T = TypeVar("T")

AT_ONCE = 5
"""LISTs sent to one cluster at the same time."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The result of one LIST: where its watch starts."""

    request: ListRequest
    resource_versions: dict[str | None, str]
    """Namespace (None: the whole cluster) -> resourceVersion."""
    shown: frozenset[ObjectKey]
    """What the LIST showed."""
    listed_at: datetime | None = None
    """When it was sent, by the cluster's clock; None if the cluster did not say."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The clients of one cluster: the automation account and, if there is one, the cluster-admin account."""

    client: Client
    admin: Client | None = None

    def of(self, *, admin: bool) -> Client:
        return self.admin if admin and self.admin else self.client

    def close(self) -> None:
        for client in (self.client, self.admin):
            if client:
                client.close()

    def abandon(self) -> None:
        """Close them, and let requests in progress fail soon: threads that nobody waits for hold up the end."""
        for client in (self.client, self.admin):
            if client:
                client.abandon()


def observe(
    accounts: Accounts,
    list_requests: Sequence[ListRequest],
    namespaces: Sequence[str],
    cache: ClusterCache,
) -> list[Observed]:
    """Fill the cache of one cluster. `namespaces` are those of its declared sites.

    Raises ``ClusterError`` if any LIST that is not optional fails for the whole cluster.
    """
    listed = _at_once([partial(_list, accounts, request, namespaces, cache) for request in list_requests])
    observed = [found for found in listed if found]
    _note_partly_read(observed, cache)
    return observed


def note_heartbeats(listed_at: Iterable[datetime | None], cache: ClusterCache) -> None:
    """Note when the heartbeats were listed: the earliest, since that makes none older than it is."""
    moments = list(listed_at)
    known = [moment for moment in moments if moment]
    cache.note_heartbeats(min(known) if known and len(known) == len(moments) else None, cache.now())


def list_again(
    accounts: Accounts, scopes: Sequence[Scope], heartbeats: Collection[ListRequest], cache: ClusterCache
) -> None:
    """Send these LISTs again, in parallel. One that is refused leaves what it showed before.

    Any other ``ClusterError`` is raised, and no further LIST is sent.
    """
    answered = _at_once([partial(_list_scope_again, accounts, scope, cache) for scope in scopes])
    beats = [each for each in zip(scopes, answered, strict=True) if each[0].request in heartbeats]
    if all(known for _, known in beats):
        note_heartbeats((scope.listed_at for scope, _ in beats), cache)


def _list_scope_again(accounts: Accounts, scope: Scope, cache: ClusterCache) -> bool:
    """List one scope again; False if the account may not, which its watch reports."""
    try:
        scope.list_again(accounts.of(admin=scope.request.admin), cache)
    except (errors.Forbidden, errors.NotFound):
        return False
    return True


def shows_itself(observed: Iterable[Observed]) -> bool:
    """True if another cluster with the same API server must show the same objects: they then need no identity."""
    return any(None in found.resource_versions and found.shown for found in observed)


def identify(client: Client, cache: ClusterCache) -> None:
    """Note the identity of the API server if it can be read; without it, objects are compared."""
    try:
        body = client.get(NAMESPACE, IDENTIFYING_NAMESPACE)
    except errors.ClusterError:
        # The LISTs report a cluster that does not answer.
        return
    cache.note_identity(cache.read(NAMESPACE, body).uid)


def _note_partly_read(observed: Sequence[Observed], cache: ClusterCache) -> None:
    """Mark namespaces in which some kinds could be listed and others could not: they count as not read."""
    found = {key.namespace for entry in observed for key in entry.shown} - {""}
    for entry in observed:
        scope = entry.resource_versions.keys()
        if entry.request.kind.namespaced and None not in scope:
            for namespace in found - scope:
                cache.note_unreadable(namespace, f"{entry.request.kind.plural} may not be listed there")


def send_probes(
    accounts: Accounts, probes: Sequence[Probe], namespaces: Sequence[str], cache: ClusterCache
) -> None:
    """Look up by name what the LISTs did not show: it may be foreign, or its namespace may not exist.

    `namespaces` are those of the declared sites. One with nothing in it that stays may be on its way out as a whole.
    """
    unreadable = cache.snapshot().unreadable.keys()
    asked = [
        replace(probe, namespaces=readable)
        for probe in probes
        if (readable := tuple(name for name in probe.namespaces if name not in unreadable))
        or not probe.namespaces
    ]
    _at_once([partial(_probe, accounts, probe, cache) for probe in asked])
    staying = {live.key.namespace for live in cache.snapshot().objects.values() if not live.deleting}
    empty = {*namespaces, *(name for probe in probes for name in probe.namespaces)} - staying
    _at_once([partial(_find_namespace, accounts.client, name, cache) for name in sorted(empty)])


def _probe(accounts: Accounts, probe: Probe, cache: ClusterCache) -> None:
    kind = probe.request.kind
    try:
        listings = accounts.of(admin=probe.request.admin).list_all(
            kind,
            namespaces=probe.namespaces,
            labels=probe.request.labels or None,
            fields=probe.request.fields or None,
        )
    except (errors.NotServed, errors.Forbidden) as error:
        if not probe.request.optional:
            raise
        if probe.request.admin and isinstance(error, errors.Forbidden):
            cache.note_unlisted_kind(kind)
        return
    for live in (cache.read(kind, body) for body in listings.items):
        if not kind.namespaced or live.key.namespace in probe.namespaces:
            cache.put(live)
    _note_refusals(probe.request, listings, cache)


def _find_namespace(client: Client, name: str, cache: ClusterCache) -> None:
    try:
        found = cache.read(NAMESPACE, client.get(NAMESPACE, name))
    except errors.NotFound:
        cache.note_missing_namespace(name)
    except errors.Forbidden:
        # The account may not read namespaces; a write will show whether it exists.
        return
    else:
        if found.deleting:
            cache.note_terminating_namespace(name, deleted_at(found))


def _list(
    accounts: Accounts, request: ListRequest, namespaces: Sequence[str], cache: ClusterCache
) -> Observed | None:
    client = accounts.of(admin=request.admin)
    try:
        listings = client.list_all(
            request.kind, namespaces=namespaces, labels=request.labels or None, fields=request.fields or None
        )
    except errors.NotServed:
        if not request.optional:
            raise
        cache.note_absent_kind(request.kind)
        return None
    except (errors.Forbidden, errors.Unauthorised) as error:
        without = request.admin and not accounts.admin and isinstance(error, errors.Forbidden)
        if not without and not request.best_effort:
            raise
        if request.admin:
            cache.note_unlisted_kind(request.kind)
        return None
    return Observed(request, listings.resource_versions, _keep(request, listings, cache), listings.listed_at)


def _keep(request: ListRequest, listings: Listings, cache: ClusterCache) -> frozenset[ObjectKey]:
    """Store everything listed in the cache; returns the keys."""
    shown = set()
    for body in listings.items:
        live = cache.read(request.kind, body)
        shown.add(live.key)
        cache.put(live)
    _note_refusals(request, listings, cache)
    return frozenset(shown)


def _note_refusals(request: ListRequest, listings: Listings, cache: ClusterCache) -> None:
    for namespace, refusal in listings.refused.items():
        if isinstance(refusal, errors.NotServed) and request.optional:
            cache.note_absent_kind(request.kind)
        elif isinstance(refusal, errors.NotServed):
            raise refusal
        elif isinstance(refusal, errors.NotFound):
            cache.note_missing_namespace(namespace)
        else:
            cache.note_unreadable(namespace, str(refusal))


def _at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run all jobs in parallel; if one fails, those not started yet are cancelled.

    Raises the error of the first job that failed, in the order of the jobs.
    """
    failed = threading.Event()

    def attempt(job: Callable[[], T]) -> T | None:
        if failed.is_set():
            return None
        try:
            return job()
        except BaseException:
            failed.set()
            raise

    results: list[T] = threaded.run(attempt, jobs, AT_ONCE)
    return results
