"""Keeping a picture current: one watch for each LIST, in a thread of its own.

A watch that ends goes on where it stopped; one whose place in history has expired starts from a new LIST. A watch that
is refused is told and not tried again: without it nobody would learn that anything has happened. A cluster whose
watches cannot be opened any more is given up after a while: what it looked like before says nothing of what it looks
like now, and nobody should wait for it.
"""

import threading
import time
from collections.abc import Callable, Sequence

from reconcile.apply.observing import Accounts, Observed
from reconcile.apply.picture import Picture
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.openshift.watching import WatchEvent
from reconcile.skupper.live import ObjectKey, take_in
from reconcile.skupper.reading import Read

PAUSE = 2.0
"""Seconds before a watch that could not be opened, or ends at once time and again, is tried again."""

SHORT = 1.0
"""Seconds; a watch that was shorter has ended at once."""

LOST_AFTER = 6.0
"""Seconds in which no watch could be opened, after which a cluster is given up."""


class Watches:
    """All watches of one cluster."""

    def __init__(
        self,
        accounts: Accounts,
        picture: Picture,
        changed: Callable[[], None],
        *,
        refused: Callable[[errors.ClusterError], None],
        lost: Callable[[str], None],
        longest: float,
    ) -> None:
        """`changed` is called after each change of the picture, `refused` if the account may not watch, and `lost`, at
        most once, with the reason when the cluster is given up; `longest` bounds every watch, in seconds.
        """
        self._accounts = accounts
        self._picture = picture
        self._changed = changed
        self._refused = refused
        self._lost = lost
        self._longest = longest
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def start(self, observed: Sequence[Observed]) -> None:
        """Start a watch for each LIST that was answered; cheap, returns at once."""
        for entry in observed:
            for namespace, version in entry.resource_versions.items():
                threading.Thread(
                    target=self._follow,
                    args=(entry.read, namespace, version, entry.keys(namespace)),
                    name=f"watch-{entry.read.kind.plural}",
                    daemon=True,
                ).start()

    def stop(self) -> None:
        self._stop.set()

    def _follow(self, read: Read, namespace: str | None, version: str, seen: set[ObjectKey]) -> None:
        client = self._accounts.of(admin=read.admin)
        answered = time.monotonic()
        short = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                version = self._go_on(client, read, namespace, version, seen)
                answered = time.monotonic()
                short = short + 1 if answered - began < SHORT else 0
                if short > 1:
                    # Something on the way ends every watch at once: do not ask as fast as it answers.
                    self._stop.wait(PAUSE)
            except (errors.Forbidden, errors.Unauthorised) as refusal:
                self._refused(refusal)
                return
            except errors.ClusterError as error:
                if time.monotonic() - answered > LOST_AFTER:
                    self._give_up(str(error))
                self._stop.wait(PAUSE)

    def _go_on(
        self, client: Client, read: Read, namespace: str | None, version: str, seen: set[ObjectKey]
    ) -> str:
        """Watch until the server ends it; give the version to go on from."""
        try:
            return self._watch_once(client, read, namespace, version, seen)
        except errors.Gone:
            return self._list_again(client, read, namespace, seen)

    def _give_up(self, reason: str) -> None:
        with self._lock:
            if not self._stop.is_set():
                self._stop.set()
                self._lost(reason)

    def _watch_once(
        self, client: Client, read: Read, namespace: str | None, version: str, seen: set[ObjectKey]
    ) -> str:
        for event in client.watch(
            read.kind,
            namespace=namespace,
            labels=read.labels or None,
            fields=read.fields or None,
            resource_version=version,
            timeout=self._longest,
            stop=self._stop,
        ):
            version = event.resource_version or version
            if self._take_in(read, event, seen):
                self._changed()
        return version

    def _take_in(self, read: Read, event: WatchEvent, seen: set[ObjectKey]) -> bool:
        if event.type == "BOOKMARK":
            return False
        found = take_in(read.kind, event.object)
        if event.type == "DELETED":
            seen.discard(found.key)
            return self._picture.remove(*found.key, uid=found.uid)
        seen.add(found.key)
        return self._picture.put(found)

    def _list_again(self, client: Client, read: Read, namespace: str | None, seen: set[ObjectKey]) -> str:
        listing = client.list(
            read.kind, namespace=namespace, labels=read.labels or None, fields=read.fields or None
        )
        found = [take_in(read.kind, body) for body in listing.items]
        shown = {live.key for live in found}
        for live in found:
            self._picture.put(live)
        for key in seen - shown:
            self._picture.remove(*key)
        seen.clear()
        seen.update(shown)
        self._changed()
        return listing.resource_version
