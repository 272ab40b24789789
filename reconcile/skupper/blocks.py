"""Why a namespace cannot be planned, for all engines: it is skipped, unreadable or missing.

A site there keeps its place in the topology and its links; neither is changed, and the reason is reported.
"""

from collections.abc import Iterator
from typing import NamedTuple

from reconcile.findings import Finding, Reason, Severity
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.plan import MISSING_NAMESPACE, LinkReport, LinkState, SiteReport, SiteState
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.waits import Wait, WaitKind


class Block(NamedTuple):
    """The state of a site that is unreadable or skipped, and of all its links."""

    state: SiteState
    """``SKIPPED`` or ``UNKNOWN``."""
    reason: str
    waits_for: Wait | None = None
    """Set if a later run will create the site and its links, once this is observed."""

    def site(self, site: Site) -> SiteReport:
        """Report the site."""
        return SiteReport.of(site, self.state, self.reason, waits_for=self.waits_for)

    def link(self, network: str, link: Link) -> LinkReport:
        """Report one of its links."""
        return LinkReport(
            network=network,
            link=link,
            state=LinkState(self.state),
            reason=self.reason,
            waits_for=self.waits_for,
        )


def block(site: Site, inputs: PlanInput) -> Block | None:
    """Why the namespace of a declared site cannot be planned; None if it can."""
    reason = inputs.skip_reason(site.cluster, site.namespace)
    if reason:
        return Block(SiteState.SKIPPED, reason)
    snapshot = inputs.snapshot(site.cluster.name)
    problem = snapshot.problem_in(site.namespace)
    if problem:
        return Block(SiteState.UNKNOWN, problem)
    if site.namespace in snapshot.missing_namespaces:
        exists = Wait(WaitKind.NAMESPACE, str(site.key), f"namespace {site.key} exists")
        return Block(SiteState.SKIPPED, f"namespace {site.key} does not exist (yet)", exists)
    if site.namespace in snapshot.terminating_namespaces:
        return Block(SiteState.SKIPPED, _terminating(site, snapshot))
    return None


def _terminating(site: Site, snapshot: ClusterSnapshot) -> str:
    since = snapshot.terminating_namespaces[site.namespace]
    return f"namespace {site.key} is being deleted{f' since {since:%Y-%m-%d %H:%M} UTC' if since else ''}"


def closed_reason(key: SiteKey, inputs: PlanInput) -> Reason | None:
    """Why nothing may be changed in a namespace, declared or not; None if it may."""
    cluster = inputs.desired.clusters.get(key.cluster)
    if cluster is None:
        return f"cluster {key.cluster} is not in the data"
    return inputs.snapshot(key.cluster).problem_in(key.namespace) or inputs.skip_reason(
        cluster, key.namespace
    )


def findings(network: ResolvedNetwork, inputs: PlanInput) -> Iterator[Finding]:
    """Report each namespace whose site is not planned, unless its whole cluster was reported."""
    for site in network.wanted:
        snapshot = inputs.snapshot(site.cluster.name)
        if snapshot.problem or inputs.skip_reason(site.cluster, site.namespace):
            continue
        if site.namespace in snapshot.unreadable:
            yield _about(site, "unreadable-namespace", Severity.ERROR, snapshot.unreadable[site.namespace])
        elif site.namespace in snapshot.missing_namespaces:
            message = f"namespace {site.key} does not exist (yet): its site is created once it does"
            yield _about(site, MISSING_NAMESPACE, Severity.WARNING, message)
        elif site.namespace in snapshot.terminating_namespaces:
            message = (
                f"{_terminating(site, snapshot)}: nothing can be created there until it is gone. Take the site out of "
                f"the data; or, to see what holds the namespace, on cluster {site.cluster.name} run: "
                f"oc get namespace {site.namespace} -o jsonpath='{{.status.conditions}}'"
            )
            yield _about(site, "terminating-namespace", Severity.ERROR, message)


def _about(site: Site, rule: str, severity: Severity, message: str) -> Finding:
    return Finding(
        rule=rule, severity=severity, message=message, datafile=site.definition.path, subject=site.subject
    )
