"""Rules for the data beyond its schemas.

Skupper's controllers validate little and fail silently, so everything that the data alone shows is checked here and by
the engines: by ``bundle`` before a merge, and by every run before it plans. An error refuses its subject, a site, a
network, a policy or a cluster; the others are not affected.
"""

from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper.checks import fleet, network, servers
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.engine import Engines


def check(desired: DesiredState, engines: Engines) -> tuple[Finding, ...]:
    """All findings about the data, sorted by datafile; the same data give the same findings."""
    found = chain(
        fleet.check(desired),
        servers.check(desired),
        *map(network.check, desired.networks),
        engines.check(desired),
    )
    return tuple(sorted(found, key=lambda finding: (finding.datafile, finding.dotted, finding.rule)))
