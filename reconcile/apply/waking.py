"""What a run waits on: other threads say that something has happened."""

import threading
import time


class Wakeup:
    """An alarm that any thread may ring and one waits for, with the clock that its waits are measured by."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self, _: str = "") -> None:
        """Say that something has happened. What it is can be seen before this is called."""
        self._rung.set()

    def wait(self, longest: float, linger: float) -> None:
        """Wait until somebody rings, but no longer than `longest`; then `linger` for what comes with it."""
        if self._rung.wait(longest):
            time.sleep(linger)
        # Whoever rings from here on is heard by the next wait; what happened before is seen after this one.
        self._rung.clear()

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()
