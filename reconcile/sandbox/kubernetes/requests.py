"""What clients asked of a cluster, counted for tests and summaries."""

import threading
from collections import Counter
from dataclasses import dataclass

from reconcile.sandbox.kubernetes.calls import Call


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """A snapshot of the counters of one cluster."""

    reads: int
    """``get`` and ``list``, of whatever outcome; discovery is counted apart."""
    writes: int
    """Everything that could have changed something, dry runs left out."""
    dry_runs: int
    watches: int
    """Watches opened."""
    discovery: int
    by_verb: dict[tuple[str, str], int]
    """Requests by verb and plural, for example ``("list", "secrets")``; dry runs included."""

    @property
    def total(self) -> int:
        """All requests."""
        return self.reads + self.writes + self.dry_runs + self.watches + self.discovery


class RequestCounter:
    """Counts the requests of one cluster. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._by_verb: Counter[tuple[str, str]] = Counter()

    def count(self, call: Call, *, dry_run: bool) -> None:
        """Count a request for a resource."""
        sort = "watches" if call.verb == "watch" else "reads"
        if call.is_write:
            sort = "dry_runs" if dry_run else "writes"
        with self._lock:
            self._totals[sort] += 1
            self._by_verb[call.verb, call.resource.kind.plural] += 1

    def count_discovery(self) -> None:
        """Count a request for anything that is no resource."""
        with self._lock:
            self._totals["discovery"] += 1

    def snapshot(self) -> RequestCounts:
        """The counts so far."""
        with self._lock:
            totals = self._totals
            return RequestCounts(
                reads=totals["reads"],
                writes=totals["writes"],
                dry_runs=totals["dry_runs"],
                watches=totals["watches"],
                discovery=totals["discovery"],
                by_verb=dict(self._by_verb),
            )

    def reset(self) -> None:
        """Start again from zero."""
        with self._lock:
            self._totals.clear()
            self._by_verb.clear()
