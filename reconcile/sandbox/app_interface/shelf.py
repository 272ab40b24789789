"""The bundles that the server holds: the newest, and older ones for as long as they are queried.

As in the published server, each query of a bundle prolongs its life, and expired bundles are dropped when a reload
loads another one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from reconcile.app_interface.bundle.model import Bundle

TIME_TO_LIVE = 20 * 60.0
"""Seconds that an older bundle is kept after its last query; ``BUNDLE_SHA_TTL`` of the published server."""


@dataclass(slots=True)
class _Place:
    bundle: Bundle
    expiration: float


class Shelf:
    """Bundles by their sha256."""

    def __init__(
        self,
        bundles: tuple[Bundle, ...],
        *,
        time_to_live: float = TIME_TO_LIVE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Hold ``bundles``, at least one; the last one is the newest. ``clock`` gives seconds."""
        self._time_to_live = time_to_live
        self._clock = clock
        self._places: dict[str, _Place] = {}
        for bundle in bundles:
            self._put(bundle)
        self.newest = bundles[-1]

    def get(self, sha: str) -> Bundle | None:
        """Return the bundle of this sha256; None if it is not, or no longer, held."""
        place = self._places.get(sha)
        return place.bundle if place else None

    def touch(self, sha: str) -> None:
        """Prolong the life of a bundle."""
        self._places[sha].expiration = self._clock() + self._time_to_live

    def load(self, bundle: Bundle) -> None:
        """Make ``bundle`` the newest and drop what has expired, unless it is the newest already."""
        if bundle.sha256 == self.newest.sha256:
            return
        self._put(bundle)
        self.newest = bundle
        now = self._clock()
        self._places = {
            sha: place
            for sha, place in self._places.items()
            if place.expiration >= now or sha == bundle.sha256
        }

    def _put(self, bundle: Bundle) -> None:
        self._places[bundle.sha256] = _Place(bundle, self._clock() + self._time_to_live)
