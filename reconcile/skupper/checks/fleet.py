"""Rules across networks: a namespace is one site, an identifier one network."""

from collections import defaultdict
from collections.abc import Iterator

from reconcile.findings import Finding, NetworkSubject
from reconcile.skupper.definitions import Network
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.sites import Site, SiteKey


def check(desired: DesiredState) -> Iterator[Finding]:
    """All findings about the networks taken together."""
    yield from _identifiers(desired)
    yield from _overlaps(desired)


def _identifiers(desired: DesiredState) -> Iterator[Finding]:
    by_name: dict[str, list[Network]] = defaultdict(list)
    for resolved in desired.networks:
        by_name[resolved.identifier].append(resolved.network)
    for identifier, networks in sorted(by_name.items()):
        for network in sorted(networks, key=lambda entry: entry.path)[1:]:
            yield Finding(
                rule="duplicate-identifier",
                message=f"another network is named {identifier} already. Choose another identifier",
                datafile=network.path,
                pointer=("identifier",),
                subject=NetworkSubject(identifier),
            )


def _overlaps(desired: DesiredState) -> Iterator[Finding]:
    by_place: dict[SiteKey, list[tuple[ResolvedNetwork, Site]]] = defaultdict(list)
    for network in desired.networks:
        for site in network.wanted:
            by_place[site.key].append((network, site))
    for key, members in sorted(by_place.items()):
        members.sort(key=lambda member: member[1].definition.path)
        for _, site in members[1:]:
            first_network, first = members[0]
            yield Finding(
                rule="overlapping-networks",
                message=(
                    f"{key} is a site of network {first_network.identifier} already ({first.definition.path}). "
                    "A namespace is one site of one network"
                ),
                datafile=site.definition.path,
                pointer=("skupper", "network"),
                subject=site.subject,
            )
