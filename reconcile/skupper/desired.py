"""The desired state: all networks with their sites and links resolved, from the data alone.

It is resolved once per bundle and used by every plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconcile.skupper.definitions import Cluster, Network
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link


@dataclass(frozen=True, slots=True)
class ResolvedNetwork:
    """One network with its sites and links resolved."""

    network: Network
    sites: tuple[Site, ...]
    """All its sites, those marked ``delete`` included, sorted by cluster and namespace."""
    links: tuple[Link, ...]
    engine: str
    """Name of the engine that serves it; empty if none does."""

    @property
    def identifier(self) -> str:
        return self.network.identifier

    @property
    def wanted(self) -> tuple[Site, ...]:
        """The sites that should exist."""
        return tuple(site for site in self.sites if site.wanted)


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All networks, resolved, and all clusters of the data."""

    networks: tuple[ResolvedNetwork, ...] = ()
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    """By name; also those that no network names, which may have leftover resources."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """All sites of all networks."""
        return tuple(site for network in self.networks for site in network.sites)

    @property
    def wanted(self) -> dict[SiteKey, str]:
        """Every site that should exist -> its network."""
        return {site.key: entry.identifier for entry in self.networks for site in entry.wanted}

    def of(self, engine: str) -> tuple[ResolvedNetwork, ...]:
        """The networks that an engine serves."""
        return tuple(network for network in self.networks if network.engine == engine)

    def seen_by(self, engine: str) -> "DesiredState":
        """The networks of an engine, and those that none serves: their sites are not orphans."""
        networks = tuple(network for network in self.networks if network.engine in {engine, ""})
        return DesiredState(networks, self.clusters)
