"""What to read of a cluster: a handful of LISTs, whatever the number of its sites."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from reconcile.kinds import Kind
from reconcile.skupper.live import ClusterSnapshot


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One LIST over the whole cluster, and the watch that goes on from it."""

    kind: Kind
    labels: str = ""
    """Label selector."""
    fields: str = ""
    """Field selector."""
    optional: bool = False
    """True: a cluster that does not serve the kind is no fault."""
    admin: bool = False
    """True: ask with the cluster-admin account where there is one; where there is none, that the kind may not be listed
    is no fault."""
    best_effort: bool = False
    """True: nothing declared depends on it, so that the account may not list the kind is no fault either way."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A closer look at one name that the LISTs did not show: it may be there and not be ours."""

    request: ListRequest
    namespaces: tuple[str, ...] = ()
    """Where to look; empty for a kind without namespaces."""


class AdminAccount(IntEnum):
    """How much what is read of a cluster depends on its cluster-admin account; the greater, the more."""

    UNUSED = 0
    BEST_EFFORT = 1
    """Without it nothing that is declared suffers."""
    REQUIRED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one engine reads of one cluster."""

    presence_list: ListRequest
    """Tells alone whether anything of this engine's is on a cluster; the only LIST where nothing is declared."""
    lists: tuple[ListRequest, ...]
    """Everything; `presence_list` is one of them."""
    probes_for: Callable[[ClusterSnapshot], Sequence[Probe]] = field(repr=False)
    """What to look for by name, given what the LISTs showed."""
    namespaces: tuple[str, ...] = ()
    """Namespaces of the engine's declared sites on the cluster; empty if there are none."""

    @property
    def admin(self) -> AdminAccount:
        """The need of these LISTs for the cluster-admin account. What may be left over is never worth opening it."""
        asked = [request for request in self.lists if request.admin] if self.namespaces else []
        if not asked:
            return AdminAccount.UNUSED
        spare = all(request.best_effort for request in asked)
        return AdminAccount.BEST_EFFORT if spare else AdminAccount.REQUIRED
