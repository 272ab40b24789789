"""How long Skupper 1.9 takes for what, as seen with its real programs, and how fast a simulation plays that.

A duration is drawn anew for every subject (a token, a link, a start of a router), but always the same for the same seed
and subject, whatever the threads do. What Skupper gives up or forgets after a fixed time is no duration of this table.
"""

import random
from dataclasses import dataclass
from enum import Enum


class Duration(Enum):
    """A step of Skupper, with the shortest and the longest time that it takes, in seconds."""

    CREATION = (4.0, 5.0)
    """From the ConfigMap to the Deployment of the service-controller."""
    TOKEN = (1.0, 1.5)
    """From a request to its token; a site makes one after the other."""
    LINK_RECORD = (10.0, 30.0)
    """From a connection between two routers to the record of the link at an end."""
    UPLINK_RECORD = (0.5, 2.0)
    """The same for an uplink of an edge site that was on standby and takes over."""
    FIRST_STATUS = (10.0, 15.0)
    """For which a router that has just started lists nothing, not even itself."""
    POLICY = (10.0, 20.0)
    """From a changed policy to a router that obeys it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The pace of a simulation."""

    scale: float = 1.0
    """1 plays real seconds, 0.01 a hundred times as fast, 0 everything at once."""
    seed: int = 0
    """Draws other durations, and decides other races."""

    def draw(self, duration: Duration, *subject: object) -> float:
        """Return how many seconds a step takes for a subject."""
        shortest, longest = duration.value
        return self._random(duration.name, *subject).uniform(shortest, longest) * self.scale

    def chance(self, *subject: object) -> float:
        """Return a number from 0 up to 1 that decides a race."""
        return self._random(*subject).random()

    def _random(self, *subject: object) -> random.Random:
        return random.Random(repr((self.seed, *subject)))  # noqa: S311 # nosec B311 # not a secret


REAL = Timing()
"""The pace of the real programs."""
FAST = Timing(0.01)
"""A pace for trying things out and for tests: every step takes its time, and nobody has to wait."""
AT_ONCE = Timing(0)
"""For tests of what happens, not of when."""
