"""What to read of a cluster: a fixed number of LISTs, however many sites it has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from reconcile.kinds import Kind
from reconcile.skupper.live import ClusterSnapshot


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One LIST over the whole cluster, and the watch that continues it."""

    kind: Kind
    labels: str = ""
    """Label selector."""
    fields: str = ""
    """Field selector."""
    optional: bool = False
    """True: a cluster that does not serve the kind is fine."""
    admin: bool = False
    """True: use the cluster-admin account if there is one; without it, a forbidden LIST is fine."""
    best_effort: bool = False
    """True: nothing declared depends on it, so a forbidden LIST is fine for any account."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A lookup of one name that the LISTs did not show: a foreign object may have it."""

    request: ListRequest
    namespaces: tuple[str, ...] = ()
    """Namespaces to look in; empty for a cluster-scoped kind."""


class AdminAccount(IntEnum):
    """How much reading a cluster depends on its cluster-admin account; the greater, the more."""

    UNUSED = 0
    BEST_EFFORT = 1
    """Nothing that is declared depends on it."""
    REQUIRED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one engine reads of one cluster."""

    presence_list: ListRequest
    """Shows whether a cluster has managed objects of this engine; the only LIST if nothing is declared there."""
    lists: tuple[ListRequest, ...]
    """All LISTs; `presence_list` is one of them."""
    probes_for: Callable[[ClusterSnapshot], Sequence[Probe]] = field(repr=False)
    """Returns what to look up by name, given the result of the LISTs."""
    heartbeats: tuple[ListRequest, ...] = ()
    """Those of `lists` that show whether the rest is current. They change all the time, so they are not watched but
    listed again."""
    namespaces: tuple[str, ...] = ()
    """Namespaces of the engine's declared sites on the cluster; empty if there are none."""

    @property
    def admin(self) -> AdminAccount:
        """What these LISTs need the cluster-admin account for. It is never opened for leftover resources alone."""
        asked = [request for request in self.lists if request.admin] if self.namespaces else []
        if not asked:
            return AdminAccount.UNUSED
        spare = all(request.best_effort for request in asked)
        return AdminAccount.BEST_EFFORT if spare else AdminAccount.REQUIRED
