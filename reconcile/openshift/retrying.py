"""Retries: when to try again, and when to stop.

Retried are failed, reset and interrupted connections, 429 and 5xx, and a write that conflicts with another one (409,
see ``answers.may_pass``). Never retried are other 4xx, an invalid certificate, and a server that was silent for the
whole read time-out. Pauses double, with jitter, so that clients do not retry in step.

With the default settings, a dead cluster costs a caller about 1.5 s if it refuses connections, and at most two connect
time-outs and a pause, 10.5 s, if nothing answers at all (see also ``circuit_breaker``). A server that accepts a request
and stays silent costs one read time-out, 10 s.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from reconcile.openshift.access import Retries
from reconcile.openshift.circuit_breaker import CircuitBreaker
from reconcile.openshift.faults import TransportError
from reconcile.openshift.messages import Answer, RequestCounts

T = TypeVar("T")

REACH_WITHIN = 8.0
"""Seconds after which no further attempt to get a connection begins."""


class Retrier:
    """Repeats a request until it succeeds, fails for good, or is stopped. Stateless between requests."""

    def __init__(
        self,
        retries: Retries,
        counts: RequestCounts,
        breaker: CircuitBreaker,
        sleep: Callable[[float], object],
        stop: threading.Event | None = None,
    ) -> None:
        self._stop = stop or threading.Event()
        self._retries = retries
        self._breaker = breaker
        self._counts = counts
        self._sleep = sleep

    def run(
        self,
        attempt: Callable[[], T],
        sleep: Callable[[float], object] | None = None,
        may_pass: Callable[[Answer], bool] = lambda answer: answer.busy,
    ) -> T:
        """Return the first result that is not an answer which may pass, or the last one if all were.

        A caller can pass an interruptible ``sleep``. Raises ``TransportError`` with the last fault.
        """
        began = time.monotonic()
        number = 1
        while True:
            asked = 0.0
            try:
                result = attempt()
            except TransportError as error:
                limit = REACH_WITHIN if error.fault.connecting else self._retries.within
                if not error.fault.transient or self._exhausted(number, began, limit):
                    self._breaker.trip(error.fault)
                    raise
            else:
                if not isinstance(result, Answer) or not may_pass(result):
                    return result
                if self._exhausted(number, began, self._retries.within):
                    return result
                asked = result.retry_after
            self._counts.add(retries=1)
            (sleep or self._sleep)(self.pause(number, asked))
            number += 1

    def _exhausted(self, number: int, began: float, limit: float) -> bool:
        return number >= self._retries.attempts or time.monotonic() - began > limit or self._stop.is_set()

    def pause(self, number: int, asked: float = 0.0) -> float:
        """Seconds to wait after attempt ``number`` (from 1), when the server asked for ``asked`` seconds."""
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 # nosec B311 # nothing secret about it
        backoff: float = self._retries.base * 2 ** (number - 1) * jitter
        return min(self._retries.cap, max(backoff, asked))
