"""Puts the chunks of a LIST together; refuses chunks that do not add up, and lists that never end.

A server that loses, repeats or mixes objects must not make us believe that some were deleted, and one that goes on for
ever must not take all our memory. What all LISTs of a cluster hold is counted together, since a run keeps them.
"""

import re
import threading
import time
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any

from reconcile.http.documents import count_values
from reconcile.http.exchange import megabytes
from reconcile.openshift import answers, errors
from reconcile.openshift.answers import Call
from reconcile.openshift.messages import Answer, Listing

Json = dict[str, Any]

MOST_OBJECTS = 50_000
"""Objects of one LIST."""
MOST_CHUNKS = 1_000
"""Chunks of one LIST, should they hold few objects or none."""
MOST_MEMORY = 96 << 20
"""Bytes that the LISTs of one cluster may take in memory, estimated; some 6,000 Secrets with certificates."""
_VALUE = 100
"""Bytes that a value takes besides its text."""
_WIDE = re.compile(rb"\\u(?!00)")
"""An escaped character that makes Python store its string in two or four bytes a character."""


class Holdings:
    """What the LISTs of one cluster hold in memory, by what was listed; thread-safe."""

    def __init__(self, most: int = MOST_MEMORY) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: dict[Hashable, int] = {}

    def hold(self, key: Hashable, size: int, call: Call) -> None:
        """Note what one LIST holds by now. Raises ``Excessive`` if all of them hold too much."""
        with self._lock:
            self._held[key] = size
            if sum(self._held.values()) <= self._most:
                return
            del self._held[key]
        raise call.failed(
            errors.Excessive, f"the lists of this cluster take more than {megabytes(self._most)} of memory"
        )

    def drop(self, key: Hashable) -> None:
        """Note that a LIST has failed and holds nothing."""
        with self._lock:
            self._held.pop(key, None)


def estimate(body: bytes | bytearray) -> int:
    """Bytes that a JSON text takes in memory once it is parsed, or somewhat more."""
    width = 1 if body.isascii() and not _WIDE.search(body) else 4
    return width * len(body) + _VALUE * count_values(body)


class Chunks:
    """The chunks of one LIST, in the order in which they come."""

    def __init__(
        self,
        call: Call,
        holdings: Holdings,
        key: Hashable,
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``seconds``: until the last chunk."""
        self._call = call
        self._holdings = holdings
        self._key = key
        self._seconds = seconds
        self._clock = clock
        self._began = clock()
        self._items: list[Json] = []
        self._seen: set[str] = set()
        self._tokens: set[str] = set()
        self._versions: set[str] = set()
        self._announced = 0
        self._size = 0
        self._listed_at: datetime | None = None

    def take(self, answer: Answer) -> str:
        """Add a chunk, and return the token to ask for the next one with, empty if this is the last.

        Raises:
            InconsistentList: The chunks are not of one list.
            Excessive: They go on for too long.
            ClusterError: The answer is an error or no list.
        """
        # Before it is parsed, which is what takes the memory.
        self._size += estimate(answer.body)
        self._holdings.hold(self._key, self._size, self._call)
        document = answers.read(answer, self._call)
        # All chunks show the state at the time of the first.
        self._listed_at = self._listed_at or answer.date
        page = answers.items(document, self._call)
        metadata = answers.metadata(document)
        self._check_unseen(page)
        self._items += page
        version = metadata.get("resourceVersion")
        self._versions |= {version} if isinstance(version, str) and version else set()
        if len(self._versions) > 1:
            raise self._inconsistent("the server cut the chunks from lists of different versions")
        token = metadata.get("continue") or ""
        if not token:
            if len(self._items) < self._announced:
                raise self._inconsistent(
                    f"the server announced {self._announced} objects and listed {len(self._items)}"
                )
            return ""
        self._check_end(token)
        remaining = metadata.get("remainingItemCount")
        self._announced = len(self._items) + (remaining if isinstance(remaining, int) else 0)
        return str(token)

    def listing(self) -> Listing:
        """All chunks as one."""
        return Listing(
            tuple(self._items), next(iter(self._versions), ""), (self._call.namespace,), self._listed_at
        )

    def _check_unseen(self, page: list[Json]) -> None:
        for each in page:
            metadata = each["metadata"]
            namespace, name = answers.text(metadata.get("namespace")), answers.text(metadata.get("name"))
            if self._call.namespace and namespace not in {"", self._call.namespace}:
                raise self._inconsistent(f"the server listed {namespace}/{name}, which is elsewhere")
            # By UID: the same name may come twice if it was deleted and created meanwhile.
            uid = answers.text(metadata.get("uid"))
            if uid and uid in self._seen:
                where = "/".join(filter(None, (namespace, name)))
                raise self._inconsistent(f"the server listed {where} more than once")
            self._seen.add(uid)

    def _check_end(self, token: object) -> None:
        if not isinstance(token, str) or token in self._tokens:
            raise self._inconsistent("the server repeats its continue token")
        self._tokens.add(token)
        excess = ""
        if len(self._items) > MOST_OBJECTS:
            excess = f"more than {MOST_OBJECTS} objects"
        elif len(self._tokens) >= MOST_CHUNKS:
            excess = f"more than {MOST_CHUNKS} chunks"
        elif self._clock() - self._began > self._seconds:
            excess = f"more chunks than it could send within {self._seconds:g} s"
        if excess:
            raise self._call.failed(errors.Excessive, f"the list has {excess}")

    def _inconsistent(self, reason: str) -> errors.ClusterError:
        return self._call.failed(errors.InconsistentList, answers.shorten(reason))
