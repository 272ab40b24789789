"""Rules about API servers: each cluster of the data has its own.

Two clusters with one API server see each other's sites as managed and not declared, so a run would remove them. An
error refuses both clusters, since the data does not show which of them is wrong.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reconcile.findings import ClusterSubject, Finding
from reconcile.server_address import Endpoint, parse
from reconcile.skupper.definitions import Cluster
from reconcile.skupper.desired import DesiredState


def endpoint(url: str) -> Endpoint | None:
    """The endpoint of a URL; None if no client could use it."""
    try:
        return parse(url.strip()).endpoint
    except ValueError:
        return None


def check(desired: DesiredState) -> Iterator[Finding]:
    """Find clusters with the same API server, if this puts a site at risk."""
    with_sites = {site.cluster.name for site in desired.sites}
    by_endpoint: dict[Endpoint, list[Cluster]] = defaultdict(list)
    for _, cluster in sorted(desired.clusters.items()):
        # Skipped clusters without sites are harmless, so that a cluster may be renamed step by step.
        relevant = not cluster.disabled or cluster.name in with_sites
        found = endpoint(cluster.server_url) if relevant else None
        if found:
            by_endpoint[found].append(cluster)
    for clusters in by_endpoint.values():
        at_risk = any(cluster.name in with_sites for cluster in clusters)
        if len(clusters) > 1 and at_risk and not all(cluster.disabled for cluster in clusters):
            yield from _refuse(clusters)


def _refuse(clusters: Sequence[Cluster]) -> Iterator[Finding]:
    for cluster in clusters:
        others = [other for other in clusters if other is not cluster]
        named = " and ".join(f"{other.name} ({other.path})" if other.path else other.name for other in others)
        yield Finding(
            rule="duplicate-server",
            message=(
                f"cluster {cluster.name} has the same API server as {named}: no site on them is changed. "
                "Correct serverUrl and automationToken of the one that is wrong, or delete its datafile"
            ),
            datafile=cluster.path,
            pointer=("serverUrl",),
            subject=ClusterSubject(cluster.name),
        )
