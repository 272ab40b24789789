"""What a change waits for: something that must be observed on the clusters first.

The kind decides what a run does about it; subject and text are for people.
"""

from dataclasses import dataclass
from enum import StrEnum

from reconcile.skupper.sites import SiteKey


class WaitKind(StrEnum):
    """What must be observed."""

    READ = "read"
    """Every cluster has answered: until then the removals are not all counted."""
    CLEANED_UP = "cleaned-up"
    """The remaining objects of an old site are deleted."""
    ACCEPTS_LINKS = "accepts-links"
    """A site is ready to accept links."""
    ISSUED = "issued"
    """The issuer has issued a link's credential."""
    DELIVERED = "delivered"
    """The credential is delivered to the dialler."""
    LINKED = "linked"
    """A declared link is up."""
    LOADED = "loaded"
    """The router of the dialler has loaded a new credential."""
    PROVEN = "proven"
    """The links that replace a credential have come up without it. A run does not leave before that is decided."""
    ROTATED = "rotated"
    """The credential of a neighbouring link has been replaced: one at a time, so that no site loses two links."""
    TURN = "turn"
    """The sites before it have been disrupted and are back: one site of a network at a time (``waves``)."""
    STOPPED = "stopped"
    """The same, while something is broken that nobody here mends. No run waits for that: people have to act."""
    SEPARATED = "separated"
    """Sites of another network are no longer connected."""
    UNLINKED = "unlinked"
    """The links of a site are removed."""
    UNEXPOSED = "unexposed"
    """Services that lead to the router of a site are restored. No run waits for that: people have to act."""
    DROPPED = "dropped"
    """The router no longer dials with a deleted token. A later run takes care of what a service-controller did not."""
    TAKEN_OVER = "taken-over"
    """A site has become ours."""
    NAMESPACE = "namespace"
    """The namespace of a declared site exists. No run waits for that: whoever creates it is not this program."""
    RECORDED = "recorded"
    """A removal is recorded on two other sites."""
    REVOKED = "revoked"
    """A step of the revocation of a site's tokens has taken effect."""
    UNUSED = "unused"
    """No site uses it any more."""

    @property
    def shows_elsewhere(self) -> bool:
        """True if the state of a link, a site or another change shows its progress: the run waits for that instead."""
        return self not in {
            WaitKind.CLEANED_UP,
            WaitKind.DROPPED,
            WaitKind.LOADED,
            WaitKind.REVOKED,
            WaitKind.ROTATED,
            WaitKind.SEPARATED,
            WaitKind.TURN,
        }


@dataclass(frozen=True, slots=True)
class Wait:
    """What one change waits for."""

    kind: WaitKind
    subject: str
    """The site, link or clusters it is about: ``a/net``, ``p/net -> a/net``."""
    text: str
    """A clause that goes with "once": ``the token is issued``."""
    shown_at: tuple[SiteKey, ...] = ()
    """Namespaces in which it shows, other than that of the change."""

    def __str__(self) -> str:
        return self.text
