"""The table of what may happen in a soak, filled by the modules beside it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.soak.fleet import SoakFleet

Happening = Callable[[SoakFleet], str | None]
"""Does something to the data, the clusters or the next run. Returns one line that says what, or None if it cannot
happen now and has changed nothing. Takes every choice from ``fleet.draw``, so that the same seed does the same again.
It may make runs of its own and say what they must do."""


@dataclass(frozen=True)
class Event:
    """One row of the table."""

    name: str
    happen: Happening
    first: bool
    """Whether it only happens before others, since it makes runs of its own and says what they must do."""
    weight: float
    """How often it is drawn, compared with others."""


EVENTS: list[Event] = []


def event(*, first: bool = False, weight: float = 1.0) -> Callable[[Happening], Happening]:
    """Add an event to the table."""

    def add(happen: Happening) -> Happening:
        EVENTS.append(Event(happen.__name__, happen, first, weight))
        return happen

    return add
