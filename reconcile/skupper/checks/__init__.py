"""Rules for the data beyond its schemas.

The site-controller validates nothing and fails silently, so everything that the data alone shows is checked here: by
``bundle`` before a merge, and by every run before it plans. An error that names a namespace refuses that site, one that
names a network refuses that network; the others are not affected.
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
