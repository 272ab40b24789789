"""What the caller of a run says about removals: how many, how late, which at once, and from which data."""

from dataclasses import dataclass
from datetime import timedelta

from reconcile.skupper.sites import SiteKey

REMOVAL_DELAY = timedelta(minutes=30)
"""For how long a site must have been missing from the data, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The options about removals of one run."""

    budget: int | None = None
    """How many sites, links and policies may be removed in a day, by this run and those before; None: any number."""
    delay: timedelta = REMOVAL_DELAY
    """For how long a site must have been missing from the data before it is removed."""
    cut: frozenset[SiteKey] = frozenset()
    """Undeclared sites, or sites marked ``delete``, whose links are deleted at once."""
    confirm_origin: bool = False
    """True: data of another origin than that recorded on the clusters is accepted, and recorded."""


DEFAULT_LIMITS = Limits()
