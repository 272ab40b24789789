"""Guards over removals that look at the whole plan, one class each; they do not depend on the engine.

Guards that look at a single object or link belong to its engine.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconcile.findings import Finding
from reconcile.skupper.plan import Change
from reconcile.skupper.waits import Wait, WaitKind


@dataclass(frozen=True, slots=True)
class InBudget:
    """All removals of a run together are within the removal budget."""

    budget: int | None
    """How many may still be removed in this run; None: any number."""

    def finding(self, removals: Iterable[Change]) -> Finding | None:
        """Report that the removals exceed the budget; None if they do not."""
        count = sum(change.removal for change in removals)
        if self.budget is None or count <= self.budget:
            return None
        return Finding(
            rule="removal-budget",
            message=(
                f"{count} sites, links and policies would be removed, but the remaining budget is {self.budget}: "
                "nothing is removed. If this is intended, raise --max-removals"
            ),
        )


@dataclass(frozen=True, slots=True)
class AllRead:
    """Every cluster has answered: only then are all removals counted."""

    awaited: frozenset[str]
    """Clusters that have not answered yet."""

    def apply(self, change: Change) -> Change:
        """Defer a removal until the remaining clusters have answered."""
        if change.waits_for or not self.awaited:
            return change
        clusters = ", ".join(sorted(self.awaited))
        return replace(change, waits_for=Wait(WaitKind.READ, clusters, f"{clusters} has answered"))
