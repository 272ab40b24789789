"""A circuit breaker: after a time-out, requests to a cluster fail at once for a while.

A server that drops packets, or accepts requests and does not answer, costs each caller seconds. Ten callers in a row,
or more than the pool has connections, would wait ten times. Only time-outs count: a refused connection fails at once
anyway, and its server may be back any moment.
"""

import threading
import time
from dataclasses import replace

from reconcile.openshift.faults import TransportError, TransportFault

OPEN_FOR = 10.0
"""Seconds for which other requests fail at once."""


class CircuitBreaker:
    """The circuit breaker of one cluster; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault: TransportFault | None = None
        self._until = 0.0

    def check(self) -> None:
        """Raise ``TransportError`` while the breaker is open."""
        with self._lock:
            if self._fault is not None and time.monotonic() < self._until:
                raise TransportError(self._fault)
            self._fault = None

    def trip(self, fault: TransportFault) -> None:
        """Open the breaker, if the fault was a time-out."""
        if not fault.silent:
            return
        with self._lock:
            self._fault = replace(fault, transient=False)
            self._until = time.monotonic() + OPEN_FOR
