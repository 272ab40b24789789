"""What counts as one removal: a site with all of its links, a link between two sites that remain, a policy.

What a run cannot remove itself counts as well, where its neighbours lose their links with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconcile.skupper.census import Census
from reconcile.skupper.plan import Change, Counts, Verb
from reconcile.skupper.removal_records import Unit
from reconcile.skupper.sites import SiteKey


@dataclass(frozen=True, slots=True)
class Units:
    """What a plan removes, in numbers."""

    sites: dict[SiteKey, Unit]
    """Every site that is removed, now or later."""
    networks: dict[str, frozenset[Unit]]
    """Network -> what is removed of it, without objects of unproven origin; empty for what belongs to none."""

    @classmethod
    def take(cls, removals: Iterable[Change], census: Census) -> "Units":
        """Count what `removals` remove, and the sites of the census that are removed in runs to come."""
        changes = [change for change in removals if change.counted]
        gone = {
            SiteKey(*change.work_key): change for change in changes if change.namespace and not change.link
        }
        network = {key: change.network for key, change in gone.items()} | {**census.missing, **census.unseen}
        sites = {key: Unit(f"site {key}", gone[key].uid if key in gone else "") for key in network}
        found: dict[str, set[Unit]] = {}
        for key, unit in sites.items():
            found.setdefault(network[key], set()).add(unit)
        for change in changes:
            if change.link or not change.namespace:
                found.setdefault(change.network, set()).add(_alone(change))
        return cls(sites, {name: frozenset(units) for name, units in found.items()})

    def of(self, change: Change) -> Sequence[Unit]:
        """What a change removes, or a part of it; empty for what an approval allows, and for what removes nothing."""
        takes_away = change.removal or (change.verb is Verb.DELETE and not change.link)
        if change.approval or not takes_away:
            return ()
        if change.counts is Counts.UNPROVEN:
            return (unproven(change),)
        if change.link and change.counts is Counts.WITH_SITE:
            ends = (change.link.dialler, change.link.issuer)
            return tuple(self.sites[end] for end in ends if end in self.sites)
        if change.namespace and not change.link:
            site = self.sites.get(SiteKey(*change.work_key))
            return (site,) if site else ()
        return (_alone(change),) if change.counted else ()


def unproven(change: Change) -> Unit:
    """An object of unproven origin."""
    return Unit.unproven(f"{change.cluster}/{change.namespace}/{change.name}", change.uid)


def _alone(change: Change) -> Unit:
    """A link or a policy."""
    return Unit(
        f"link {change.link}" if change.link else f"policy {change.name} on {change.cluster}", change.uid
    )
