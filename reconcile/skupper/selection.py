"""Which part of the fleet a run may change: the filters of the command line.

A filter never changes what is declared: sites outside of it keep their place in the topology and are skipped.
"""

from dataclasses import dataclass

from reconcile.skupper.definitions import Cluster


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters of one run; an empty one selects everything."""

    internal: bool | None = None
    """True: internal clusters only, False: all others only, None: both."""
    clusters: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()

    def covers_cluster(self, cluster: Cluster) -> bool:
        """True if something on this cluster may be changed."""
        if self.internal is not None and cluster.internal != self.internal:
            return False
        return not self.clusters or cluster.name in self.clusters

    def covers(self, cluster: Cluster, namespace: str) -> bool:
        """True if this namespace may be changed."""
        return self.covers_cluster(cluster) and (not self.namespaces or namespace in self.namespaces)

    @property
    def text(self) -> str:
        """The filters as options, for messages: ``--internal --cluster-name a``."""
        side = {None: [], True: ["--internal"], False: ["--external"]}[self.internal]
        clusters = [f"--cluster-name {name}" for name in sorted(self.clusters)]
        namespaces = [f"--namespace-name {name}" for name in sorted(self.namespaces)]
        return " ".join([*side, *clusters, *namespaces])
