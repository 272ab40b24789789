"""One item of a review: what happens to one site, link or policy."""

from dataclasses import dataclass
from enum import StrEnum

from reconcile.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING
from reconcile.skupper.plan import Change
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.waits import Wait


class Action(StrEnum):
    """What happens to a site, link or policy."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a plan does to one site, link or policy."""

    action: Action
    subject: SiteKey | Link | str
    """A site, a link, or a policy or grant as ``vault on east``."""
    network: str
    reason: str
    """Why, in the terms of the data: ``uplink moves b → e: spread over clusters``."""
    changes: tuple[Change, ...] = ()
    """The writes that do it; empty if only a later run can do it."""
    waits_for: Wait | None = None
    """What must be observed before the first of the writes; None if one of them can be applied now."""
    refused: bool = False
    """True for a removal that exceeds the removal budget."""
    counterpart: Link | None = None
    """For a link that moves: the link that it replaces, or that replaces it."""

    @property
    def later(self) -> bool:
        """True if a later run does it."""
        return not self.changes

    @property
    def noun(self) -> str:
        """``site``, ``link``, ``policy``, or ``grant`` for rights of Skupper."""
        match self.subject:
            case SiteKey():
                return "site"
            case Link():
                return "link"
        granted = {change.kind for change in self.changes} & {CLUSTER_ROLE, CLUSTER_ROLE_BINDING}
        return "grant" if granted else "policy"

    @property
    def cluster_wide(self) -> bool:
        """True if it belongs to a cluster, and to no site or link."""
        return isinstance(self.subject, str)
