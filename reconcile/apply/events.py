"""Events of a run, as values; the command line turns them into log lines and a progress bar."""

from collections.abc import Callable
from dataclasses import dataclass

from reconcile.skupper.plan import Change, Plan


@dataclass(frozen=True, slots=True)
class ChangeStarted:
    """A change is about to be applied (or, in a dry run, would be)."""

    change: Change


@dataclass(frozen=True, slots=True)
class ChangeFailed:
    """A change was rejected or got no response; `message` names cluster, object and reason."""

    change: Change
    message: str


@dataclass(frozen=True, slots=True)
class ClusterFailed:
    """A cluster could not be read, so everything on it is unknown, or it could not be watched."""

    cluster: str
    message: str
    declared: bool = True
    """False: no network has a site on this cluster, it was only searched for leftover resources."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A new plan was computed from the current caches."""

    plan: Plan


Event = ChangeStarted | ChangeFailed | ClusterFailed | Planned
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener for those who want to hear nothing."""
