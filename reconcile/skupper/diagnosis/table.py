"""What an engine adds to a diagnosis, and the whole table of checks of its networks."""

from collections.abc import Callable
from dataclasses import dataclass

from reconcile.kinds import Kind
from reconcile.skupper.diagnosis import clusters, network
from reconcile.skupper.diagnosis.checks import Checks
from reconcile.skupper.diagnosis.facts import Dialled, Facts
from reconcile.skupper.topology import Link


def _nowhere(_: Facts, __: Link) -> Dialled:
    return Dialled(missing="an address")


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The part of one engine."""

    kinds: tuple[Kind, ...] = ()
    """Namespaced kinds to list in each namespace of a diagnosis, besides what every run reads."""
    before: Checks = Checks()
    """Checks that are made before the network is judged."""
    after: Checks = Checks()
    """Checks that are made last."""
    dialled: Callable[[Facts, Link], Dialled] = _nowhere
    """Where a link dials, by what was read; pure and total."""

    @property
    def checks(self) -> Checks:
        """The whole table, in the order in which the checks are made."""
        return Checks.joined((clusters.CHECKS, self.before, clusters.LAST, network.CHECKS, self.after))
