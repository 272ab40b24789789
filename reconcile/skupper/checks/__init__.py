"""What must hold of the data beyond its schemas, and what will go wrong if it does not.

Skupper's controllers check little and fail silently, so everything that can be known from the data alone is checked
here and by the engines: by ``bundle`` before a merge, and by every run before it plans. An error refuses its subject, a
site, a network or a policy; the others go on.
"""

from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper.checks import fleet, network
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.engine import Engines


def check(desired: DesiredState, engines: Engines) -> tuple[Finding, ...]:
    """All findings about the data, sorted by datafile; the same data give the same findings."""
    found = chain(fleet.check(desired), *map(network.check, desired.networks), engines.check(desired))
    return tuple(sorted(found, key=lambda finding: (finding.datafile, finding.dotted, finding.rule)))
