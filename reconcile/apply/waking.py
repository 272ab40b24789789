"""Wakes the run loop when another thread has an event."""

import threading
import time
from collections.abc import Callable


class Wakeup:
    """An event that any thread may set and one thread waits for, with the clock for its waits."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` returns seconds on a clock that never goes back."""
        self.now = now
        self._rung = threading.Event()

    def ring(self, _: str = "") -> None:
        """Wake the waiting thread. The change must be visible before this is called."""
        self._rung.set()

    def wait(self, longest: float, linger: float, heed: Callable[[], None]) -> None:
        """Wait at most `longest` seconds for a ring, then `linger` seconds for further ones; call `heed` after each."""
        if not self._rung.wait(longest):
            return
        end = self.now() + linger
        while True:
            # A ring from here on is heeded next time; changes before it are visible now.
            self._rung.clear()
            heed()
            left = end - self.now()
            if left <= 0 or not self._rung.wait(left):
                return
