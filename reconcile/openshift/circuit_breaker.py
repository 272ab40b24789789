"""Remembers for a moment that a cluster does not answer, so that the wait is paid once and not by each
request.

A black hole, or a server that takes requests and does not answer, costs a caller seconds. Ten callers in a row,
or more than the pool has connections, would pay ten times. Only time-outs count: a refused connection is told at
once anyway, and its server may be back any moment.
"""

import threading
import time
from dataclasses import replace

from reconcile.openshift.faults import TransportError, TransportFault

REMEMBERED = 10.0
"""Seconds for which other requests fail at once."""


class CircuitBreaker:
    """The last silence of one cluster. Shared by the threads of a client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault: TransportFault | None = None
        self._until = 0.0

    def check(self) -> None:
        """Raise ``TransportError`` if the cluster was silent a moment ago."""
        with self._lock:
            if self._fault is not None and time.monotonic() < self._until:
                raise TransportError(self._fault)
            self._fault = None

    def trip(self, fault: TransportFault) -> None:
        """Note that somebody has given up on the cluster, if it was for its silence."""
        if not fault.silent:
            return
        with self._lock:
            self._fault = replace(fault, passing=False)
            self._until = time.monotonic() + REMEMBERED
