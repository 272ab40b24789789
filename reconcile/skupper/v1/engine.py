"""The v1 engine: what must happen for the declared networks, and for what is declared no more.

Called by the planner with the whole world and the declared links; returns plans. Nothing of v1 is visible in what
it takes or gives.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconcile.findings import Finding, Severity
from reconcile.kinds import CLUSTER_POLICY
from reconcile.skupper.definitions import Network
from reconcile.skupper.drift import drift
from reconcile.skupper.live import LiveObject, ObjectKey
from reconcile.skupper.plan import Change, LinkReport, LinkState, Plan, SiteReport, Verb
from reconcile.skupper.sites import Site, SiteKey, settle_all
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import link_life, policies, removal, site_life
from reconcile.skupper.v1.link_life import LinkEnds
from reconcile.skupper.v1.live_site import LiveSite, live_site
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.world import World


@dataclass(frozen=True, slots=True)
class Declared:
    """A network that is not refused, with its sites settled and its links chosen."""

    network: Network
    sites: tuple[Site, ...]
    links: tuple[Link, ...]


def declare(network: Network, links: Sequence[Link]) -> Declared:
    """Settle the sites of a network beside its links."""
    return Declared(network, settle_all(network), tuple(links))


def plan_network(declared: Declared, world: World, secrets: Sequence[LinkSecret]) -> Plan:
    """Plan the live sites and declared links of one network."""
    live: dict[SiteKey, LiveSite] = {}
    blocked: dict[SiteKey, tuple[LinkState, str]] = {}
    changes: list[Change] = []
    reports: list[SiteReport] = []
    findings: list[Finding] = []
    modes = {site.key: site.edge for site in declared.sites}
    for site in (site for site in declared.sites if site.live):
        block = _blocked(site, world)
        if block:
            blocked[site.key] = block
            reports.append(site_life.unknown(site, block[0], block[1]))
            findings += _missing_namespace(site, world)
            continue
        live[site.key] = live_site(world.view(site.cluster.name), site.key, world.ownership)
        planned = site_life.plan_site(declared.network, site, live[site.key], world.now)
        reports.append(planned.report)
        changes += planned.changes
        findings += planned.findings
        if live[site.key].foreign:
            blocked[site.key] = LinkState.LEFT_ALONE, f"{site.key}: {planned.report.reason}"
    by_link = _by_link(secrets)
    links: list[LinkReport] = []
    for link in declared.links:
        report, steps = _plan_link(declared, link, modes[link.dialler], live, blocked, by_link, world)
        links.append(report)
        changes += steps
    return Plan(changes=tuple(changes), links=tuple(links), sites=tuple(reports), findings=tuple(findings))


def _plan_link(
    declared: Declared,
    link: Link,
    dialler_is_edge: bool,
    live: Mapping[SiteKey, LiveSite],
    blocked: Mapping[SiteKey, tuple[LinkState, str]],
    by_link: Mapping[tuple[SiteKey, SiteKey], Sequence[LinkSecret]],
    world: World,
) -> tuple[LinkReport, list[Change]]:
    for end in (link.dialler, link.issuer):
        if end in blocked:
            state, reason = blocked[end]
            report = LinkReport(network=declared.network.identifier, link=link, state=state, reason=reason)
            return report, []
    ends = LinkEnds(
        network=declared.network.identifier,
        link=link,
        dialler_is_edge=dialler_is_edge,
        dialler=live[link.dialler],
        issuer=live[link.issuer],
        secrets=by_link.get((link.dialler, link.issuer), ()),
        ownership=world.ownership,
    )
    return link_life.follow(ends, world.now)


def _by_link(secrets: Iterable[LinkSecret]) -> dict[tuple[SiteKey, SiteKey], list[LinkSecret]]:
    found: dict[tuple[SiteKey, SiteKey], list[LinkSecret]] = {}
    for secret in secrets:
        found.setdefault((secret.link.dialler, secret.link.issuer), []).append(secret)
    return found


def _blocked(site: Site, world: World) -> tuple[LinkState, str] | None:
    """Why nothing can be said of, or done in, a site's namespace; None if all is well."""
    reason = world.left_alone(site.cluster, site.namespace)
    if reason:
        return LinkState.LEFT_ALONE, reason
    view = world.view(site.cluster.name)
    problem = view.problem_in(site.namespace)
    if problem:
        return LinkState.UNKNOWN, problem
    if site.namespace in view.missing_namespaces:
        return LinkState.LEFT_ALONE, f"namespace {site.key} does not exist (yet)"
    return None


def _missing_namespace(site: Site, world: World) -> list[Finding]:
    if site.namespace not in world.view(site.cluster.name).missing_namespaces:
        return []
    return [
        Finding(
            rule="missing-namespace",
            severity=Severity.WARNING,
            message=f"namespace {site.key} does not exist (yet): its site is made when it does",
            datafile=site.definition.path,
            network=site.network,
            cluster=site.cluster.name,
            namespace=site.namespace,
        )
    ]


def plan_removals(
    declared: Sequence[Declared],
    kept: Mapping[SiteKey, str],
    reports: Sequence[LinkReport],
    world: World,
    secrets: Sequence[LinkSecret],
) -> Plan:
    """Plan what must go: links that are not declared, sites marked ``delete`` or not declared at all.

    `kept` are all live declared sites, those of refused networks included, with their network; `reports` tell which
    declared links are up.
    """
    wanted = {(link.dialler, link.issuer) for entry in declared for link in entry.links}
    untouchable = {key for key, network in kept.items() if network in world.refused_networks}
    not_up = _not_up(reports)
    changes: list[Change] = []
    for secret in secrets:
        ends = {secret.link.dialler, secret.link.issuer}
        if (secret.link.dialler, secret.link.issuer) in wanted or ends & untouchable:
            continue
        if _may_write(secret.at, world):
            after = _wait_for_others(ends & kept.keys(), not_up) if secret.delivered else ""
            network = next((kept[end] for end in sorted(ends) if end in kept), "")
            changes.append(removal.plan_secret(secret, network, "the link is not declared", after))
    sites: list[SiteReport] = []
    for key, reason, network in _doomed(kept, world, secrets):
        live = live_site(world.view(key.cluster), key, world.ownership)
        changes += removal.plan_site(live, secrets, network, reason)
        report = removal.report(live, network, reason)
        if report:
            sites.append(report)
    return Plan(changes=tuple(changes), sites=tuple(sites))


def _not_up(reports: Sequence[LinkReport]) -> dict[SiteKey, LinkReport]:
    """Per site one declared link that is not up yet."""
    found: dict[SiteKey, LinkReport] = {}
    for report in reports:
        if report.managed and not report.settled:
            found.setdefault(report.link.dialler, report)
            found.setdefault(report.link.issuer, report)
    return found


def _wait_for_others(ends: Iterable[SiteKey], not_up: Mapping[SiteKey, LinkReport]) -> str:
    for end in sorted(ends):
        if end in not_up:
            return f"the declared link {not_up[end].link} is up"
    return ""


def _doomed(
    kept: Mapping[SiteKey, str], world: World, secrets: Sequence[LinkSecret]
) -> list[tuple[SiteKey, str, str]]:
    """(site, reason, network) of everything of ours that no live declared site accounts for."""
    marked = {
        SiteKey(site.cluster.name, site.namespace): network.identifier
        for network in world.definitions.networks
        for site in network.sites
        if site.delete
    }
    refused = world.refused_networks
    found: set[SiteKey] = set()
    for cluster, view in world.views.items():
        if not view.problem:
            owned = {o.key.namespace for o in view.objects.values() if world.ownership.covers(o.labels)}
            found |= removal.sites_of_ours(secrets, cluster, owned)
    return [
        (
            key,
            "the site is marked delete" if key in marked else "the site is not declared",
            marked.get(key, ""),
        )
        for key in sorted(found - kept.keys())
        if _may_write(key, world) and marked.get(key) not in refused
    ]


def _may_write(key: SiteKey, world: World) -> bool:
    cluster = world.clusters.get(key.cluster)
    if cluster is None or world.view(key.cluster).problem_in(key.namespace):
        return False
    return not world.left_alone(cluster, key.namespace)


def plan_policies(world: World) -> Plan:
    """Plan the cluster policies of all clusters that were read; policies serve several networks at once."""
    sites = [site for network in world.definitions.networks for site in settle_all(network)]
    desired = policies.desired(sites, world.ownership)
    changes: list[Change] = []
    findings: list[Finding] = []
    for (cluster, name), body in desired.items():
        if not _reads_policies(cluster, world):
            continue
        if CLUSTER_POLICY in world.view(cluster).absent_kinds:
            findings.append(_no_policy_kind(cluster, name))
            continue
        found = world.view(cluster).objects.get(ObjectKey(CLUSTER_POLICY, "", name))
        differing = drift(body, found) if found else ()
        if found is None or differing:
            paths = ", ".join(field.dotted for field in differing)
            reason = f"it differs in {paths}" if found else "the policy does not exist"
            change = _policy_change(Verb.APPLY, cluster, name, reason)
            changes.append(replace(change, body=body, drift=differing))
    for cluster in sorted(world.views):
        for live in _stray_policies(cluster, world, desired):
            reason = "no namespace refers to the policy"
            change = _policy_change(Verb.DELETE, cluster, live.key.name, reason)
            changes.append(replace(change, uid=live.uid, removal=True))
    return Plan(changes=tuple(changes), findings=tuple(findings))


def _reads_policies(cluster: str, world: World) -> bool:
    known = world.clusters.get(cluster)
    return (
        known is not None
        and not world.view(cluster).problem
        and not known.disabled
        and world.selection.covers_cluster(known)
        and not world.selection.namespaces
    )


def _stray_policies(
    cluster: str, world: World, desired: Mapping[tuple[str, str], object]
) -> list[LiveObject]:
    if not _reads_policies(cluster, world):
        return []
    return [
        live
        for key, live in sorted(world.view(cluster).objects.items())
        if key.kind == CLUSTER_POLICY
        and world.ownership.covers(live.labels)
        and (cluster, key.name) not in desired
        and not live.deleting
    ]


def _policy_change(verb: Verb, cluster: str, name: str, reason: str) -> Change:
    return Change(verb=verb, cluster=cluster, namespace="", kind=CLUSTER_POLICY, name=name, reason=reason)


def _no_policy_kind(cluster: str, name: str) -> Finding:
    return Finding(
        rule="no-policy-kind",
        message=(
            f"cluster {cluster} does not know {CLUSTER_POLICY.label}, so policy {name} cannot be applied: "
            "have its CRD installed, or take the policy out of the data"
        ),
        cluster=cluster,
    )
