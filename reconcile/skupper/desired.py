"""The desired state: all networks with their sites and links resolved, from the data alone.

It is resolved once per run and used by every plan.
"""

from dataclasses import dataclass

from reconcile.skupper import topology
from reconcile.skupper.definitions import Definitions, Network
from reconcile.skupper.sites import Site, SiteKey, resolve_sites
from reconcile.skupper.topology import Link


@dataclass(frozen=True, slots=True)
class ResolvedNetwork:
    """One network with its sites and links resolved."""

    network: Network
    sites: tuple[Site, ...]
    """All its sites, those marked ``delete`` included."""
    links: tuple[Link, ...]

    @property
    def identifier(self) -> str:
        return self.network.identifier

    @property
    def wanted(self) -> tuple[Site, ...]:
        """The sites that should exist."""
        return tuple(site for site in self.sites if site.wanted)


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All networks, resolved."""

    networks: tuple[ResolvedNetwork, ...]

    @property
    def wanted(self) -> dict[SiteKey, str]:
        """Every site that should exist -> its network."""
        return {site.key: entry.identifier for entry in self.networks for site in entry.wanted}


def resolve(definitions: Definitions) -> DesiredState:
    """Resolve the sites and links of every network."""
    networks = sorted(definitions.networks, key=lambda network: (network.identifier, network.path))
    return DesiredState(
        tuple(
            ResolvedNetwork(network, resolve_sites(network), topology.links(network)) for network in networks
        )
    )
