"""Reading one cluster: the LISTs of the engine, and a closer look at what they did not show.

A cluster is read whole or not at all. An account without cluster-wide rights is served namespace by namespace; a
namespace that refuses is unknown, the others count.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from reconcile.apply.picture import Picture
from reconcile.kinds import NAMESPACE
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.openshift.listing import Listings
from reconcile.skupper.live import ObjectKey, take_in
from reconcile.skupper.reading import Look, Read

T = TypeVar("T")

AT_ONCE = 5
"""LISTs sent to one cluster at the same time."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One LIST as it was answered: where its watch goes on."""

    read: Read
    resource_versions: dict[str | None, str]
    """Namespace (None: the whole cluster) -> resourceVersion."""
    shown: frozenset[ObjectKey]
    """What the LIST showed."""

    def keys(self, namespace: str | None) -> set[ObjectKey]:
        """What it showed in one namespace, or (None) everywhere."""
        return {key for key in self.shown if namespace in {None, key.namespace}}


@dataclass(frozen=True, slots=True)
class Accounts:
    """The clients of one cluster: the automation account, and the cluster-admin one where there is one."""

    client: Client
    admin: Client | None = None

    def of(self, *, admin: bool) -> Client:
        return self.admin if admin and self.admin else self.client

    def close(self) -> None:
        for client in (self.client, self.admin):
            if client:
                client.close()


def observe(
    accounts: Accounts, reads: Sequence[Read], namespaces: Sequence[str], picture: Picture
) -> list[Observed]:
    """Fill the picture of one cluster. `namespaces` are those of its declared sites.

    Raises ``ClusterError`` if any LIST that is not optional fails for the whole cluster.
    """
    listed = _at_once([partial(_list, accounts, read, namespaces, picture) for read in reads])
    observed = [found for found in listed if found]
    _note_half_read(observed, picture)
    return observed


def _note_half_read(observed: Sequence[Observed], picture: Picture) -> None:
    """A namespace of which one kind was listed and another one was not is as good as not read."""
    found = {key.namespace for entry in observed for key in entry.shown} - {""}
    for entry in observed:
        scope = entry.resource_versions.keys()
        if entry.read.kind.namespaced and None not in scope:
            for namespace in found - scope:
                picture.note_unreadable(namespace, f"{entry.read.kind.plural} may not be listed there")


def look_closer(accounts: Accounts, looks: Sequence[Look], picture: Picture) -> None:
    """For what the LISTs did not show: does somebody else have it, is there a namespace at all?"""
    _at_once([partial(_look, accounts, look, picture) for look in looks])
    there = {key.namespace for key in picture.view().objects}
    empty = {name for look in looks for name in look.namespaces} - there
    _at_once([partial(_find_namespace, accounts.client, name, picture) for name in sorted(empty)])


def _look(accounts: Accounts, look: Look, picture: Picture) -> None:
    kind = look.read.kind
    try:
        listings = accounts.of(admin=look.read.admin).list_all(
            kind, namespaces=look.namespaces, fields=look.read.fields
        )
    except (errors.NotServed, errors.Forbidden):
        if not look.read.optional:
            raise
        return
    for live in (take_in(kind, body) for body in listings.items):
        if not kind.namespaced or live.key.namespace in look.namespaces:
            picture.put(live)


def _find_namespace(client: Client, name: str, picture: Picture) -> None:
    try:
        client.get(NAMESPACE, name)
    except errors.NotFound:
        picture.note_missing_namespace(name)
    except errors.Forbidden:
        # The account may not look at namespaces; then a write will tell.
        return


def _list(accounts: Accounts, read: Read, namespaces: Sequence[str], picture: Picture) -> Observed | None:
    client = accounts.of(admin=read.admin)
    try:
        listings = client.list_all(
            read.kind, namespaces=namespaces, labels=read.labels or None, fields=read.fields or None
        )
    except errors.NotServed:
        if not read.optional:
            raise
        picture.note_absent_kind(read.kind)
        return None
    except (errors.Forbidden, errors.Unauthorised) as error:
        without = read.admin and not accounts.admin and isinstance(error, errors.Forbidden)
        if not without and not read.spare:
            raise
        return None
    return Observed(read, listings.resource_versions, _keep(read, listings, picture))


def _keep(read: Read, listings: Listings, picture: Picture) -> frozenset[ObjectKey]:
    """Put everything listed into the picture; gives the keys of it."""
    shown = set()
    for body in listings.items:
        live = take_in(read.kind, body)
        shown.add(live.key)
        picture.put(live)
    for namespace, refusal in listings.refused.items():
        if isinstance(refusal, errors.NotServed) and read.optional:
            picture.note_absent_kind(read.kind)
        elif isinstance(refusal, errors.NotFound):
            picture.note_missing_namespace(namespace)
        else:
            picture.note_unreadable(namespace, str(refusal))
    return frozenset(shown)


def _at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Do all jobs side by side; should one fail, those that have not begun are left out.

    Raises the error of the first job that failed, in the order of the jobs.
    """
    if not jobs:
        return []
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(jobs))) as threads:
        futures = [threads.submit(job) for job in jobs]
        wait(futures, return_when=FIRST_EXCEPTION)
        threads.shutdown(cancel_futures=True)
    return [future.result() for future in futures if not future.cancelled()]
