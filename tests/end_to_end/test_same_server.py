"""Two clusters of the data before one API server: neither is touched, whichever way it shows, and the others go on."""

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.sandbox.kubernetes.accounts import Account, Rule
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, three_clusters
from tests.fault_proxy import FaultProxy

NAMESPACED = frozenset(
    {"configmaps", "secrets", "serviceaccounts", "services", "deployments", "roles", "rolebindings"}
)
"""What an account may do everything with that may not read the namespace kube-system."""


def merge(fleet: Harness) -> None:
    """Have the address of b lead to the API server of a, through a proxy, with the token of a."""
    fleet.change_site("b", namespace="other")
    fleet.proxies["b"] = FaultProxy(fleet.servers["a"].url, fleet.servers.ca_file)
    fleet.token["b"] = fleet.token.get("a", fleet.servers["a"].token)


def uids(fleet: Harness, cluster: str) -> set[str]:
    found = (each for kind in (CONFIG_MAP, SECRET, DEPLOYMENT) for each in fleet.objects(kind, cluster))
    return {each["metadata"]["uid"] for each in found}


class Merged:
    """A linked fleet, two clusters of which became one, and a run over it with something to do on a and on p."""

    def __init__(self, fleet: Harness, *, identified: bool) -> None:
        assert fleet.run().all_up
        if not identified:
            account = Account("unidentified", "unidentified-token", (Rule(resources=NAMESPACED),))
            fleet.token["a"] = fleet["a"].admit(account)
        merge(fleet)
        for cluster in ("a", "p"):
            fleet.change_site(cluster, config={"xpRouterMaxFrameSize": 20000})
        before = uids(fleet, "a")
        self.run: RunResult = fleet.run(wait=2)
        self.gone = before - uids(fleet, "a")


@pytest.fixture(scope="module")
def merged(backend: Backend) -> Merged:
    with three_clusters(backend) as fleet:
        return Merged(fleet, identified=True)


def test_nothing_on_the_server_is_removed(merged: Merged):
    assert merged.gone == set()


def test_nothing_is_removed_at_all(merged: Merged):
    assert [action for action in merged.run.actions if "'delete'" in action] == []


def test_both_clusters_are_named_and_the_run_fails(merged: Merged):
    first, second = merged.run.outcome.failures
    assert first.startswith(
        "cluster a has the same API server as cluster b (both show an object with the same UID"
    )
    assert second.startswith("cluster b has the same API server as cluster a")


def test_the_other_cluster_goes_on(merged: Merged):
    assert [action for action in merged.run.actions if "'p'" in action] != []


@pytest.fixture(scope="module")
def unidentified(backend: Backend) -> Merged:
    with three_clusters(backend) as fleet:
        return Merged(fleet, identified=False)


def test_nothing_is_removed_where_kube_system_may_not_be_read(unidentified: Merged):
    assert unidentified.gone == set()
    assert [action for action in unidentified.run.actions if "'delete'" in action] == []


def test_the_same_objects_show_it_where_kube_system_may_not_be_read(unidentified: Merged):
    assert [failure.split("(")[1].split(")")[0] for failure in unidentified.run.outcome.failures] == [
        "both show an object with the same UID",
        "both show an object with the same UID",
    ]
