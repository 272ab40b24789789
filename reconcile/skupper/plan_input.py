"""Everything that a plan depends on: definitions, observed state, ownership, time and options."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconcile.findings import (
    ClusterSubject,
    Finding,
    NetworkSubject,
    PolicySubject,
    Reason,
    Severity,
    SiteSubject,
    Subject,
)
from reconcile.skupper.definitions import Cluster
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.orders import Order
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import Site, SiteKey

NOT_READ = ClusterSnapshot(problem="it has not been read")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """The complete input of a plan; nothing else influences it."""

    desired: DesiredState
    """What is declared: for an engine, its own networks and those that no engine serves."""
    ownership: Ownership
    now: datetime
    snapshots: Mapping[str, ClusterSnapshot] = field(default_factory=dict)
    """Cluster name -> its snapshot. A cluster without one has not been read."""
    selection: Selection = Selection()
    findings: tuple[Finding, ...] = ()
    """Findings about the definitions; an error refuses its subject."""
    awaited: frozenset[str] = frozenset()
    """Clusters that are still being read. Nothing is removed until all have answered, since the budget counts all."""
    removal_budget: int | None = None
    """How many sites, links and policies may be removed in a day; None: any number."""
    removed: int = 0
    """How many of them this run has removed without a record on the clusters, since no site was left to keep it."""
    given_up: frozenset[tuple[str, str]] = frozenset()
    """(cluster, namespace) where this run writes nothing any more, since a write failed; ``*``: in all namespaces."""
    removal_delay: timedelta = timedelta()
    """For how long a site must have been missing from the data before it is removed."""
    cut: frozenset[SiteKey] = frozenset()
    """Undeclared sites, or sites marked ``delete``, whose links are deleted at once, whatever depends on them."""
    order: Order | None = None
    """What the caller asks for beside the data; the plan then has only what follows from it."""
    confirm_origin: bool = False
    """True: data of another origin than that recorded on the clusters is accepted, and recorded."""
    take_over: bool = False
    """True: sites of the integration ``skupper_network`` are adopted."""

    def snapshot(self, cluster: str) -> ClusterSnapshot:
        return self.snapshots.get(cluster, NOT_READ)

    def skip_reason(self, cluster: Cluster, namespace: str) -> Reason | None:
        """Why this namespace is skipped; None if it is not."""
        if cluster.disabled:
            return f"cluster {cluster.name} disables this integration"
        if not self.selection.covers(cluster, namespace):
            return f"{self.selection.text} excludes it"
        if cluster.name in self.refused_clusters:
            return f"the data of cluster {cluster.name} has an error ({self.refused_clusters[cluster.name]})"
        return self.refused_sites.get(SiteKey(cluster.name, namespace))

    def gives_up(self, site: SiteKey) -> bool:
        """True if this run writes nothing there any more, since a write failed."""
        return bool(self.given_up & {site, (site.cluster, "*")})

    @property
    def refused_sites(self) -> dict[SiteKey, str]:
        """Sites whose own data has an error -> the reason to report."""
        return {
            SiteKey(subject.cluster, subject.namespace): f"its data has an error ({rule})"
            for subject, rule in self._refused
            if isinstance(subject, SiteSubject)
        }

    @property
    def refused_clusters(self) -> dict[str, str]:
        """Clusters whose own data has an error, so that nothing on them is changed -> the rule that it breaks."""
        return {
            subject.cluster: rule for subject, rule in self._refused if isinstance(subject, ClusterSubject)
        }

    @property
    def refused_policies(self) -> frozenset[str]:
        """Policies whose own data has an error: they are neither applied nor deleted."""
        return frozenset(subject.policy for subject, _ in self._refused if isinstance(subject, PolicySubject))

    @property
    def refused_networks(self) -> frozenset[str]:
        """Networks that are refused as a whole: an error that is not one site's alone."""
        return frozenset(
            subject.network for subject, _ in self._refused if isinstance(subject, NetworkSubject)
        )

    def refuses(self, site: Site) -> bool:
        """True if the data of this site, of its whole network or of its cluster has an error."""
        return (
            site.network in self.refused_networks
            or site.key in self.refused_sites
            or site.cluster.name in self.refused_clusters
        )

    @property
    def _refused(self) -> Iterator[tuple[Subject, str]]:
        """(refused subject, the rule that it breaks)."""
        for finding in self.findings:
            if finding.severity is Severity.ERROR:
                yield finding.subject, finding.rule
