"""Cluster policies in the plan: whose they are, whom they serve, when they go."""

from dataclasses import replace

from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, SECRET
from reconcile.skupper.definitions import Policy, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.plan import Change, Verb
from tests.skupper.fakes import FakeCluster, body
from tests.skupper.test_planning import network, plan, site

POLICY = Policy("p", allowed_services=("vault",))


def open_site(name: str, namespace: str = "net", **options) -> SiteDefinition:
    return site(name, namespace, policies=(POLICY,), cluster_admin=True, **options)


def about_policies(*sites: SiteDefinition, fake: FakeCluster | None = None) -> list[Change]:
    snapshots = {"a": fake.snapshot() if fake else ClusterSnapshot(), "b": ClusterSnapshot()}
    return [
        change
        for change in plan(network(*sites), snapshots=snapshots).changes
        if change.kind == CLUSTER_POLICY
    ]


def with_policy(name: str, **options) -> FakeCluster:
    fake = FakeCluster("a")
    fake.add(CLUSTER_POLICY, body(CLUSTER_POLICY, "", name, spec={}, **options))
    return fake


def test_policies_are_one_object_per_cluster_with_anchored_names():
    found = plan(network(open_site("a", "one"), open_site("a", "two"), open_site("b")))
    applied = {c.cluster: c.body["spec"]["namespaces"] for c in found.changes if c.name == "test-p"}
    assert applied == {"a": ["^one$", "^two$"], "b": ["^net$"]}


def test_a_policy_that_nothing_refers_to_is_removed():
    (change,) = about_policies(site("a"), site("b"), fake=with_policy("test-p"))
    assert (change.verb, change.name, change.ready) == (Verb.DELETE, "test-p", True)


def test_a_policy_is_applied_and_removed_by_the_cluster_admin():
    (made,) = about_policies(open_site("a"), site("b"))
    (removed,) = about_policies(site("a"), site("b"), fake=with_policy("test-p"))
    assert (made.verb, made.admin) == (Verb.APPLY, True)
    assert (removed.verb, removed.admin) == (Verb.DELETE, True)


def test_nothing_of_a_site_needs_the_cluster_admin():
    found = plan(network(open_site("a"), site("b")))
    by_admin = {(change.kind, change.name) for change in found.changes if change.admin}
    grant = "qontract-skupper-service-controllers-test"
    assert by_admin == {
        (CLUSTER_POLICY, "test-p"),
        (CLUSTER_ROLE, grant),
        (CLUSTER_ROLE_BINDING, grant),
    }
    assert not any(change.kind.namespaced for change in found.changes if change.admin)


def test_a_policy_that_only_carries_our_labels_stays():
    by_hand = [{"manager": "kubectl-client-side-apply", "operation": "Update"}]
    fake = with_policy("copied", metadata={"managedFields": by_hand})
    assert about_policies(site("a"), site("b"), fake=fake) == []


def test_no_policy_is_made_for_a_site_that_may_not_have_one():
    assert about_policies(site("a", policies=(POLICY,)), site("b")) == []


def test_a_policy_of_a_site_whose_data_is_refused_stays_as_it_is():
    refused = open_site("a", config={"serviceController": False})
    assert about_policies(refused, site("b"), fake=with_policy("test-p")) == []


def test_a_policy_goes_after_the_last_site_that_refers_to_it():
    fake = with_policy("test-p")
    fake.add_site("net", site_id="id-a")
    (change,) = about_policies(open_site("a", delete=True), site("b"), fake=fake)
    assert (change.verb, str(change.waits_for)) == (Verb.DELETE, "the site a/net is gone")
    fake.bodies = {key: made for key, made in fake.bodies.items() if key[0] not in {SECRET} and not key[1]}
    (change,) = about_policies(open_site("a", delete=True), site("b"), fake=fake)
    assert change.ready


BROKEN = Policy("p", path="/p.yml", allowed_services=("vault", "*.example.com"))


def with_broken(name: str, **options) -> SiteDefinition:
    return replace(open_site(name, **options), policies=(BROKEN,))


def test_a_broken_policy_is_not_applied():
    assert about_policies(with_broken("a"), with_broken("b")) == []


def test_a_broken_policy_that_is_there_is_neither_changed_nor_deleted():
    assert about_policies(with_broken("a"), with_broken("b"), fake=with_policy("test-p")) == []


def test_a_broken_policy_stays_when_the_last_site_that_uses_it_is_to_go():
    assert about_policies(with_broken("a", delete=True), site("b"), fake=with_policy("test-p")) == []


def test_a_broken_policy_stops_neither_its_sites_nor_other_policies():
    both = replace(open_site("a"), policies=(BROKEN, Policy("q")))
    found = plan(network(both, with_broken("b")), snapshots={"a": ClusterSnapshot(), "b": ClusterSnapshot()})
    assert {f"{change.cluster}/{change.namespace}" for change in found.changes} >= {"a/", "a/net", "b/net"}
    assert [change.name for change in found.changes if change.kind == CLUSTER_POLICY] == ["test-q"]
