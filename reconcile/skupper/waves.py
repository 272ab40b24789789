"""In which order the sites of a network are disrupted: one at a time, and only while all others work.

A *disruption* is a change that interrupts a site for a while: its router restarts, or it is replaced. Whatever is wrong
in the network already, or is not over yet, is an *obstacle*: until it is gone, no other site is disrupted. So a site
that does not come back stops all that would follow. A site that is itself what is wrong may be disrupted, since that
may mend it.

This is a function of what is observed now and keeps no state: a run that is killed is continued by the next one. It
knows only sites, links, obstacles and disruptions, and no version of Skupper.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from reconcile.findings import Reason
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link


@dataclass(frozen=True, slots=True)
class Disruption:
    """How one change interrupts its site."""

    effect: Reason
    """A clause: ``its router restarts``."""
    downtime: timedelta = timedelta()
    """For about how long its links are down; zero if they stay up."""
    step: str = ""
    """Which pending settings it puts into effect, by their step; empty for none."""

    @property
    def breaks_links(self) -> bool:
        return bool(self.downtime)

    @classmethod
    def worst(cls, disruptions: Iterable["Disruption"]) -> "Disruption":
        """Several disruptions of one site as one: what happens, for as long as the longest takes. At least one."""
        found = list(dict.fromkeys(disruptions))
        effect = " and ".join(dict.fromkeys(each.effect for each in found))
        return cls(effect, max(each.downtime for each in found))


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A site or link that does not work, or that is not known to work yet."""

    sites: frozenset[SiteKey]
    """The site, or both ends of the link."""
    reason: Reason
    """A clause with the name: ``a/net is down: its router is gone``."""
    passing: bool = False
    """True if it is likely to end by itself soon: a router restarts, a link is being made."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When one site is disrupted."""

    wave: int
    """From 1, which is what is under way or begins now."""
    waves: int
    """How many there are, that one included."""
    obstacle: Obstacle | None = None
    """What has to end first; None if nothing but its turn."""
    interrupts: tuple[SiteKey, ...] = ()
    """The sites that no declared link but those of this site connects with the rest of the network."""

    @property
    def now(self) -> bool:
        return self.wave == 1 and self.obstacle is None

    @property
    def stopped(self) -> bool:
        """True if it does not come without somebody's help."""
        return self.obstacle is not None and not self.obstacle.passing

    def __str__(self) -> str:
        return f"wave {self.wave} of {self.waves}"


@dataclass(frozen=True)
class Paths:
    """Which sites can reach one another over some links. Edge sites carry no transit traffic."""

    links: Sequence[Link]
    edges: frozenset[SiteKey]

    @cached_property
    def _neighbours(self) -> Mapping[SiteKey, frozenset[SiteKey]]:
        found: dict[SiteKey, set[SiteKey]] = {}
        for link in self.links:
            found.setdefault(link.dialler, set()).add(link.issuer)
            found.setdefault(link.issuer, set()).add(link.dialler)
        return {key: frozenset(around) for key, around in found.items()}

    def of(self, site: SiteKey) -> frozenset[SiteKey]:
        """The sites that it is linked with."""
        return self._neighbours.get(site, frozenset())

    def around(self, site: SiteKey) -> frozenset[SiteKey]:
        """All sites that it can reach, itself included."""
        return self._reached(site, None)

    def connected(self, among: frozenset[SiteKey], without: SiteKey | None = None) -> frozenset[SiteKey]:
        """Those `among` these sites that reach one another, and have a link, while one site is down.

        If they fall apart, those of the largest part.
        """
        left = set(among - {without})
        parts = []
        # Interior sites first: a part that begins at an edge site would join all of its uplinks.
        for start in sorted(among - {without}, key=lambda key: (key in self.edges, key)):
            if start in left:
                part = self._reached(start, without) & among
                left -= part
                parts.append(part)
        largest = max(parts, key=len, default=frozenset())
        return largest if len(largest) > 1 else frozenset()

    def _reached(self, start: SiteKey, without: SiteKey | None) -> frozenset[SiteKey]:
        seen, ahead = {start}, [start]
        while ahead and len(seen) < len(self._neighbours):
            site = ahead.pop()
            if site in self.edges and site != start:
                continue
            new = self.of(site) - seen - {without}
            seen |= new
            ahead += new
        return frozenset(seen)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is declared and observed of one network."""

    declared: Paths
    up: Paths
    """The links that both of their ends report."""
    obstacles: Sequence[Obstacle] = ()


def turns(wanted: Mapping[SiteKey, Disruption], situation: Situation) -> Mapping[SiteKey, Turn]:
    """When each site is disrupted; at most one of them is now.

    The first one is the canary: of those that interrupt nobody else, the one with the fewest links. Sites that connect
    others, where there is no second path, are last.
    """
    passing = next((each for each in situation.obstacles if each.passing), None)
    interrupts = {
        key: _interrupted(key, situation.declared) if each.breaks_links else frozenset()
        for key, each in wanted.items()
    }
    order = sorted(wanted, key=lambda key: (bool(interrupts[key]), len(situation.declared.of(key)), key))
    obstacles = {key: _obstacle(key, wanted[key], interrupts[key], situation) for key in order}
    if passing is None:
        # One that may go goes before those that may not.
        order.sort(key=lambda key: obstacles[key] is not None)
    first = 1 if passing is None else 2
    return {
        key: Turn(
            wave=first + index,
            waves=first - 1 + len(order),
            obstacle=obstacles[key],
            interrupts=tuple(sorted(interrupts[key])),
        )
        for index, key in enumerate(order)
    }


def _obstacle(
    site: SiteKey, disruption: Disruption, interrupts: frozenset[SiteKey], situation: Situation
) -> Obstacle | None:
    """What has to end before this site is disrupted; what passes by itself comes first."""
    for each in sorted(situation.obstacles, key=lambda each: not each.passing):
        if each.passing or site not in each.sites:
            return each
    if not disruption.breaks_links:
        return None
    up, among = situation.up, situation.declared.around(site)
    lost = up.connected(among) - up.connected(among, without=site) - interrupts - {site}
    if not lost:
        return None
    cut = ", ".join(map(str, sorted(lost)))
    return Obstacle(frozenset(lost), f"{cut} would lose the last path that is known to work")


def _interrupted(site: SiteKey, declared: Paths) -> frozenset[SiteKey]:
    """The sites that are cut off while this one is down, even if all declared links work."""
    among = declared.around(site)
    return declared.connected(among) - declared.connected(among, without=site) - {site}
