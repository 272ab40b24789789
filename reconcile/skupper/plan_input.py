"""Everything that a plan depends on: definitions, observed state, ownership, time and options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconcile.findings import Finding, Severity
from reconcile.skupper.definitions import Cluster, Definitions
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import Site, SiteKey

NOT_READ = ClusterSnapshot(problem="it has not been read")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """The complete input of a plan; nothing else influences it."""

    definitions: Definitions
    ownership: Ownership
    now: datetime
    snapshots: Mapping[str, ClusterSnapshot] = field(default_factory=dict)
    """Cluster name -> its snapshot. A cluster without one has not been read."""
    selection: Selection = Selection()
    findings: tuple[Finding, ...] = ()
    """Findings about the definitions; errors refuse their network or site."""
    awaited: frozenset[str] = frozenset()
    """Clusters that are still being read. Nothing is removed until all have answered, since the budget counts all."""
    removal_budget: int | None = None
    """How many sites and links may still be removed in this run; None: any number."""
    take_over: bool = False
    """True: sites of the integration ``skupper_network`` are adopted."""

    @property
    def clusters(self) -> dict[str, Cluster]:
        """All clusters of the data by name."""
        sites = (site.cluster for network in self.definitions.networks for site in network.sites)
        return {cluster.name: cluster for cluster in (*self.definitions.clusters, *sites)}

    def snapshot(self, cluster: str) -> ClusterSnapshot:
        return self.snapshots.get(cluster, NOT_READ)

    def skip_reason(self, cluster: Cluster, namespace: str) -> str:
        """Why this namespace is skipped; empty if it is not."""
        if cluster.disabled:
            return f"cluster {cluster.name} disables this integration"
        if not self.selection.covers(cluster, namespace):
            return f"{self.selection.text} excludes it"
        return self.refused_sites.get(SiteKey(cluster.name, namespace), "")

    @property
    def refused_sites(self) -> dict[SiteKey, str]:
        """Sites whose own data has an error -> the reason to report."""
        return {
            SiteKey(finding.cluster, finding.namespace): f"its data has an error ({finding.rule})"
            for finding in self.findings
            if finding.severity is Severity.ERROR and finding.namespace
        }

    @property
    def refused_policies(self) -> frozenset[str]:
        """Policies whose own data has an error: they are neither applied nor deleted."""
        return frozenset(
            finding.policy
            for finding in self.findings
            if finding.severity is Severity.ERROR and finding.policy
        )

    def refuses(self, site: Site) -> bool:
        """True if the data of this site, or of its whole network, has an error."""
        return site.network in self.refused_networks or site.key in self.refused_sites

    @property
    def refused_networks(self) -> frozenset[str]:
        """Networks that are refused as a whole: an error that is not one site's alone."""
        return frozenset(
            finding.network
            for finding in self.findings
            if finding.severity is Severity.ERROR and finding.network and not finding.namespace
        )
