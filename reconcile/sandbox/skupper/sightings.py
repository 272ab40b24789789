"""What each site knows of the others: all it is connected with, and for a while those it lost.

The last record of a lost site is kept for a minute, then router and collector purge it. So the two ends of a broken
link can disagree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconcile.sandbox.skupper.link_records import LinkRecord
from reconcile.sandbox.skupper.states import Link, RouterState, SiteKey

MEMORY = 60.0
"""Seconds for which a lost site is remembered."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one site reported about itself."""

    state: RouterState
    links: tuple[LinkRecord, ...]
    """The links that it reports."""


@dataclass(frozen=True, slots=True)
class View:
    """What one site sees."""

    own: Record
    records: tuple[Record, ...]
    """Every site seen, its own among them, sorted by site name."""


class Sightings:
    """The views of all sites."""

    def __init__(self, memory: float) -> None:
        self._memory = memory
        self._seen: dict[SiteKey, dict[str, Record]] = {}
        """Viewer -> site id -> record."""
        self._views: dict[SiteKey, View] = {}
        self._lost: dict[tuple[SiteKey, str], float] = {}
        """Viewer and site id -> when it was lost."""

    def update(self, records: Mapping[SiteKey, Record], links: Iterable[Link], now: float) -> bool:
        """Update all views, drop what is too old; return whether any view changed.

        ``records`` are those of all routers that run, ``links`` the connections among them.
        """
        links = tuple(links)
        before = {viewer: dict(seen) for viewer, seen in self._seen.items()}
        self._seen = {viewer: self._look(viewer, records, links, now) for viewer in records}
        self._lost = {lost: since for lost, since in self._lost.items() if lost[0] in records}
        changed = {viewer for viewer, seen in self._seen.items() if seen != before.get(viewer)}
        kept = {viewer: view for viewer, view in self._views.items() if viewer in records}
        self._views = {**kept, **{viewer: self._view(viewer) for viewer in changed}}
        return bool(changed) or before.keys() != records.keys()

    def view(self, viewer: SiteKey) -> View | None:
        """Return what a site sees, None if its router does not run; the same object until that changes."""
        return self._views.get(viewer)

    def due(self) -> float | None:
        """Return when the next record expires, in epoch seconds."""
        return min((since + self._memory for since in self._lost.values()), default=None)

    def _view(self, viewer: SiteKey) -> View:
        seen = self._seen[viewer].values()
        own = next(record for record in seen if record.state.key == viewer)
        return View(
            own, tuple(sorted(seen, key=lambda record: (record.state.site_name, record.state.site_id)))
        )

    def _look(
        self, viewer: SiteKey, records: Mapping[SiteKey, Record], links: tuple[Link, ...], now: float
    ) -> dict[str, Record]:
        present = {records[key].state.site_id: records[key] for key in _component(viewer, links)}
        seen = dict(present)
        for site_id, record in self._seen.get(viewer, {}).items():
            if site_id in present or record.state.key == viewer:
                self._lost.pop((viewer, site_id), None)
            elif now - self._lost.setdefault((viewer, site_id), now) < self._memory:
                seen[site_id] = record
            else:
                del self._lost[viewer, site_id]
        return seen


def _of(key: SiteKey, links: Iterable[Link]) -> Iterable[Link]:
    return (link for link in links if key in {link.dialler, link.issuer})


def _component(start: SiteKey, links: tuple[Link, ...]) -> set[SiteKey]:
    reached, open_ends = {start}, [start]
    while open_ends:
        site = open_ends.pop()
        for link in _of(site, links):
            for other in {link.dialler, link.issuer} - reached:
                reached.add(other)
                open_ends.append(other)
    return reached
