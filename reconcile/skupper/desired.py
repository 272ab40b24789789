"""The declared networks with their sites settled and their links chosen: what the data alone decides.

It is laid out once a run; plans are made from it again and again.
"""

from dataclasses import dataclass

from reconcile.skupper import topology
from reconcile.skupper.definitions import Definitions, Network
from reconcile.skupper.sites import Site, SiteKey, resolve_sites
from reconcile.skupper.topology import Link


@dataclass(frozen=True, slots=True)
class ResolvedNetwork:
    """One network, laid out."""

    network: Network
    sites: tuple[Site, ...]
    """All its sites, those marked ``delete`` included."""
    links: tuple[Link, ...]

    @property
    def identifier(self) -> str:
        return self.network.identifier

    @property
    def wanted(self) -> tuple[Site, ...]:
        """The sites that are meant to exist."""
        return tuple(site for site in self.sites if site.wanted)


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All networks, laid out."""

    networks: tuple[ResolvedNetwork, ...]

    @property
    def wanted(self) -> dict[SiteKey, str]:
        """Every live declared site -> its network."""
        return {site.key: entry.identifier for entry in self.networks for site in entry.wanted}


def resolve(definitions: Definitions) -> DesiredState:
    """Settle the sites and choose the links of every network."""
    networks = sorted(definitions.networks, key=lambda network: (network.identifier, network.path))
    return DesiredState(
        tuple(
            ResolvedNetwork(network, resolve_sites(network), topology.links(network)) for network in networks
        )
    )
