"""Rules about one network: it is connected, its site names are unique, it is not too large."""

from collections.abc import Iterator, Sequence
from itertools import chain, groupby

from reconcile.findings import Finding, NetworkSubject, Severity
from reconcile.skupper.checks import redundancy
from reconcile.skupper.definitions import Network
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.topology.components import components

MOST_ROUTERS = 128
"""Interior routers per network, every replica counted: the width of the router's bit mask (``src/bitmask.c``)."""


def check(resolved: ResolvedNetwork) -> Iterator[Finding]:
    """All findings about one network; of one that no engine serves nothing more can be said."""
    if not resolved.engine:
        return
    network, sites = resolved.network, resolved.wanted
    yield from _names(network, sites)
    yield from _size(network, sites)
    yield from _connected(network, sites, resolved.links)
    yield from redundancy.check(resolved)
    yield from chain.from_iterable(map(_without_spec, sites))


def _finding(
    network: Network,
    rule: str,
    message: str,
    pointer: tuple[str | int, ...] = ("identifier",),
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(
        rule=rule,
        message=message,
        severity=severity,
        datafile=network.path,
        pointer=pointer,
        subject=NetworkSubject(network.identifier),
    )


def _names(network: Network, sites: Sequence[Site]) -> Iterator[Finding]:
    """Skupper identifies sites and routers by the site name alone."""
    by_name = sorted(sites, key=lambda site: (site.name, site.key))
    for name, group in groupby(by_name, key=lambda site: site.name):
        same = list(group)
        if len(same) > 1:
            where = " and ".join(str(site.key) for site in same)
            yield Finding(
                rule="colliding-names",
                message=f"{where} would both be the site {name}. Give one of them another config.name",
                datafile=same[-1].definition.path,
                pointer=("skupper",),
                subject=NetworkSubject(network.identifier),
            )


def _size(network: Network, sites: Sequence[Site]) -> Iterator[Finding]:
    routers = sum(site.routers for site in sites if not site.edge)
    if routers > MOST_ROUTERS:
        yield _finding(
            network, "too-many-routers",
            f"network {network.identifier} has {routers} interior routers, Skupper's limit is {MOST_ROUTERS}. "
            "Make some sites edge sites",
        )  # fmt: skip


def _connected(network: Network, sites: Sequence[Site], links: Sequence[Link]) -> Iterator[Finding]:
    if len(sites) < 2:
        if sites:
            yield _finding(
                network, "single-site",
                f"network {network.identifier} has only one site, {sites[0].key}: there is nothing to link",
                severity=Severity.WARNING,
            )  # fmt: skip
        return
    parts = components(sites, links)
    if len(parts) > 1:
        yield _finding(
            network, "not-connected",
            f"network {network.identifier} falls into {len(parts)} parts that cannot be linked: "
            f"{'; '.join(_part(part) for part in parts)}. {_remedy(sites)}",
        )  # fmt: skip


def _part(part: tuple[SiteKey, ...]) -> str:
    shown = ", ".join(str(key) for key in part[:4])
    return f"[{shown}{f' and {len(part) - 4} more' if len(part) > 4 else ''}]"


def _remedy(sites: Sequence[Site]) -> str:
    """What would join the parts."""
    if not any(site.accepts_links for site in sites):
        return "No site accepts links: add one on a public cluster, or make one interior with an ingress"
    return (
        "A site on a public cluster joins them, or a peering between their clusters, or edge: false with an "
        "ingress where others reach it"
    )


def _without_spec(site: Site) -> Iterator[Finding]:
    if site.cluster.private is None:
        yield Finding(
            rule="cluster-without-spec",
            message=(
                f"cluster {site.cluster.name} has no spec, so it is treated as public: others dial {site.key}. "
                "Add spec.private, or edge: true to the site"
            ),
            severity=Severity.WARNING,
            datafile=site.definition.path,
            pointer=("cluster",),
            subject=site.subject,
        )
