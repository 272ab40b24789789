"""What reports say of the removal budget: how much of it removals of the last day have used."""

from dataclasses import dataclass
from datetime import datetime

from reconcile.findings import Reason
from reconcile.skupper.sites import SiteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRemoval:
    """One removal that counts against the removal budget."""

    what: str
    """``site east/vault``, ``link west/vault -> east/vault``, ``policy vault on east``, ``secret east/vault/name``."""
    at: datetime | None
    """When it was recorded; None if that is not readable, so that it counts until the record is deleted."""
    until: datetime | None
    """When it ceases to count."""
    recorded_by: tuple[SiteKey, ...]
    """The sites that keep the record."""
    unproven: bool = False
    """True for an object of unproven origin, which counts apart from all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReport:
    """The removal budget, and what uses it."""

    most: int
    """How many sites, links and policies may be removed in a day."""
    removals: tuple[RecordedRemoval, ...] = ()
    """What was removed in the last day, the oldest first."""
    unknown: Reason | None = None
    """Why it is not known what else was removed; None if it is."""

    @property
    def used(self) -> int:
        """How many of `removals` count, without objects of unproven origin."""
        return sum(not removal.unproven for removal in self.removals)

    @property
    def next_free(self) -> datetime | None:
        """When the first of them ceases to count; None if nothing is used, or if none of them ever does."""
        return min((each.until for each in self.removals if each.until and not each.unproven), default=None)
