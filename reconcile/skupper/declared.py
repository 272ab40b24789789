"""The declared networks with their sites settled and their links chosen: what the data alone decides.

It is laid out once a run; plans are made from it again and again.
"""

from dataclasses import dataclass

from reconcile.skupper import topology
from reconcile.skupper.definitions import Definitions, Network
from reconcile.skupper.sites import Site, SiteKey, settle_all
from reconcile.skupper.topology import Link


@dataclass(frozen=True, slots=True)
class Declared:
    """One network, laid out."""

    network: Network
    sites: tuple[Site, ...]
    """All its sites, those marked ``delete`` included."""
    links: tuple[Link, ...]

    @property
    def identifier(self) -> str:
        return self.network.identifier

    @property
    def live(self) -> tuple[Site, ...]:
        """The sites that are meant to exist."""
        return tuple(site for site in self.sites if site.live)


@dataclass(frozen=True, slots=True)
class Layout:
    """All networks, laid out."""

    networks: tuple[Declared, ...]

    @property
    def live(self) -> dict[SiteKey, str]:
        """Every live declared site -> its network."""
        return {site.key: entry.identifier for entry in self.networks for site in entry.live}


def lay_out(definitions: Definitions) -> Layout:
    """Settle the sites and choose the links of every network."""
    networks = sorted(definitions.networks, key=lambda network: (network.identifier, network.path))
    return Layout(
        tuple(Declared(network, settle_all(network), topology.links(network)) for network in networks)
    )
