"""What happens during a run, told as values; log lines and progress bars are made from them elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

from reconcile.skupper.plan import Change, Plan


@dataclass(frozen=True, slots=True)
class ChangeStarted:
    """A change is about to be made (or, in a dry run, would be)."""

    change: Change


@dataclass(frozen=True, slots=True)
class ChangeFailed:
    """A change was refused or got no answer; `message` names cluster, object and reason."""

    change: Change
    message: str


@dataclass(frozen=True, slots=True)
class ClusterFailed:
    """A cluster could not be read, and everything on it is unknown; or what happens there could not be watched."""

    cluster: str
    message: str
    declared: bool = True
    """False: no network names this cluster, it was only searched for what may be left over."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan was made from the current picture."""

    plan: Plan


Event = ChangeStarted | ChangeFailed | ClusterFailed | Planned
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener for those who want to hear nothing."""
