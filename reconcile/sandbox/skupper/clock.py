"""Time as the simulated components see it, so that tests need not wait for two minutes to pass."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """The time of the machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def until(self, moment: float) -> float:
        """Seconds of this machine to wait until a moment, 0 if it is over; less if ``subscribe`` wakes before."""
        return max(0.0, moment - self.now())

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever the time jumps, which this clock never does."""


class ManualClock(Clock):
    """A clock that only ``advance`` moves."""

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start
        self._wakes: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            return self._now

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` after every ``advance``."""
        with self._lock:
            self._wakes.append(wake)

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        with self._lock:
            self._now += seconds
            wakes = tuple(self._wakes)
        for wake in wakes:
            wake()


def to_seconds(timestamp: str | None) -> float:
    """Return a time of the Kubernetes API as epoch seconds; 0 if there is none."""
    return datetime.fromisoformat(timestamp).timestamp() if timestamp else 0.0


def to_timestamp(moment: float) -> str:
    """Return epoch seconds as the Kubernetes API writes times."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
