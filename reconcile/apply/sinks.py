"""Where the events of one watched cluster go, and how long the cluster may be silent."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reconcile.apply.cache import ClusterCache
from reconcile.openshift import errors
from reconcile.unexpected import describe

LOST_AFTER = 6.0
"""Seconds without an answer after which a cluster is given up."""


@dataclass(eq=False)
class Sink:
    """The cache of one cluster and the callbacks for changes; shared by all threads that watch the cluster."""

    cache: ClusterCache
    changed: Callable[[], None]
    """Called after each change of the cache."""
    refused: Callable[[errors.ClusterError], None]
    """Called if the account may not list or watch, or a namespace can no longer be read."""
    lost: Callable[[str], None]
    """Called at most once, with the reason, when the cluster is given up."""
    clock: Callable[[], float] = time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)
    """Ends all watching."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give_up(self, reason: str) -> None:
        """Stop watching the cluster, for this reason."""
        with self._lock:
            if self.stop.is_set():
                return
            self.stop.set()
        self.lost(reason)

    def guard(self, cluster: str, job: Callable[[], None]) -> None:
        """Run the job of a thread. An unexpected error gives the cluster up: otherwise the run would wait in vain."""
        try:
            job()
        except Exception as error:  # noqa: BLE001 its text may quote an object, so only its class is reported
            self.give_up(f"{cluster}: cannot be watched: {describe(error)}")


class Grace:
    """Tracks how long there has been no answer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.since = math.inf
        """Start of the first failed attempt since the last answer; infinite if none failed."""

    def renew(self) -> None:
        """Note an answer."""
        self.since = math.inf

    def is_over(self, began: float) -> bool:
        """Note that an attempt begun then has failed; True if there has been no answer for too long."""
        self.since = min(self.since, began)
        return self._clock() - self.since > LOST_AFTER
