"""What proves that an object is ours, and what follows for one that is not."""

from dataclasses import replace
from typing import Any

import pytest

from reconcile.kinds import (
    CLUSTER_POLICY,
    CONFIG_MAP,
    DEPLOYMENT,
    ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE_ACCOUNT,
    Kind,
)
from reconcile.skupper.definitions import Cluster, Definitions, Network, Policy, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot, LiveObject
from reconcile.skupper.plan import Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import list_requests, objects, provenance
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve, resolve_sites

CONTROLLER = "skupper-site-controller"
NO_MANAGER: dict[str, Any] = {"managedFields": []}
ENDS = {"qontract-skupper/dialler": "b/net", "qontract-skupper/issuer": "a/net"}
LINK = "link-a-net-1c62e307"


def network(*, policies: tuple[Policy, ...] = ()) -> Network:
    sites = (
        SiteDefinition(Cluster("a", "https://a", private=False), "net", policies=policies),
        SiteDefinition(Cluster("b", "https://b", private=False), "net"),
    )
    return Network("n", "1.9.6", settings={"image": "image"}, sites=sites)


def plan(declared: Network, **fakes: FakeCluster) -> Plan:
    snapshots = {name: ClusterSnapshot() for name in "ab"} | {
        name: fake.snapshot() for name, fake in fakes.items()
    }
    return plan_inputs(
        PlanInput(
            desired=resolve(Definitions(networks=(declared,))), ownership=OURS, now=NOW, snapshots=snapshots
        )
    )


def proven(kind: Kind, name: str, **options: Any) -> bool:
    return provenance.proven(LiveObject.from_manifest(kind, body(kind, "net", name, **options)), OURS)


def test_what_we_apply_is_proven_by_name_and_field_manager():
    assert proven(DEPLOYMENT, CONTROLLER)


def test_our_name_without_our_field_manager_proves_nothing():
    assert not proven(DEPLOYMENT, CONTROLLER, metadata=NO_MANAGER)


def test_another_name_proves_nothing():
    assert not proven(DEPLOYMENT, "theirs")


def test_no_owner_proves_anything_without_our_labels():
    assert not proven(DEPLOYMENT, "skupper-router", owner="id-a", labels={})


def test_what_a_site_owns_is_proven():
    assert proven(DEPLOYMENT, "skupper-router", owner="id-a")


def test_a_link_secret_is_proven_by_its_name_and_ends():
    assert proven(SECRET, f"{LINK}-0f0f0f0f", metadata={"annotations": ENDS})


@pytest.mark.parametrize("name", ["backup", "link-a-net-00000000-0f0f0f0f"])
def test_the_ends_of_a_link_under_another_name_prove_nothing(name: str):
    assert not proven(SECRET, name, metadata={"annotations": ENDS})


def test_a_link_secret_is_not_ours_in_a_namespace_of_neither_end():
    made = body(SECRET, "other", f"{LINK}-0f0f0f0f", metadata={"annotations": ENDS})
    assert not provenance.proven(LiveObject.from_manifest(SECRET, made), OURS)


def test_an_object_of_others_is_named_once_for_all_of_a_site():
    fake = FakeCluster("a")
    for kind in (ROLE, SERVICE_ACCOUNT):
        fake.add(kind, body(kind, "net", CONTROLLER, labels={"team": "theirs"}))
    (finding,) = plan(network(), a=fake).errors
    assert finding.message == (
        "a/net has ServiceAccount skupper-site-controller (it is not ours), Role skupper-site-controller (it is "
        "not ours): nothing is applied there. Delete it and stop whatever manages it, or remove the namespace "
        "from the network. To see what manages it, on cluster a run: oc -n net get serviceaccounts "
        "skupper-site-controller -o jsonpath='{.metadata.managedFields}'"
    )


def test_what_was_labelled_by_hand_where_a_site_is_declared_is_applied():
    fake = FakeCluster("a")
    fake.add_site("net", site_id="id-a")
    metadata = fake.bodies[CONFIG_MAP, "net", "skupper-site"]["metadata"]
    metadata["managedFields"] = []
    metadata["annotations"] = {
        "skupper.io/exclude-annotations": "kubectl.kubernetes.io/last-applied-configuration"
    }
    (change,) = [c for c in plan(network(), a=fake).changes if (c.cluster, c.kind) == ("a", CONFIG_MAP)]
    assert change.reason == "this integration has not applied it yet"


def test_our_annotation_is_said_to_change_nothing():
    fake = FakeCluster("a")
    fake.add_site("net", site_id="id-a")
    (change,) = [c for c in plan(network(), a=fake).changes if (c.cluster, c.kind) == ("a", CONFIG_MAP)]
    assert change.reason == "it differs in metadata.annotations, which changes nothing for Skupper"


def test_a_half_taken_over_site_that_is_not_declared_any_more_is_skipped():
    fake = FakeCluster("a")
    fake.add_site("other", site_id="id-a")
    fake.bodies[CONFIG_MAP, "other", "skupper-site"]["metadata"]["labels"] = {"managed-by": "another"}
    fake.add(DEPLOYMENT, body(DEPLOYMENT, "other", CONTROLLER))
    assert not [change for change in plan(network(), a=fake).changes if change.namespace == "other"]


def probes(
    snapshot: ClusterSnapshot, declared: Network | None = None
) -> set[tuple[str, str, tuple[str, ...]]]:
    sites = [site for site in resolve_sites(declared or network()) if site.cluster.name == "a"]
    without_policies = replace(snapshot, absent_kinds=frozenset({CLUSTER_POLICY}))
    found = list_requests.probes_for(sites, OURS, without_policies)
    return {(probe.request.kind.name, probe.request.fields, probe.namespaces) for probe in found}


def test_a_site_that_is_whole_is_not_looked_at_again():
    fake = FakeCluster("a")
    fake.add_site("net", site_id="id-a")
    rules = objects.rules(next(site for site in resolve_sites(network()) if site.cluster.name == "a"))
    for kind in (SERVICE_ACCOUNT, ROLE, ROLE_BINDING, DEPLOYMENT):
        assert (kind.name, f"metadata.name={CONTROLLER}", ("net",)) in probes(fake.snapshot())
        fake.add(kind, body(kind, "net", CONTROLLER, rules=rules))
    assert probes(fake.snapshot()) == set()


def test_a_namespace_with_something_of_ours_but_no_site_is_looked_at():
    fake = FakeCluster("a")
    fake.add(DEPLOYMENT, body(DEPLOYMENT, "other", CONTROLLER))
    assert ("ConfigMap", "metadata.name=skupper-site", ("net", "other")) in probes(fake.snapshot())


POLICY = Policy("p", allow_incoming_links=True)


def test_a_policy_that_was_not_shown_is_looked_for():
    declared = network(policies=(POLICY,))
    assert ("SkupperClusterPolicy", "metadata.name=test-p", ()) in probes(ClusterSnapshot(), declared)


def test_a_policy_of_others_under_our_name_is_named_and_not_changed():
    fake = FakeCluster("a")
    fake.add(CLUSTER_POLICY, body(CLUSTER_POLICY, "", "test-p", labels={}))
    found = plan(network(policies=(POLICY,)), a=fake)
    assert [finding.rule for finding in found.errors] == ["foreign-policy"]
    assert not [change for change in found.changes if change.kind == CLUSTER_POLICY]
