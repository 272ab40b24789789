"""Who can open a connection to whom.

A link needs a site that accepts links (interior, with an ingress) and a network path from the dialler's cluster
to the issuer's. Both are decided from the data alone; a cluster that is down now is reachable all the same.
"""

from reconcile.skupper.definitions import Cluster
from reconcile.skupper.sites import Site


def can_dial(dialler: Site, issuer: Site) -> bool:
    """True if `dialler` can open a connection to `issuer`."""
    return (
        dialler.wanted
        and dialler.key != issuer.key
        and issuer.accepts_links
        and reaches(dialler.cluster, issuer.cluster)
    )


def reaches(source: Cluster, target: Cluster) -> bool:
    """True if workloads on `source` reach the ingress of `target`.

    A cluster is public unless it is private or internal; one without `spec` is taken as public. Internal
    clusters reach one another; a peering, declared on either side, joins two clusters in both directions.
    """
    return (
        source.name == target.name
        or is_public(target)
        or (source.internal and target.internal)
        or target.name in source.vpc_peers
        or source.name in target.vpc_peers
    )


def is_public(cluster: Cluster) -> bool:
    """True if the ingress of this cluster is reached from the Internet."""
    return not cluster.private and not cluster.internal


def can_link(one: Site, other: Site) -> bool:
    """True if at least one of the two can dial the other."""
    return can_dial(one, other) or can_dial(other, one)


def dialler_of(one: Site, other: Site) -> tuple[Site, Site]:
    """Order two sites that can link as (dialler, issuer); if both can dial, the greater name does."""
    greater, smaller = sorted((one, other), key=lambda site: (site.name, site.key), reverse=True)
    return (greater, smaller) if can_dial(greater, smaller) else (smaller, greater)
