"""What to read of a cluster: a handful of LISTs, whatever the number of its sites."""

from dataclasses import dataclass

from reconcile.kinds import Kind


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
