"""Where news of one cluster goes while it is watched, and how long the cluster may be silent."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reconcile.apply.cache import ClusterCache
from reconcile.openshift import errors

LOST_AFTER = 6.0
"""Seconds without an answer after which a cluster is given up."""


@dataclass(eq=False)
class Sink:
    """The picture of one cluster, and whom to tell about it; shared by all threads that watch the cluster."""

    cache: ClusterCache
    changed: Callable[[], None]
    """Called after each change of the picture."""
    refused: Callable[[errors.ClusterError], None]
    """Called if the account may not look somewhere, or a namespace cannot be read any more."""
    lost: Callable[[str], None]
    """Called at most once, with the reason, when the cluster is given up."""
    clock: Callable[[], float] = time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)
    """Ends all watching."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give_up(self, reason: str) -> None:
        """Stop watching the cluster, and tell why."""
        with self._lock:
            if self.stop.is_set():
                return
            self.stop.set()
        self.lost(reason)

    def guard(self, cluster: str, job: Callable[[], None]) -> None:
        """Do the job of a thread. A surprise in it gives the cluster up: otherwise all would wait for nothing."""
        try:
            job()
        except Exception as error:  # noqa: BLE001 its text may quote an object, so only its name is told
            self.give_up(f"{cluster}: {type(error).__name__} while watching")


class Grace:
    """How long something has gone without an answer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.since = math.inf
        """When the first of the attempts began that have failed since the last answer; never, after an answer."""

    def renew(self) -> None:
        """Note an answer."""
        self.since = math.inf

    def is_over(self, began: float) -> bool:
        """Note a failure of what began then; True if there has been no answer for too long."""
        self.since = min(self.since, began)
        return self._clock() - self.since > LOST_AFTER
