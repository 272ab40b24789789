"""What the data of the soak declares: networks and their sites, as values that events change."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from reconcile.skupper.definitions import (
    Approval,
    ApprovedChange,
    Cluster,
    ConfigValue,
    Network,
    Policy,
    SiteDefinition,
    Strategy,
)
from reconcile.skupper.sites import SiteKey

PUBLIC, PRIVATE = "abcd", "pq"
CLUSTERS = (*PUBLIC, *PRIVATE)
NAMESPACES = tuple(f"n{number}" for number in range(9))
"""Of each cluster. About a quarter of them is free for sites to come."""


OLDEST, NEWEST = "1.9.6", "1.9.9"
"""Versions of Skupper."""


@dataclass
class DeclaredSite:
    """One namespace in the data."""

    config: dict[str, ConfigValue] = field(default_factory=dict)
    delete: bool = False
    policies: tuple[Policy, ...] = ()


@dataclass
class DeclaredNetwork:
    """One network in the data."""

    sites: dict[SiteKey, DeclaredSite]
    strategy: Strategy = Strategy.REDUNDANT
    config: dict[str, ConfigValue] = field(default_factory=dict)
    version: str = OLDEST
    approved: set[SiteKey] = field(default_factory=set)
    """Sites whose removal is approved."""
    also_approved: dict[ApprovedChange, set[SiteKey]] = field(default_factory=dict)
    """Other changes of sites that are approved."""

    def approve(self, change: ApprovedChange, key: SiteKey) -> None:
        """Approve another change than the removal of a site."""
        self.also_approved.setdefault(change, set()).add(key)

    def hand_over(self, key: SiteKey, other: "DeclaredNetwork") -> None:
        """Move a site to another network, with the approvals that name it."""
        other.sites[key] = self.sites.pop(key)
        for change, sites in self.also_approved.items():
            if key in sites:
                sites.discard(key)
                other.approve(change, key)


@dataclass
class Data:
    """Everything that is declared."""

    networks: dict[str, DeclaredNetwork]
    private: set[str] = field(default_factory=lambda: set(PRIVATE))
    disabled: set[str] = field(default_factory=set)
    """Clusters that disable the integration."""

    @property
    def wanted(self) -> dict[SiteKey, str]:
        """Every site that the data wants -> its network."""
        return {
            key: name
            for name, network in self.networks.items()
            for key, site in network.sites.items()
            if not site.delete
        }

    @property
    def declared(self) -> set[SiteKey]:
        """Every site that the data mentions."""
        return {key for network in self.networks.values() for key in network.sites}

    @property
    def approved(self) -> set[SiteKey]:
        """Every site whose removal is approved."""
        return set().union(*(network.approved for network in self.networks.values()))

    @property
    def recreated(self) -> set[SiteKey]:
        """Every site of which a new one is approved."""
        networks = self.networks.values()
        return set().union(*(network.also_approved.get(ApprovedChange.RECREATE, ()) for network in networks))

    def site(self, key: SiteKey) -> DeclaredSite:
        return next(network.sites[key] for network in self.networks.values() if key in network.sites)

    def free(self) -> list[SiteKey]:
        """Namespaces that the data does not mention."""
        everywhere = (SiteKey(cluster, namespace) for cluster in CLUSTERS for namespace in NAMESPACES)
        return [key for key in everywhere if key not in self.declared]

    def removable(self, count: int = 1) -> list[SiteKey]:
        """Wanted sites of which any `count` may go: their network keeps two sites that accept links, and most of it."""
        return [
            key
            for key, name in self.wanted.items()
            if len(self._of(name)) >= max(4, 3 * count) and len(self._interior(name) - {key}) > count
        ]

    def _of(self, name: str) -> set[SiteKey]:
        return {key for key, network in self.wanted.items() if network == name}

    def _interior(self, name: str) -> set[SiteKey]:
        return {key for key in self._of(name) if key.cluster in PUBLIC}

    def forget_done(self) -> None:
        """Take out of the data what is marked delete, and all approvals: what they are for has been done."""
        for network in self.networks.values():
            network.sites = {key: site for key, site in network.sites.items() if not site.delete}
            network.approved.clear()
            network.also_approved.clear()
        self.networks = {name: network for name, network in self.networks.items() if network.sites}

    def definitions(self, clusters: dict[str, Cluster], today: date) -> Iterator[Network]:
        """The networks as the program gets them; `clusters` are those of the data, approvals are valid from `today`."""
        for name, network in self.networks.items():
            yield Network(
                name,
                network.version,
                settings={"image": "quay.io/skupper/site-controller"},
                strategy=network.strategy,
                config=dict(network.config),
                sites=tuple(
                    SiteDefinition(
                        clusters[key.cluster],
                        key.namespace,
                        config=dict(site.config),
                        policies=site.policies,
                        cluster_admin=True,
                        delete=site.delete,
                        path=f"/services/{key.cluster}/{key.namespace}.yml",
                    )
                    for key, site in network.sites.items()
                ),
                approvals=tuple(_approvals(network, today)),
                path=f"/dependencies/{name}.yml",
            )


def _approvals(network: DeclaredNetwork, today: date) -> Iterator[Approval]:
    # Days end while it is used.
    until = (today + timedelta(days=7)).isoformat()
    for change, sites in ((ApprovedChange.REMOVE, network.approved), *network.also_approved.items()):
        if sites:
            named = tuple(sorted(map(str, sites)))
            yield Approval(change=change, sites=named, until=until, reason="agreed")


def initial() -> Data:
    """Forty sites in five networks of different shapes, on all clusters."""

    def network(namespaces: tuple[str, ...], clusters: str, **rest: Strategy) -> DeclaredNetwork:
        places = [SiteKey(cluster, namespace) for namespace in namespaces for cluster in clusters]
        return DeclaredNetwork({key: DeclaredSite() for key in places}, **rest)

    large = network(("n0", "n1"), "abcdpq")
    large.sites |= {SiteKey(cluster, "n2"): DeclaredSite() for cluster in "ab"}
    middle = network(("n4", "n5"), "abcp")
    middle.sites |= {SiteKey(cluster, "n4"): DeclaredSite() for cluster in "dq"}
    return Data(
        {
            "large": large,
            "mesh": network(("n3",), "abcdpq", strategy=Strategy.MESH),
            "middle": middle,
            "small": network(("n6",), "abcdpq"),
            "open": network(("n7",), "abcd", strategy=Strategy.MESH),
        }
    )
