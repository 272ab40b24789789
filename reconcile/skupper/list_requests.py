"""What to read of a cluster: a fixed number of LISTs, however many sites it has."""

from dataclasses import dataclass

from reconcile.kinds import Kind


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
