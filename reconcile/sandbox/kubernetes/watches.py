"""Watches: the history after a resourceVersion, then every event as it happens.

An object that stops matching the selector of a watch is reported there as deleted, one that starts matching as added.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import ApiError, generic
from reconcile.sandbox.kubernetes.selectors import Selector
from reconcile.sandbox.kubernetes.store import Event, EventType, Record, Store, to_json


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What a client wants to watch."""

    resource: Resource
    namespace: str
    selector: Selector
    since: int
    """The revision after which it starts; 0: the objects that exist come first."""
    timeout: float
    """Seconds after which the server ends the watch."""
    bookmarks: bool

    def sees(self, record: Record | None) -> bool:
        """Whether an object is part of what is watched."""
        if record is None or (self.namespace and record.namespace != self.namespace):
            return False
        return self.selector.matches(record.object)


_LAST_BOOKMARK = 2
"""A watch of more than so many seconds gets a last bookmark at its end."""


class Watch:
    """One open watch."""

    def __init__(self, store: Store, request: WatchRequest, bookmark_interval: float) -> None:
        self._store = store
        self._request = request
        self._interval = bookmark_interval
        self._ready: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    def close(self) -> None:
        """End the watch, as a server does when it shuts down."""
        self._closed = True
        self._wake.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Bytes to send, until the time is over or the watch is closed."""
        unsubscribe = self._store.watch(self._request.resource.kind, self._on_event)
        try:
            self._start()
            async for chunk in self._follow():
                yield chunk
        except ApiError as error:
            yield b'{"type":"ERROR","object":' + to_json(error.status()) + b"}\n"
        finally:
            unsubscribe()

    def _start(self) -> None:
        request = self._request
        if request.since == 0:
            for record in self._store.records(request.resource.kind, request.namespace):
                if request.sees(record):
                    self._report("ADDED", record)
            return
        for event in self._store.since(request.resource.kind, request.since):
            self._on_event(event)

    async def _follow(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._request.timeout
        bookmark = loop.time() + self._interval
        while not self._closed:
            if self._ready:
                chunk = b"".join(self._ready)
                self._ready.clear()
                yield chunk
                continue
            now = loop.time()
            if now >= end:
                break
            if self._request.bookmarks and now >= bookmark:
                bookmark = now + self._interval
                yield self._bookmark()
            self._wake.clear()
            limit = min(end, bookmark) if self._request.bookmarks else end
            await _wait(self._wake, limit - loop.time())
        if self._request.bookmarks and self._request.timeout > _LAST_BOOKMARK and not self._closed:
            yield self._bookmark()

    def _on_event(self, event: Event) -> None:
        request = self._request
        seen, was_seen = request.sees(event.record), request.sees(event.before)
        if event.type == "DELETED":
            if was_seen:
                self._report("DELETED", event.record)
        elif seen:
            self._report("MODIFIED" if was_seen else "ADDED", event.record)
        elif was_seen and event.before is not None:
            self._report("DELETED", event.before.at_revision(event.revision))

    def _report(self, event_type: EventType, record: Record) -> None:
        self._ready.append(b'{"type":"' + event_type.encode() + b'","object":' + record.body + b"}\n")
        self._wake.set()

    def _bookmark(self) -> bytes:
        kind = self._request.resource.kind
        metadata = {"resourceVersion": str(self._store.revision)}
        mark = {"kind": kind.name, "apiVersion": kind.api_version, "metadata": metadata}
        return b'{"type":"BOOKMARK","object":' + to_json(mark) + b"}\n"


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await event.wait()
    except TimeoutError:
        return


def parse_revision(text: str) -> int:
    """A resourceVersion as a number; none is 0.

    Raises:
        ApiError: 500, which is what a kube-apiserver makes of it.
    """
    if text and not text.isdigit():
        raise generic(f'resourceVersion: Invalid value: "{text}": it is not a number')
    return int(text or 0)
