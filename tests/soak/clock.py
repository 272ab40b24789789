"""The one clock of a soak: API servers, Skupper and runs all have it, so each can judge what the others write."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from reconcile.sandbox.skupper.clock import Clock


class FastClock(Clock):
    """Passes `pace` times as fast as ours, and whole days at once."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._start, self._began = time.time(), time.monotonic()
        self._skipped = 0.0
        self._wakes: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._start + (time.monotonic() - self._began) * self._pace + self._skipped

    def moment(self) -> datetime:
        """The same in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def until(self, moment: float) -> float:
        """Seconds of this machine until a moment, if no time is skipped."""
        return max(0.0, moment - self.now()) / self._pace

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever time is skipped."""
        with self._lock:
            self._wakes.append(wake)

    def skip(self, seconds: float) -> None:
        """Let so much time pass at once."""
        with self._lock:
            self._skipped += seconds
            wakes = tuple(self._wakes)
        for wake in wakes:
            wake()
