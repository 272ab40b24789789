"""The bundles that the server holds: the newest, and older ones for as long as somebody asks for them.

As in the published server, each query of a bundle prolongs its life, and nothing is dropped before a reload
brings another bundle: without one, even a bundle that nobody has asked for stays.
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
        """Give the bundle of this sha256; None if it is not, or no longer, held."""
        place = self._places.get(sha)
        return place.bundle if place else None

    @property
    def expirations(self) -> dict[str, float]:
        """Each bundle's sha256 and the time, in seconds, from which a reload may drop it."""
        return {sha: place.expiration for sha, place in self._places.items()}

    def touch(self, sha: str) -> None:
        """Note that somebody has asked for this bundle."""
        self._places[sha].expiration = self._clock() + self._time_to_live

    def load(self, bundle: Bundle) -> bool:
        """Make ``bundle`` the newest and drop what has expired; False if it was the newest already."""
        if bundle.sha256 == self.newest.sha256:
            return False
        self._put(bundle)
        self.newest = bundle
        for sha, expiration in self.expirations.items():
            if expiration < self._clock() and sha != bundle.sha256:
                del self._places[sha]
        return True

    def _put(self, bundle: Bundle) -> None:
        self._places[bundle.sha256] = _Place(bundle, self._clock() + self._time_to_live)
