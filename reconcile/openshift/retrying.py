"""When to try again, and when to stop.

Tried again: a connection that failed, was reset or broke off, 429 and 5xx, and a write that met another one (409,
see ``answers.may_pass``). Never: any other 4xx, a certificate that is not valid, a server that stayed silent for the
whole read time-out. Pauses double, with jitter, so that many clients do not come back in step.

What a dead cluster costs a caller with the default settings: about 1.5 s if it refuses connections; at most two
connect time-outs and a pause, 10.5 s, if nothing answers at all (see also ``outages``). A server that takes a
request and then stays silent costs one read time-out, 10 s.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from reconcile.openshift.access import Retries
from reconcile.openshift.circuit_breaker import CircuitBreaker
from reconcile.openshift.counting import RequestCounts
from reconcile.openshift.faults import TransportError
from reconcile.openshift.messages import Answer

T = TypeVar("T")

REACH_WITHIN = 8.0
"""Seconds after which no further attempt to get a connection begins."""


class Retrier:
    """Tries one request after another until an answer settles it, or somebody says stop. Stateless between requests."""

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

        ``sleep`` may be given by a caller who can be woken. Raises ``TransportError`` with the last fault.
        """
        began = time.monotonic()
        number = 1
        while True:
            asked = 0.0
            try:
                result = attempt()
            except TransportError as error:
                limit = REACH_WITHIN if error.fault.reaching else self._retries.within
                if not error.fault.passing or self._exhausted(number, began, limit):
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
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret about it
        backoff: float = self._retries.base * 2 ** (number - 1) * jitter
        return min(self._retries.cap, max(backoff, asked))
