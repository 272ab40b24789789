"""Rules about one network: it is connected, its site names are unique, it is not too large."""

from collections.abc import Iterator
from itertools import groupby

from reconcile.findings import Finding, Severity
from reconcile.skupper import topology
from reconcile.skupper.definitions import Network
from reconcile.skupper.sites import Site, SiteKey, resolve_sites
from reconcile.skupper.topology.components import components

MOST_ROUTERS = 128
"""Interior routers per network, every replica counted: the width of the router's bit mask (``src/bitmask.c``)."""


def check(network: Network) -> Iterator[Finding]:
    """All findings about one network."""
    sites = [site for site in resolve_sites(network) if site.wanted]
    yield from _names(network, sites)
    yield from _size(network, sites)
    yield from _connected(network, sites)


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
        network=network.identifier,
    )


def _names(network: Network, sites: list[Site]) -> Iterator[Finding]:
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
                network=network.identifier,
            )


def _size(network: Network, sites: list[Site]) -> Iterator[Finding]:
    routers = sum(site.routers for site in sites if not site.edge)
    if routers > MOST_ROUTERS:
        yield _finding(
            network, "too-many-routers",
            f"network {network.identifier} has {routers} interior routers, Skupper's limit is {MOST_ROUTERS}. "
            "Make some sites edge sites",
        )  # fmt: skip


def _connected(network: Network, sites: list[Site]) -> Iterator[Finding]:
    if len(sites) < 2:
        if sites:
            yield _finding(
                network, "single-site",
                f"network {network.identifier} has only one site, {sites[0].key}: there is nothing to link",
                severity=Severity.WARNING,
            )  # fmt: skip
        return
    parts = components(sites, topology.links(network))
    if len(parts) > 1:
        yield _finding(
            network, "not-connected",
            f"network {network.identifier} falls into {len(parts)} parts that cannot be linked: "
            f"{'; '.join(_part(part) for part in parts)}. {_remedy(sites)}",
        )  # fmt: skip


def _part(part: tuple[SiteKey, ...]) -> str:
    shown = ", ".join(str(key) for key in part[:4])
    return f"[{shown}{f' and {len(part) - 4} more' if len(part) > 4 else ''}]"


def _remedy(sites: list[Site]) -> str:
    """What would join the parts."""
    if not any(site.accepts_links for site in sites):
        return "No site accepts links: add one on a public cluster, or make one interior with an ingress"
    return (
        "A site on a public cluster joins them, or a peering between their clusters, or edge: false with an "
        "ingress where others reach it"
    )
