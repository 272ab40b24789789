"""Rules for the data of v1's networks. The site-controller validates nothing and fails silently."""

from collections.abc import Iterator, Sequence

from reconcile.findings import Finding
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.v1 import site_config
from reconcile.skupper.v1.checks import policies, site


def check(networks: Sequence[ResolvedNetwork]) -> Iterator[Finding]:
    """All findings about v1's networks."""
    yield from policies.check(networks)
    for resolved in networks:
        for each in resolved.wanted:
            yield from site_config.check(resolved.network, each)
            yield from site.check(resolved.network, each)
