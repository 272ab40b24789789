"""In which order the sites of a network are disrupted: one at a time, and only while all others work.

A *disruption* is a change that interrupts a site for a while: its router restarts, or it is replaced. Whatever is wrong
in the network already, or is not over yet, is an *obstacle*: until it is gone, no other site is disrupted. So a site
that does not come back stops all that would follow. A site that is itself what is wrong may be disrupted, since that
may mend it. A disruption that must not be late, such as the end of a leaked credential, becomes *overdue* at a given
time: then it goes before all others and waits only for what is under way.

This is a function of what is observed now and keeps no state: a run that is killed is continued by the next one. It
knows only sites, links, obstacles and disruptions, and no version of Skupper.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    latest: datetime | None = None
    """When it becomes overdue; None if it waits for as long as anything is broken."""

    @property
    def breaks_links(self) -> bool:
        return bool(self.downtime)

    @classmethod
    def worst(cls, disruptions: Iterable["Disruption"]) -> "Disruption":
        """Several disruptions of one site as one: what happens, for as long as the longest takes. At least one."""
        found = list(dict.fromkeys(disruptions))
        effect = " and ".join(dict.fromkeys(each.effect for each in found))
        latest = min((each.latest for each in found if each.latest), default=None)
        return cls(effect, max(each.downtime for each in found), latest=latest)

    def overdue(self, now: datetime | None) -> bool:
        """True if nothing that is broken holds it up any longer."""
        return self.latest is not None and now is not None and now >= self.latest


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
    comes: bool = False
    """True if it becomes overdue: what is broken only delays it."""

    @property
    def now(self) -> bool:
        return self.wave == 1 and self.obstacle is None

    @property
    def stopped(self) -> bool:
        """True if it does not come without somebody's help."""
        return self.obstacle is not None and not self.obstacle.passing and not self.comes

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
    now: datetime | None = None
    """Decides which disruptions are overdue; None: none of them."""


def turns(wanted: Mapping[SiteKey, Disruption], situation: Situation) -> Mapping[SiteKey, Turn]:
    """When each site is disrupted; at most one of them is now.

    The first one is the canary: of those that interrupt nobody else, the one with the fewest links. Sites that connect
    others, where there is no second path, are last. What is overdue goes before all of them.
    """
    overdue = {key for key, each in wanted.items() if each.overdue(situation.now)}
    interrupts = {
        key: _interrupted(key, situation.declared) if each.breaks_links else frozenset()
        for key, each in wanted.items()
    }
    order = sorted(
        wanted,
        key=lambda key: (key not in overdue, bool(interrupts[key]), len(situation.declared.of(key)), key),
    )
    obstacles = {
        key: _under_way(key, situation)
        if key in overdue
        else _obstacle(key, wanted[key], interrupts[key], situation)
        for key in order
    }
    # One that may go goes before those that may not, unless all wait for the end of what is under way.
    order.sort(key=lambda key: (key not in overdue, _lasts(obstacles[key])))
    first = 2 if any(obstacle and obstacle.passing for obstacle in map(obstacles.get, order[:1])) else 1
    return {
        key: Turn(
            wave=first + index,
            waves=first - 1 + len(order),
            obstacle=obstacles[key],
            interrupts=tuple(sorted(interrupts[key])),
            comes=wanted[key].latest is not None,
        )
        for index, key in enumerate(order)
    }


def _lasts(obstacle: Obstacle | None) -> bool:
    return obstacle is not None and not obstacle.passing


def _under_way(site: SiteKey, situation: Situation) -> Obstacle | None:
    """What an overdue disruption waits for: a site that is being disrupted, or a link being made around the site.

    Its own links do not hold it: they are down in either case.
    """
    around = situation.declared.of(site)
    for each in situation.obstacles:
        if each.passing and site not in each.sites and (len(each.sites) == 1 or each.sites & around):
            return each
    return None


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
