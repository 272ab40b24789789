"""Which sites exist and which of them the data has lost: what shares are counted from.

Everything counts that was found on the clusters, and everything that is declared where nothing could be read. So
neither a filter nor a cluster that does not answer makes a network look smaller than it is, and no declaration makes it
look larger.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace

from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.removal_records import Keeper
from reconcile.skupper.sites import SiteKey


@dataclass(frozen=True, slots=True)
class LiveSites:
    """The sites of ours that one engine finds on the clusters that could be read."""

    networks: Mapping[SiteKey, str] = field(default_factory=dict)
    """Site -> the network that last declared it; empty if that is unknown."""
    origins: Mapping[SiteKey, str] = field(default_factory=dict)
    """Site -> the origin of the data that it was last applied from; sites without a record are left out."""
    keepers: Mapping[SiteKey, Keeper] = field(default_factory=dict)
    """Site -> its object that may keep records of removals."""


@dataclass(frozen=True, slots=True)
class Census:
    """All sites that exist or may exist."""

    networks: Mapping[SiteKey, str]
    """Every site that is live, or wanted where it cannot be seen -> its network; empty if that is unknown."""
    wanted: Mapping[str, int]
    """Network -> how many sites the data wants in it."""
    missing: Mapping[SiteKey, str]
    """The live sites that the data does not mention, not even as marked ``delete`` -> their network."""
    unseen: Mapping[SiteKey, str]
    """Sites that are marked ``delete`` on clusters that could not be read or are not selected -> their network."""
    origins: Mapping[SiteKey, str]
    """Site -> the origin of its data."""

    @classmethod
    def take(cls, inputs: PlanInput, found: Iterable[LiveSites]) -> "Census":
        """Count what `inputs` declare and what the engines have found."""
        live: dict[SiteKey, str] = {}
        refused = inputs.refused_clusters
        origins: dict[SiteKey, str] = {}
        for each in found:
            # What a cluster shows that is refused may be the site of another one: both have the same API server.
            live |= {key: name for key, name in each.networks.items() if key.cluster not in refused}
            origins |= each.origins
        declared = {site.key: site.network for site in inputs.desired.sites}
        wanted = inputs.desired.wanted
        counts: dict[str, int] = {}
        for network in wanted.values():
            counts[network] = counts.get(network, 0) + 1
        return cls(
            networks={
                **live,
                **{key: declared[key] for key in declared if key in live},
                **{key: network for key, network in wanted.items() if _unread(key, inputs)},
            },
            wanted=counts,
            missing={key: live[key] for key in sorted(live) if key not in declared and key not in inputs.cut},
            unseen={key: declared[key] for key in sorted(declared.keys() - wanted) if _unseen(key, inputs)},
            origins=origins,
        )

    def without(self, sites: Set[SiteKey]) -> "Census":
        """The census as if these sites neither existed nor were missing; none of them is wanted."""
        return replace(
            self,
            networks={key: network for key, network in self.networks.items() if key not in sites},
            missing={key: network for key, network in self.missing.items() if key not in sites},
            unseen={key: network for key, network in self.unseen.items() if key not in sites},
        )

    def size(self, network: str) -> int:
        """How many sites of a network exist, or may exist."""
        return sum(each == network for each in self.networks.values())

    def missing_in(self, network: str) -> list[SiteKey]:
        """The sites of a network that the data has lost."""
        return [key for key, each in self.missing.items() if each == network]


def _unread(key: SiteKey, inputs: PlanInput) -> bool:
    return bool(inputs.snapshot(key.cluster).problem_in(key.namespace))


def _unseen(key: SiteKey, inputs: PlanInput) -> bool:
    cluster = inputs.desired.clusters.get(key.cluster)
    return cluster is not None and not cluster.disabled and _unread(key, inputs)
