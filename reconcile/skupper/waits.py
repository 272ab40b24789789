"""What a change waits for: something that has to happen on the clusters first.

The kind decides what a run does about it; subject and text are for people.
"""

from dataclasses import dataclass
from enum import StrEnum


class WaitKind(StrEnum):
    """What has to happen."""

    READ = "read"
    """Every cluster has answered: until then not everything is counted that would be removed."""
    CLEANED_UP = "cleaned-up"
    """What is left of an earlier site is gone."""
    ACCEPTS_LINKS = "accepts-links"
    """A site is ready to accept links."""
    ISSUED = "issued"
    """The issuer has issued a link's credential."""
    DELIVERED = "delivered"
    """The credential is at the dialler."""
    LINKED = "linked"
    """A declared link is up."""
    UNLINKED = "unlinked"
    """The links of a site are removed."""
    TAKEN_OVER = "taken-over"
    """A site has become ours."""
    UNUSED = "unused"
    """No site uses it any more."""

    @property
    def shows_elsewhere(self) -> bool:
        """True if a link, a site or another change of the plan shows how far it is: the run waits for that then."""
        return self is not WaitKind.CLEANED_UP


@dataclass(frozen=True, slots=True)
class Wait:
    """What one change waits for."""

    kind: WaitKind
    subject: str
    """The site, link or clusters that it has to happen to: ``a/net``, ``p/net -> a/net``."""
    text: str
    """A clause that goes with "once": ``the token is issued``."""

    def __str__(self) -> str:
        return self.text
