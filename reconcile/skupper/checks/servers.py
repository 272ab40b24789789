"""Rules about API servers: each cluster of the data has its own.

Two clusters with one API server see each other's sites as managed and not declared, so a run would remove them. An
error refuses both clusters, since the data does not show which of them is wrong.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address
from typing import NamedTuple

from reconcile.findings import ClusterSubject, Finding
from reconcile.skupper.definitions import Cluster
from reconcile.skupper.desired import DesiredState

_DEFAULT_PORTS = {"https": "443", "http": "80"}
_URL = re.compile(
    r"(?P<scheme>https?)://(?:[^/?#]*@)?(?P<host>\[[^]/?#]*\]|[^:/?#]+)(?::(?P<port>[0-9]*))?(?P<path>[^?#]*)",
    re.IGNORECASE,
)


class Endpoint(NamedTuple):
    """Where an API server is, however its URL is spelled."""

    host: str
    port: str
    path: str
    """One proxy may serve several API servers under different paths."""


def endpoint(url: str) -> Endpoint | None:
    """The endpoint of a URL; None if it is not a complete HTTP URL.

    Upper case, a default port, a dot that ends the host, slashes that end the path and a user name make no difference.
    """
    match = _URL.match(url.strip())
    if not match:
        return None
    port = (match["port"] or "").lstrip("0") or _DEFAULT_PORTS[match["scheme"].lower()]
    return Endpoint(_host(match["host"]), port, match["path"].rstrip("/"))


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


def _host(name: str) -> str:
    try:
        return str(IPv6Address(name.strip("[]")))
    except ValueError:
        return name.lower().removesuffix(".")
