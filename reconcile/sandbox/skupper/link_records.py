"""Which connections show as links: the record of a link is not the connection.

A router reports one link to each site that it is connected with, whatever number of connections there are, and starts
to do so a while after the connection came up. The record is that of the oldest connection and keeps its start: another
one beside it, working or not, of this direction or the other, leaves no trace. It ends at once with its connection; if
another one is still there, a new record begins after the same while. The two ends need not agree in between.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.states import Link, SiteKey
from reconcile.sandbox.skupper.timing import Duration, Timing

Ends = tuple[SiteKey, SiteKey]
"""The site that reports a link, and the site at its other end."""


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link as one of its ends reports it."""

    link: Link
    start: float
    """When the record began or will begin, in epoch seconds."""


class LinkRecords:
    """The records of all links, those that are yet to begin among them."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._records: dict[Ends, LinkRecord] = {}
        self._begun = 0.0

    def update(self, links: Iterable[Link], now: float) -> None:
        """Follow the connections that are up, and begin the records that are due."""
        connections: dict[Ends, list[Link]] = defaultdict(list)
        for link in links:
            for ends in _reporting(link):
                connections[ends].append(link)
        known, self._records, self._begun = self._records, {}, now
        switched = {ends[0] for ends, record in known.items() if record.link not in connections.get(ends, ())}
        for ends, found in connections.items():
            record = known.get(ends)
            if record is None or record.link not in found:
                link = min(found, key=lambda link: (link.since, link.dialler, link.connector))
                record = LinkRecord(link, now + self._delay(link, ends, standby=ends[0] in switched))
            self._records[ends] = record

    def of(self, site: SiteKey) -> tuple[LinkRecord, ...]:
        """Return the records that a site reports by now, the oldest first."""
        found = [each for ends, each in self._records.items() if ends[0] == site]
        begun = [record for record in found if record.start <= self._begun]
        return tuple(
            sorted(begun, key=lambda record: (record.start, record.link.dialler, record.link.issuer))
        )

    def due(self) -> float | None:
        """Return when the next record begins, in epoch seconds."""
        waiting = (record.start for record in self._records.values() if record.start > self._begun)
        return min(waiting, default=None)

    def _delay(self, link: Link, ends: Ends, *, standby: bool) -> float:
        takes_over = standby and link.role == names.ROLE_EDGE
        duration = Duration.UPLINK_RECORD if takes_over else Duration.LINK_RECORD
        return self._timing.draw(duration, *ends, link.connector)


def _reporting(link: Link) -> Iterator[Ends]:
    """Yield the ends that report a connection: interior routers have no records of the edge sites they serve."""
    yield link.dialler, link.issuer
    if link.role != names.ROLE_EDGE and link.issuer != link.dialler:
        yield link.issuer, link.dialler
