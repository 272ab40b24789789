"""Parts of a plan to look at: some networks of it, or only what is not as declared."""

from collections.abc import Collection
from dataclasses import replace

from reconcile.findings import ClusterSubject, Finding, NetworkSubject, SiteSubject
from reconcile.skupper.plan import LinkReport, Plan, SiteReport, SiteState
from reconcile.skupper.sites import SiteKey


def of_networks(plan: Plan, networks: Collection[str]) -> Plan:
    """The plan of some networks, with the findings about them, their sites and clusters, and about all data."""
    sites = tuple(site for site in plan.sites if site.network in networks)
    keys = {site.key for site in sites}
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change.network in networks),
        links=tuple(link for link in plan.links if link.network in networks),
        sites=sites,
        findings=tuple(found for found in plan.findings if _concerns(found, networks, keys)),
    )


def _concerns(finding: Finding, networks: Collection[str], keys: Collection[SiteKey]) -> bool:
    match finding.subject:
        case NetworkSubject(network):
            return network in networks
        case SiteSubject(cluster, namespace, network):
            return network in networks if network else SiteKey(cluster, namespace) in keys
        case ClusterSubject(cluster):
            return cluster in {key.cluster for key in keys}
    return True


def of_broken(plan: Plan) -> Plan:
    """The plan without the sites and links that are as declared, or skipped."""
    return replace(
        plan,
        sites=tuple(site for site in plan.sites if not is_fine(site)),
        links=tuple(link for link in plan.links if not is_fine(link)),
    )


def is_fine(report: SiteReport | LinkReport) -> bool:
    """True for a site or link that is as declared, or that nobody asks about."""
    if isinstance(report, LinkReport):
        return report.converged or not report.managed
    return report.state in {SiteState.READY, SiteState.SKIPPED} and not report.pending
