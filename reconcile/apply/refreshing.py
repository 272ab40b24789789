"""Decides when a run lists again what it has read, since a watch that says nothing proves nothing.

A proxy or load balancer may open watches and let no event through, and the run cannot tell this from a quiet cluster.
So what is awaited is listed again every 15 s, and once more before the run gives its verdict. The heartbeats are always
listed with it: they are not watched at all.
"""

from collections.abc import Callable, Collection
from typing import Protocol

EVERY = 15.0
"""Seconds after which a waiting run lists again; a verdict is never based on older heartbeats."""

FRESH = 2.0
"""Seconds for which a LIST is good enough for the verdict about what is not as declared."""

WITHIN = 10.0
"""Seconds that a run waits at its end for these LISTs; what a cluster showed before counts if it takes longer."""

_WorkKeys = Collection[tuple[str, str]]


class Refreshable(Protocol):
    """What can be listed again: a fleet."""

    def refresh(self, work_keys: _WorkKeys, done: Callable[[str], None]) -> None:
        """Start to list the heartbeats, and all else in these work keys; `done` is called for each cluster."""


class Refreshing:
    """When the clusters of one run are listed again."""

    def __init__(self, fleet: Refreshable, now: Callable[[], float], ring: Callable[[str], None]) -> None:
        """`ring` is called when a cluster has been listed."""
        self._fleet = fleet
        self._now = now
        self._ring = ring
        self._began = 0.0
        self._last = False

    def begin(self) -> None:
        """Note that everything is being read now."""
        self._began = self._now()

    def while_waiting(self, awaited: _WorkKeys) -> None:
        """List again what is awaited if that is due."""
        if self._now() - self._began >= EVERY:
            self._list(awaited)

    def before_the_verdict(self, in_question: _WorkKeys, *, listing: bool) -> bool:
        """List again for the verdict, if what is known is too old for it; True if the answers must be waited for.

        `in_question` is where something is not as declared; `listing` is true if the last plan was made during a LIST.
        """
        age = self._now() - self._began
        # Once only: by a cluster that does not answer it would be due again and again.
        if age >= (FRESH if in_question and not self._last else EVERY):
            self._last = True
            self._list(in_question)
            return True
        return listing and age < WITHIN

    def _list(self, work_keys: _WorkKeys) -> None:
        self._began = self._now()
        self._fleet.refresh(work_keys, self._ring)
