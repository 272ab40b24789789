"""Counts the requests of a client, for example to prove that a second run writes nothing."""

import threading


class RequestCounts:
    """Thread-safe counters."""

    __slots__ = ("_lock", "reads", "retries", "watches", "writes")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reads = 0
        """GET and LIST requests (each chunk of a list is one), and dry runs, for they change nothing."""
        self.writes = 0
        """Requests that may change something, whether or not they succeeded."""
        self.retries = 0
        """Further attempts at any of the others; not counted again there."""
        self.watches = 0
        """Watches opened."""

    def add(self, *, reads: int = 0, writes: int = 0, retries: int = 0, watches: int = 0) -> None:
        """Raise the given counters."""
        with self._lock:
            self.reads += reads
            self.writes += writes
            self.retries += retries
            self.watches += watches

    @property
    def total(self) -> int:
        """All requests sent."""
        with self._lock:
            return self.reads + self.writes + self.retries + self.watches

    def __repr__(self) -> str:
        return (
            f"RequestCounts(reads={self.reads}, writes={self.writes}, "
            f"retries={self.retries}, watches={self.watches})"
        )
