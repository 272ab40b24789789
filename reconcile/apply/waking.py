"""Wakes the run loop when another thread has an event."""

import threading
import time


class Wakeup:
    """An event that any thread may set and one thread waits for, with the clock for its waits."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self, _: str = "") -> None:
        """Wake the waiting thread. The change must be visible before this is called."""
        self._rung.set()

    def wait(self, longest: float, linger: float) -> None:
        """Wait at most `longest` seconds for a ring, then `linger` seconds for further ones."""
        if self._rung.wait(longest):
            time.sleep(linger)
        # A ring from here on ends the next wait; changes before it are visible after this one.
        self._rung.clear()

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()
