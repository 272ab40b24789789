"""What the data of v1 networks means, by the program's own engines."""

from reconcile.engines import ENGINES
from reconcile.skupper.definitions import Definitions, Network
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.sites import Site
from reconcile.skupper.topology import Link


def resolve(definitions: Definitions) -> DesiredState:
    return ENGINES.resolve(definitions)


def resolve_network(network: Network) -> ResolvedNetwork:
    (resolved,) = resolve(Definitions(networks=(network,))).networks
    return resolved


def resolve_sites(network: Network) -> tuple[Site, ...]:
    return resolve_network(network).sites


def links(network: Network) -> tuple[Link, ...]:
    return resolve_network(network).links
