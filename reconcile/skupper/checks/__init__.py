"""What must hold of the data beyond its schemas, and what will go wrong if it does not.

The site-controller checks nothing and fails silently, so everything that can be known from the data alone is
checked here: by ``bundle`` before a merge, and by every run before it plans. An error that names a namespace
refuses that site, one that names a network refuses that network; the others go on.
"""

from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper.checks import fleet, network, site
from reconcile.skupper.definitions import Definitions
from reconcile.skupper.sites import resolve_sites


def check(definitions: Definitions) -> tuple[Finding, ...]:
    """All findings about the definitions, sorted by datafile; the same definitions give the same findings."""
    found = chain(
        fleet.check(definitions),
        *(network.check(entry) for entry in definitions.networks),
        *(site.check(entry, each) for entry in definitions.networks for each in resolve_sites(entry)),
    )
    return tuple(sorted(found, key=lambda finding: (finding.datafile, finding.dotted, finding.rule)))
