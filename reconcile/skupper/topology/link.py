"""A declared link: from the site that dials to the site that issued the token."""

from dataclasses import dataclass

from reconcile.skupper.sites import SiteKey


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One link of a network."""

    dialler: SiteKey
    issuer: SiteKey
    cost: int = 1
    """Cost that the dialler's router attaches to it; 1 is the router's own default."""

    def __str__(self) -> str:
        return f"{self.dialler} -> {self.issuer}"
