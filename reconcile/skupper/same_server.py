"""Tells whether two clusters of the data are the same API server under two addresses, such as a load balancer's.

Each of them would take the sites of the other for its own undeclared ones. The UID of the namespace kube-system
identifies an API server. Where an account may not read it, an object that both clusters show tells them to be one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from reconcile.findings import Reason
from reconcile.skupper.live import ClusterSnapshot

IDENTIFYING_NAMESPACE = "kube-system"


def same_server(snapshots: Mapping[str, ClusterSnapshot]) -> dict[str, Reason]:
    """Clusters that must not be changed, since another cluster is the same API server -> the reason.

    Snapshots of clusters that have not answered yet, or not completely, count with what they show.
    """
    by_identity: dict[str, set[str]] = defaultdict(set)
    by_object: dict[str, set[str]] = defaultdict(set)
    for name, snapshot in snapshots.items():
        if snapshot.identity:
            by_identity[snapshot.identity].add(name)
            continue
        for uid in _uids(snapshot):
            by_object[uid].add(name)
    if by_object:
        # Two clusters that are both identified need no comparison of their objects.
        for name, snapshot in snapshots.items():
            for uid in _uids(snapshot) if snapshot.identity else ():
                if uid in by_object:
                    by_object[uid].add(name)
    found: dict[str, Reason] = {}
    for names in by_object.values():
        found |= _reasons(names, "both show an object with the same UID")
    for names in by_identity.values():
        found |= _reasons(names, f"namespace {IDENTIFYING_NAMESPACE} has the same UID on both")
    return found


def _uids(snapshot: ClusterSnapshot) -> Iterable[str]:
    return (live.uid for live in snapshot.objects.values() if live.uid)


def _reasons(names: set[str], evidence: str) -> dict[str, Reason]:
    if len(names) < 2:
        return {}
    return {
        name: (
            f"has the same API server as cluster {min(names - {name})} ({evidence}): nothing on either is changed. "
            "Correct serverUrl and automationToken of the one that is wrong; to compare, run on each: "
            f"oc get namespace {IDENTIFYING_NAMESPACE} -o jsonpath='{{.metadata.uid}}'"
        )
        for name in names
    }
