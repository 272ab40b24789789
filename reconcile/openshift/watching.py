"""A watch: changes of objects as they happen, one JSON document a line.

A watch ends without an error at its time-out, when the caller's stop event is set, when the server ends it, or when
the connection breaks: in each case the caller resumes from the last ``resourceVersion`` that it saw. Only an
ERROR event is raised, and that a server sends no events, or more of them than we would read.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, cast, get_args

from urllib3.exceptions import HTTPError

from reconcile.http import documents
from reconcile.http.exchange import megabytes
from reconcile.openshift import answers, errors

PIECE = 1 << 16
"""Maximum bytes read from the connection at once."""
LONGEST_LINE = 8 << 20
"""Bytes of one event. etcd takes no object that is larger than two million."""
MOST_RECEIVED = 64 << 20
"""Bytes of one watch. The busiest cluster sends a tenth of that while a run waits; endless bookmarks are more."""
LOOK_EVERY = 0.2
"""Seconds between two checks of the stop events."""

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
_TYPES = frozenset(get_args(EventType))


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change."""

    type: EventType
    object: dict[str, Any] = field(repr=False)
    """The object after the change (before it for DELETED); for BOOKMARK nothing but a ``resourceVersion``."""

    @property
    def resource_version(self) -> str:
        """Where to resume after this event."""
        version = self.object["metadata"].get("resourceVersion")
        return version if isinstance(version, str) else ""


class Body(Protocol):
    """The body of a watch's answer, read by one thread; urllib3's responses are such."""

    def read1(self, amount: int) -> bytes:
        """The next bytes; none at the end."""

    def shutdown(self) -> None:
        """Have the reader see the end now; from any thread."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(eq=False, slots=True)
class Stream:
    """An open watch and what ends it."""

    response: Body
    stop: threading.Event
    deadline: float
    """On the monotonic clock."""

    @property
    def over(self) -> bool:
        """The caller has stopped, or its time is up."""
        return self.stop.is_set() or time.monotonic() >= self.deadline


class WatchCloser:
    """Closes the connections of streams that are over, by one thread for all streams of a client.

    A blocked read cannot check an event, and a socket time-out would corrupt the stream in the middle of a line. So a
    thread checks every open stream and shuts its connection down. It runs only while streams are open.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._streams: set[Stream] = set()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def closing(self, stream: Stream) -> Iterator[None]:
        """Watch over a stream, and close its connection at the end."""
        with self._changed:
            if self._closed:
                stream.deadline = 0.0
            self._streams.add(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="watch-closer", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._streams.discard(stream)
                self._changed.notify()
            stream.response.close()

    def close_all(self) -> None:
        """End every stream, also those still to come."""
        with self._changed:
            self._closed = True
            for stream in self._streams:
                stream.deadline = 0.0
            self._changed.notify()

    def _look(self) -> None:
        with self._changed:
            while self._streams:
                for stream in self._streams:
                    if stream.over:
                        _shut(stream.response)
                self._changed.wait(LOOK_EVERY)
            self._thread = None


def _shut(response: Body) -> None:
    # The reader may have finished a moment ago and released the connection.
    try:
        response.shutdown()
    except (OSError, RuntimeError, ValueError):
        return


def events(stream: Stream, call: answers.Call) -> Iterator[WatchEvent]:
    """Read events until the stream ends. Raises the error that an ERROR event means, ``Gone`` for 410."""
    for line in _lines(stream, call):
        if stream.over:
            # Data after the shutdown may be undecrypted.
            return
        event = read_line(line, call)
        if event is None:
            # Ignoring it would make the caller reconnect to the same server again and again.
            raise call.failed(errors.Unreachable, "a line of the watch is not an event of the Kubernetes API")
        yield event


def _lines(stream: Stream, call: answers.Call) -> Iterator[bytes]:
    pending = bytearray()
    received = 0
    while not stream.over:
        try:
            piece = stream.response.read1(PIECE)
        except (HTTPError, OSError, ValueError):
            return
        if not piece:
            return
        received += len(piece)
        head, newline, rest = piece.rpartition(b"\n")
        if newline:
            lines = bytes(pending + head).split(b"\n")
            pending = bytearray(rest)
            yield from (line for line in lines if line.strip())
        else:
            pending += piece
        if len(pending) > LONGEST_LINE:
            raise _excessive(call, f"a line of the watch is longer than {megabytes(LONGEST_LINE)}")
        if received > MOST_RECEIVED:
            raise _excessive(call, f"the watch sent more than {megabytes(MOST_RECEIVED)}")


def _excessive(call: answers.Call, reason: str) -> errors.ClusterError:
    return call.failed(errors.Excessive, reason)


def read_line(line: bytes, call: answers.Call) -> WatchEvent | None:
    """The event on a line, or ``None`` if the line holds none."""
    try:
        document = documents.parse(line)
    except documents.NotJson:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("object"), dict):
        return None
    kind, changed = document.get("type"), document["object"]
    if kind == "ERROR":
        raise answers.from_status(changed, call)
    if kind not in _TYPES or not answers.is_object(changed):
        return None
    return WatchEvent(cast("EventType", kind), changed)
