"""A declared link: from the site that dials to the site that issued the token."""

from dataclasses import dataclass, field
from enum import StrEnum

from reconcile.skupper.sites import SiteKey


class LinkRole(StrEnum):
    """Why the topology has a link."""

    MESH = "mesh"
    REDUNDANT = "redundant"
    UPLINK = "uplink"

    @property
    def text(self) -> str:
        """The reason as a reader of a plan sees it."""
        return _TEXTS[self]


_TEXTS = {
    LinkRole.MESH: "mesh of all interior sites",
    LinkRole.REDUNDANT: "redundant ring of interior sites",
    LinkRole.UPLINK: "spread over clusters",
}


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One link of a network."""

    dialler: SiteKey
    issuer: SiteKey
    cost: int = 1
    """Cost that the dialler's router attaches to it; 1 is the router's own default."""
    role: LinkRole | None = field(default=None, compare=False)
    """Why the topology has it; None if the link was only found on clusters."""

    def __str__(self) -> str:
        return f"{self.dialler} -> {self.issuer}"
