"""Rules for the data beyond its schemas.

Skupper's controllers validate little and fail silently, so everything that the data alone shows is checked here and by
the engines: by ``bundle`` before a merge, and by every run before it plans. An error refuses its subject, a site, a
network, a policy or a cluster; the others are not affected.
"""

from datetime import datetime
from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper.approvals import aging
from reconcile.skupper.checks import approvals, fleet, network, servers
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.engine import Engines


def check(desired: DesiredState, engines: Engines, now: datetime | None = None) -> tuple[Finding, ...]:
    """All findings about the data, sorted by datafile; the same data give the same findings.

    With `now`, approvals that have expired or are valid for long are among them; every plan reports those itself.
    """
    found = chain(
        fleet.check(desired),
        servers.check(desired),
        approvals.check(desired),
        *map(network.check, desired.networks),
        engines.check(desired),
        aging((entry.network for entry in desired.networks), now) if now else (),
    )
    return tuple(sorted(found, key=lambda finding: (finding.datafile, finding.dotted, finding.rule)))
