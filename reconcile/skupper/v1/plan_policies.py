"""Plans cluster policies: what to apply and what to delete on each cluster.

Policies belong to clusters and serve several networks, so they are planned separately from networks. A namespace filter
excludes them. A policy whose own data is refused is neither applied nor deleted. A policy of a site whose data is
refused is not created, and is not changed if it exists.
"""

from collections.abc import Iterable
from dataclasses import replace

from reconcile.findings import ClusterSubject, Finding
from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP
from reconcile.skupper.drift import drift
from reconcile.skupper.live import LiveObject, ObjectKey
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import names, policies, provenance
from reconcile.skupper.waits import Wait, WaitKind


def plan(inputs: PlanInput) -> Plan:
    """Plan the cluster policies of all clusters that were read."""
    sites = inputs.desired.sites
    referring = policies.referring(sites, inputs.ownership)
    refused = inputs.refused_policies
    kept = policies.names(sites, inputs.ownership, refused)
    accepted = [site for site in sites if not inputs.refuses(site)]
    desired = policies.desired(accepted, inputs.ownership, refused=refused)
    changes: list[Change] = []
    findings: list[Finding] = []
    for (cluster, name), body in desired.items():
        if not reads_cluster_wide(cluster, inputs):
            continue
        if CLUSTER_POLICY in inputs.snapshot(cluster).absent_kinds:
            findings.append(_no_policy_kind(cluster, name))
            continue
        found = inputs.snapshot(cluster).objects.get(ObjectKey(CLUSTER_POLICY, "", name))
        if found and not inputs.ownership.covers(found.labels):
            findings.append(_foreign(cluster, name))
            continue
        if found and any(map(inputs.refuses, referring[cluster, name])):
            continue
        differing = drift(body, found) if found else ()
        if found is None or differing:
            paths = ", ".join(field.dotted for field in differing)
            reason = f"it differs in {paths}" if found else "the policy does not exist"
            change = _policy_change(Verb.APPLY, cluster, name, reason)
            changes.append(replace(change, body=body, drift=differing))
    for cluster in sorted(inputs.snapshots):
        for live in _ours(cluster, inputs):
            users = referring.get((cluster, live.key.name), ())
            if (cluster, live.key.name) in {*desired, *kept} or any(map(inputs.refuses, users)):
                continue
            reason = "no namespace refers to the policy"
            change = _policy_change(Verb.DELETE, cluster, live.key.name, reason)
            changes.append(replace(change, uid=live.uid, removal=True, waits_for=_last_user(users, inputs)))
    return Plan(changes=tuple(changes), findings=tuple(findings))


def reads_cluster_wide(cluster: str, inputs: PlanInput) -> bool:
    """True if the cluster-scoped objects of a cluster are known and to be planned."""
    known = inputs.desired.clusters.get(cluster)
    return (
        known is not None
        and not inputs.snapshot(cluster).problem
        and not known.disabled
        and cluster not in inputs.refused_clusters
        and inputs.selection.covers_cluster(known)
        and not inputs.selection.namespaces
    )


def _ours(cluster: str, inputs: PlanInput) -> list[LiveObject]:
    """Policies on a cluster that we have applied; labels alone may be copies."""
    if not reads_cluster_wide(cluster, inputs):
        return []
    return [
        live
        for key, live in sorted(inputs.snapshot(cluster).objects.items())
        if key.kind == CLUSTER_POLICY
        and inputs.ownership.covers(live.labels)
        and provenance.applied(live)
        and not live.deleting
        and live.addressable
    ]


def _last_user(users: Iterable[Site], inputs: PlanInput) -> Wait | None:
    """What the removal of a policy waits for: while one of its sites exists, its traffic must stay permitted."""
    for site in users:
        snapshot = inputs.snapshot(site.cluster.name)
        there = ObjectKey(CONFIG_MAP, site.namespace, names.SITE) in snapshot.objects
        if there or snapshot.problem_in(site.namespace):
            return Wait(WaitKind.UNUSED, str(site.key), f"the site {site.key} is gone")
    return None


def _policy_change(verb: Verb, cluster: str, name: str, reason: str) -> Change:
    return Change(
        verb=verb, cluster=cluster, namespace="", kind=CLUSTER_POLICY, name=name, reason=reason, admin=True
    )


def _foreign(cluster: str, name: str) -> Finding:
    return Finding(
        rule="foreign-policy",
        message=(
            f"cluster {cluster} has a {CLUSTER_POLICY.name} {name} that is not ours and is not changed. Rename the "
            "policy in the data, or delete the object and stop whatever manages it; "
            f"on cluster {cluster} run: oc delete {CLUSTER_POLICY.plural} {name}"
        ),
        subject=ClusterSubject(cluster),
    )


def _no_policy_kind(cluster: str, name: str) -> Finding:
    return Finding(
        rule="no-policy-kind",
        message=(
            f"cluster {cluster} does not serve {CLUSTER_POLICY.label}, so policy {name} cannot be applied: "
            "install its CRD, or remove the policy from the data"
        ),
        subject=ClusterSubject(cluster),
    )
