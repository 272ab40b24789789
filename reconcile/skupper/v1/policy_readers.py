"""Lets service-controllers read policies: without that right Skupper denies a site everything, whatever policies say.

The right takes a ClusterRoleBinding, which no site-controller of one namespace can create. Sites that refer to
policies, on clusters that serve them, get it by the cluster-admin account that applies those: one ClusterRole with one
binding for each cluster and instance. Who has it by an administrator's own binding, of
``deploy/rbac/service-controllers.yaml``, needs no other.

A site that is marked ``delete``, or whose data is refused, keeps the right while it exists, as it keeps its policies.
Nothing lists what is left over. It is looked up where policies of ours are, which go later.

Source: ``client/policy_validator.go``, which lists policies and gets its namespace for the labels.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from reconcile.findings import ClusterSubject, Finding, Severity
from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, CONFIG_MAP, Kind
from reconcile.skupper.drift import drift
from reconcile.skupper.live import ClusterSnapshot, LiveObject, ObjectKey
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import controller_rights, names, plan_policies, provenance

Body = dict[str, Any]

RULES: list[Body] = [
    {
        "apiGroups": [CLUSTER_POLICY.group],
        "resources": [CLUSTER_POLICY.plural],
        "verbs": ["get", "list", "watch"],
    },
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
]
"""As in ``deploy/rbac/service-controllers.yaml``."""

_MANIFEST = "oc apply -f deploy/rbac/service-controllers.yaml"
_KINDS = (CLUSTER_ROLE, CLUSTER_ROLE_BINDING)
"""In the order of their creation: whoever binds a role must hold what it grants. Without its role a binding grants
nothing, so they go in the same order."""


def looked_up(
    sites: Iterable[Site], ownership: Ownership, snapshot: ClusterSnapshot
) -> list[tuple[Kind, str]]:
    """Kind and name of what to look up on a cluster with these sites: ours, and an administrator's if sites ask."""
    if CLUSTER_POLICY in snapshot.unlisted_kinds:
        return []
    if any(site.wanted and _asks(site) for site in sites):
        looked_for: tuple[str, ...] = (_name(ownership), names.POLICY_READERS)
    elif any(
        key.kind == CLUSTER_POLICY and ownership.covers(live.labels) for key, live in snapshot.objects.items()
    ):
        looked_for = (_name(ownership),)
    else:
        return []
    return [(kind, name) for kind in _KINDS for name in looked_for]


def plan(inputs: PlanInput) -> Plan:
    """Plan the policies and the grants of all clusters that were read.

    A grant is applied after the policies and deleted before them: as long as one is there, policies show where to look.
    """
    applied = plan_policies.plan(inputs)
    parts = [
        _of_cluster(cluster, inputs)
        for cluster in sorted(inputs.snapshots)
        if plan_policies.reads_cluster_wide(cluster, inputs)
    ]
    changes = [change for part in parts for change in part.changes]
    return Plan(
        changes=(
            *(change for change in changes if change.verb is Verb.DELETE),
            *applied.changes,
            *(change for change in changes if change.verb is not Verb.DELETE),
        ),
        findings=(*applied.findings, *(finding for part in parts for finding in part.findings)),
    )


def _of_cluster(cluster: str, inputs: PlanInput) -> Plan:
    snapshot, name = inputs.snapshot(cluster), _name(inputs.ownership)
    found = {kind: _present(snapshot, kind, name) for kind in _KINDS}
    namespaces = _readers(cluster, inputs, found[CLUSTER_ROLE_BINDING])
    unlisted = [kind for kind in _KINDS if kind in snapshot.unlisted_kinds]
    if CLUSTER_POLICY in snapshot.unlisted_kinds:
        return Plan()
    if unlisted:
        return Plan(findings=(_unknown(cluster, namespaces, unlisted),) if namespaces else ())
    foreign = [live for live in found.values() if live and not inputs.ownership.covers(live.labels)]
    if not namespaces:
        ours = (live for live in found.values() if live and live not in foreign and provenance.applied(live))
        return Plan(changes=tuple(_delete(cluster, live) for live in ours))
    if foreign:
        return Plan(findings=(_foreign(cluster, foreign[0]),))
    bodies = _bodies(name, sorted(namespaces), inputs.ownership)
    return Plan(changes=tuple(_changes(cluster, found, bodies, namespaces)))


def _readers(cluster: str, inputs: PlanInput, binding: LiveObject | None) -> Set[str]:
    """The namespaces whose service-controller is to be bound."""
    snapshot = inputs.snapshot(cluster)
    if CLUSTER_POLICY in snapshot.absent_kinds:
        return frozenset()
    here = [site for site in inputs.desired.sites if site.cluster.name == cluster]
    sites = [site for site in here if site.wanted and not inputs.refuses(site)]
    asking = {site.namespace for site in sites if _asks(site)}
    bound = {
        subject["namespace"]
        for subject in _subjects(binding)
        if isinstance(subject.get("namespace"), str) and subject.get("name") == names.SERVICE_CONTROLLER
    }
    existing = {
        namespace
        for namespace in bound
        if snapshot.problem_in(namespace) or ObjectKey(CONFIG_MAP, namespace, names.SITE) in snapshot.objects
    }
    kept = existing & {site.namespace for site in here if site.definition.policies and site not in sites}
    return frozenset(space for space in asking | kept if not _granted_by_others(space, snapshot))


def _asks(site: Site) -> bool:
    return bool(site.definition.policies) and site.definition.cluster_admin


def _granted_by_others(namespace: str, snapshot: ClusterSnapshot) -> bool:
    """True if the service-controller of a namespace has the right by the manifest of an administrator."""
    role, binding = (_present(snapshot, kind, names.POLICY_READERS) for kind in _KINDS)
    if role is None or binding is None or controller_rights.missing(RULES, controller_rights.rules_of(role)):
        return False
    reference = binding.content.get("roleRef")
    if not isinstance(reference, Mapping) or reference.get("name") != names.POLICY_READERS:
        return False
    accounts = "system:serviceaccounts"
    matching = (
        {"kind": "ServiceAccount", "name": names.SERVICE_CONTROLLER, "namespace": namespace},
        *({"kind": "Group", "name": group} for group in (accounts, f"{accounts}:{namespace}")),
    )
    return any(each.items() <= dict(subject).items() for subject in _subjects(binding) for each in matching)


def _subjects(binding: LiveObject | None) -> Iterator[Mapping[str, Any]]:
    """The subjects of a binding of any shape."""
    found = binding.content.get("subjects") if binding else None
    for subject in found if isinstance(found, list) else ():
        if isinstance(subject, Mapping):
            yield subject


def _present(snapshot: ClusterSnapshot, kind: Kind, name: str) -> LiveObject | None:
    found = snapshot.objects.get(ObjectKey(kind, "", name))
    return None if found is None or found.deleting else found


def _name(ownership: Ownership) -> str:
    """As with policies, the instance separates app-interfaces that share a cluster."""
    return f"{names.POLICY_READERS}-" + re.sub(r"[^a-z0-9]+", "-", ownership.instance.lower())


def _bodies(name: str, namespaces: Iterable[str], ownership: Ownership) -> dict[Kind, Body]:
    metadata = {"name": name, "labels": ownership.labels}
    head = {
        kind: {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata} for kind in _KINDS
    }
    subjects = [
        {"kind": "ServiceAccount", "name": names.SERVICE_CONTROLLER, "namespace": namespace}
        for namespace in namespaces
    ]
    reference = {"apiGroup": CLUSTER_ROLE.group, "kind": CLUSTER_ROLE.name, "name": name}
    return {
        CLUSTER_ROLE: {**head[CLUSTER_ROLE], "rules": RULES},
        CLUSTER_ROLE_BINDING: {**head[CLUSTER_ROLE_BINDING], "roleRef": reference, "subjects": subjects},
    }


def _changes(
    cluster: str,
    found: Mapping[Kind, LiveObject | None],
    bodies: Mapping[Kind, Body],
    namespaces: Set[str],
) -> Iterator[Change]:
    for kind, body in bodies.items():
        live = found[kind]
        differing = drift(body, live) if live else ()
        if live and any(field.dotted.startswith("roleRef") for field in differing):
            # It is immutable; the next plan creates the binding anew.
            yield replace(_delete(cluster, live), reason="its roleRef differs, which cannot be changed")
        elif live is None or differing:
            paths = ", ".join(field.dotted for field in differing)
            reason = (
                f"it differs in {paths}" if live else f"no binding lets {_listed(namespaces)} read policies"
            )
            change = _change(Verb.APPLY, cluster, kind, body["metadata"]["name"], reason)
            yield replace(change, body=body, drift=differing)


def _delete(cluster: str, live: LiveObject) -> Change:
    change = _change(Verb.DELETE, cluster, live.key.kind, live.key.name, "no site needs it")
    return replace(change, uid=live.uid)


def _change(verb: Verb, cluster: str, kind: Kind, name: str, reason: str) -> Change:
    step = f"to let Skupper read policies without it, on cluster {cluster} run: {_MANIFEST}"
    return Change(
        verb=verb,
        cluster=cluster,
        namespace="",
        kind=kind,
        name=name,
        reason=reason,
        admin=True,
        if_forbidden=step if verb is Verb.APPLY else "",
    )


def _listed(namespaces: Iterable[str]) -> str:
    found = sorted(namespaces)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"the service-controller of {found[0]}{more}"


def _unknown(cluster: str, namespaces: Set[str], unlisted: Iterable[Kind]) -> Finding:
    kinds = " and ".join(kind.plural for kind in unlisted)
    return Finding(
        rule="unknown-policy-readers",
        severity=Severity.WARNING,
        message=(
            f"cluster {cluster}: it is unknown whether {_listed(namespaces)} may read policies, without which "
            f"Skupper denies everything: the cluster-admin account may not list {kinds}. "
            f"On cluster {cluster} run: oc apply -f deploy/rbac/policies.yaml"
        ),
        subject=ClusterSubject(cluster),
    )


def _foreign(cluster: str, live: LiveObject) -> Finding:
    return Finding(
        rule="foreign-grant",
        message=(
            f"cluster {cluster} has a {live.key.kind.name} {live.key.name} that is not ours and is not changed, so "
            "service-controllers may not be allowed to read policies there. Delete it and stop whatever manages it; "
            f"on cluster {cluster} run: oc delete {live.key.kind.plural} {live.key.name}"
        ),
        subject=ClusterSubject(cluster),
    )
