"""The one clock of a soak: API servers, Skupper and runs all have it, so each can judge what the others write."""

import time
from datetime import UTC, datetime

from reconcile.sandbox.skupper.clock import ManualClock


class FastClock(ManualClock):
    """Passes `pace` times as fast as ours, and days at once by ``advance``."""

    def __init__(self, pace: float) -> None:
        super().__init__()
        self._pace, self._began = pace, time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return super().now() + (time.monotonic() - self._began) * self._pace

    def moment(self) -> datetime:
        """The same in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def until(self, moment: float) -> float:
        """Seconds of this machine until a moment, if no time is advanced."""
        return max(0.0, moment - self.now()) / self._pace
