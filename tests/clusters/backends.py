"""The two back ends, and the fixture that runs a test on each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reconcile.sandbox.kubernetes.cluster import ClusterSpec, SimulatedCluster
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.clusters import assets
from tests.clusters.real import RealCluster, RealClusters

Cluster = SimulatedCluster | RealCluster
Clusters = ApiServers | RealClusters


class Kind(StrEnum):
    SIMULATED = "simulated"
    REAL = "real"

    @property
    def reported(self) -> str:
        return {"simulated": "simulated clusters", "real": "real API servers"}[self]


def available() -> list[Kind]:
    """The back ends that this machine has."""
    return [Kind.SIMULATED, Kind.REAL] if assets.find() else [Kind.SIMULATED]


@dataclass
class Backend:
    """Makes the clusters of a test."""

    kind: Kind

    def clusters(
        self, specs: Iterable[ClusterSpec], folder: Path | None = None, *, tls: bool = True
    ) -> Clusters:
        """Clusters that are not started yet; without `tls` the simulated ones speak plain HTTP."""
        if self.kind is Kind.SIMULATED:
            return ApiServers(specs, folder, tls=tls)
        return RealClusters(specs)
