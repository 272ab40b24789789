"""The right of service-controllers to read policies: who gets it, by whom, and when it goes."""

from pathlib import Path

import pytest
import yaml

from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, CLUSTER_ROLE_BINDING
from reconcile.skupper.definitions import Policy, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.review import review
from reconcile.skupper.v1 import list_requests, policy_readers
from reconcile.skupper.v1.names import POLICY_READERS
from tests.skupper.fakes import OURS, FakeCluster, body
from tests.skupper.resolving import resolve_sites
from tests.skupper.test_planning import network, plan, site

KINDS = (CLUSTER_ROLE, CLUSTER_ROLE_BINDING)
NAME = f"{POLICY_READERS}-test"
MANIFEST = list(
    yaml.safe_load_all(
        (Path(__file__).parents[2] / "deploy" / "rbac" / "service-controllers.yaml").read_text()
    )
)
GRANTED = [("apply", "ClusterRole", NAME), ("apply", "ClusterRoleBinding", NAME)]
REMOVED = [("delete", "ClusterRole", NAME), ("delete", "ClusterRoleBinding", NAME)]
BY_HAND = [{"manager": "kubectl-client-side-apply", "operation": "Update"}]


def asking(namespace: str = "net", **options) -> SiteDefinition:
    return site("a", namespace, policies=(Policy("p"),), cluster_admin=True, **options)


def subject(namespace: str) -> dict:
    return {"kind": "ServiceAccount", "name": "skupper-service-controller", "namespace": namespace}


def planned(*sites: SiteDefinition, fake: FakeCluster | None = None, **facts) -> Plan:
    snapshot = fake.snapshot() if fake else ClusterSnapshot(**facts)
    return plan(network(*sites, site("b")), snapshots={"a": snapshot, "b": ClusterSnapshot()})


def grants(found: Plan) -> list[Change]:
    return [change for change in found.changes if change.kind in KINDS]


def steps(found: Plan) -> list[tuple[str, str, str]]:
    return [(change.verb.value, change.kind.name, change.name) for change in grants(found)]


def granted(*namespaces: str, **options) -> FakeCluster:
    """A cluster where we have granted the right to these namespaces."""
    fake = FakeCluster("a")
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME}
    subjects = [subject(each) for each in namespaces]
    fake.add(CLUSTER_ROLE, body(CLUSTER_ROLE, "", NAME, rules=policy_readers.RULES, **options))
    fake.add(
        CLUSTER_ROLE_BINDING,
        body(CLUSTER_ROLE_BINDING, "", NAME, roleRef=reference, subjects=subjects, **options),
    )
    return fake


def by_administrator(fake: FakeCluster, *subjects: dict) -> FakeCluster:
    """The same right by the manifest, for other subjects if there are any."""
    for kind, manifest in zip(KINDS, MANIFEST, strict=True):
        other = {"subjects": list(subjects)} if subjects and kind == CLUSTER_ROLE_BINDING else {}
        parts = {key: value for key, value in manifest.items() if key in {"rules", "roleRef", "subjects"}}
        fake.add(kind, body(kind, "", POLICY_READERS, labels={}, **{**parts, **other}))
    return fake


def test_the_right_is_that_of_the_manifest():
    assert MANIFEST[0]["rules"] == policy_readers.RULES


def test_the_sites_that_refer_to_policies_are_bound():
    found = planned(asking("one"), asking("two"), site("a", "three"), site("a", "four", cluster_admin=True))
    assert steps(found) == GRANTED
    assert grants(found)[1].body["subjects"] == [subject("one"), subject("two")]


def test_the_role_and_its_binding_are_ours_by_their_labels_and_made_by_the_cluster_admin():
    assert all(
        change.admin and change.body["metadata"]["labels"] == OURS.labels
        for change in grants(planned(asking()))
    )


def test_a_grant_is_one_item_of_a_review():
    (item,) = [item for item in review(planned(asking())) if item.noun == "grant"]
    assert (item.subject, len(item.changes)) == (f"{NAME} on a", 2)


def test_nothing_is_planned_where_all_is_as_it_should_be():
    assert steps(planned(asking(), fake=granted("net"))) == []


def test_a_binding_that_lost_a_subject_gets_it_back():
    found = planned(asking("one"), asking("two"), fake=granted("one"))
    assert [(change.kind, [field.dotted for field in change.drift]) for change in grants(found)] == [
        (CLUSTER_ROLE_BINDING, ["subjects"])
    ]


@pytest.mark.parametrize("bound", [("net", "other"), ("other",), ()])
def test_a_binding_for_others_is_corrected(bound: tuple[str, ...]):
    (change,) = grants(planned(asking(), fake=granted(*bound)))
    assert change.body["subjects"] == [subject("net")]


def test_a_subject_that_somebody_added_is_taken_out():
    fake = granted("net")
    added = {"kind": "ServiceAccount", "name": "other", "namespace": "net"}
    fake.bodies[CLUSTER_ROLE_BINDING, "", NAME]["subjects"].append(added)
    assert [change.kind for change in grants(planned(asking(), fake=fake))] == [CLUSTER_ROLE_BINDING]


def test_without_the_kind_of_policies_nobody_is_bound():
    assert steps(planned(asking(), absent_kinds=frozenset({CLUSTER_POLICY}))) == []


def test_the_grant_goes_when_no_site_asks_for_it():
    found = planned(site("a"), fake=granted("net"))
    assert steps(found) == REMOVED
    assert not any(change.removal for change in grants(found))


def test_the_grant_goes_with_the_kind_of_policies():
    fake = granted("net")
    facts = {"objects": fake.snapshot().objects, "absent_kinds": frozenset({CLUSTER_POLICY})}
    assert steps(planned(asking(), **facts)) == REMOVED


def test_a_site_that_goes_or_is_refused_keeps_the_right_while_it_exists():
    fake = granted("net", "other")
    fake.add_site("net", site_id="id-a")
    fake.add_site("other", site_id="id-o")
    for declared in (asking(delete=True), asking(config={"serviceController": False})):
        assert steps(planned(declared, asking("other"), fake=fake)) == []
    (change,) = grants(planned(site("a"), asking("other"), fake=fake))
    assert change.body["subjects"] == [subject("other")]


@pytest.mark.parametrize(
    "covered",
    [
        {"kind": "Group", "name": "system:serviceaccounts", "apiGroup": "rbac.authorization.k8s.io"},
        {"kind": "Group", "name": "system:serviceaccounts:net"},
        subject("net"),
    ],
)
def test_who_may_read_policies_by_an_administrator_needs_no_other_binding(covered: dict):
    assert steps(planned(asking(), fake=by_administrator(FakeCluster("a"), covered))) == []


@pytest.mark.parametrize("other", [subject("elsewhere"), {"kind": "Group", "name": 5}, {}])
def test_an_administrators_binding_for_others_does_not_count(other: dict):
    assert steps(planned(asking(), fake=by_administrator(FakeCluster("a"), other))) == GRANTED


def test_an_administrators_role_that_lacks_a_rule_does_not_count():
    fake = by_administrator(FakeCluster("a"))
    fake.bodies[CLUSTER_ROLE, "", POLICY_READERS]["rules"] = policy_readers.RULES[:1]
    assert steps(planned(asking(), fake=fake)) == GRANTED


def test_a_foreign_object_of_our_name_is_named_and_not_changed():
    found = planned(asking(), fake=granted("net", labels={}))
    (finding,) = [finding for finding in found.findings if finding.rule == "foreign-grant"]
    assert steps(found) == []
    assert f"oc delete clusterroles {NAME}" in finding.message


@pytest.mark.parametrize("options", [{"labels": {}}, {"metadata": {"managedFields": BY_HAND}}])
def test_what_is_not_proven_to_be_ours_is_not_deleted(options: dict):
    assert steps(planned(site("a"), fake=granted("net", **options))) == []


def test_a_binding_to_another_role_is_created_anew():
    fake = granted("net")
    fake.bodies[CLUSTER_ROLE_BINDING, "", NAME]["roleRef"]["name"] = "view"
    (change,) = grants(planned(asking(), fake=fake))
    assert (change.verb, change.kind) == (Verb.DELETE, CLUSTER_ROLE_BINDING)


def test_where_bindings_may_not_be_listed_nothing_is_known_and_nothing_is_changed():
    found = planned(asking(), unlisted_kinds=frozenset({CLUSTER_ROLE_BINDING}))
    (finding,) = [finding for finding in found.findings if finding.rule == "unknown-policy-readers"]
    assert steps(found) == []
    assert finding.message.endswith("On cluster a run: oc apply -f deploy/rbac/policies.yaml")


def test_a_cluster_whose_policies_may_not_be_listed_and_has_none_is_no_news():
    found = planned(asking(), unlisted_kinds=frozenset({CLUSTER_POLICY}))
    assert (steps(found), {finding.rule for finding in found.findings} & {"unknown-policy-readers"}) == (
        [],
        set(),
    )


def test_a_missing_right_is_followed_by_the_manifest():
    assert grants(planned(asking()))[1].if_forbidden == (
        "to let Skupper read policies without it, on cluster a run: oc apply -f deploy/rbac/service-controllers.yaml"
    )


def looked_up(*sites: SiteDefinition, **facts) -> set[tuple[str, bool]]:
    """Names of cluster-scoped roles and bindings that are looked up, and whether by the cluster-admin account."""
    resolved = resolve_sites(network(*sites))
    probes = list_requests.probes_for(resolved, OURS, ClusterSnapshot(**facts))
    return {
        (probe.request.fields.removeprefix("metadata.name="), probe.request.admin)
        for probe in probes
        if probe.request.kind == CLUSTER_ROLE_BINDING
    }


def test_bindings_are_looked_up_by_name_where_sites_refer_to_policies():
    assert looked_up(asking()) == {(NAME, True), (POLICY_READERS, True)}
    assert looked_up(asking(), unlisted_kinds=frozenset({CLUSTER_POLICY})) == set()


def test_a_grant_that_may_be_left_over_is_looked_up_where_policies_of_ours_are():
    fake = FakeCluster("a")
    assert looked_up(site("a"), objects=fake.snapshot().objects) == set()
    fake.add(CLUSTER_POLICY, body(CLUSTER_POLICY, "", "test-p", spec={}))
    assert looked_up(site("a"), objects=fake.snapshot().objects) == {(NAME, True)}


def test_a_grant_comes_after_policies_and_goes_before_them():
    fake = granted("net")
    fake.add(CLUSTER_POLICY, body(CLUSTER_POLICY, "", "test-p", spec={}))
    coming, going = planned(asking()), planned(site("a"), fake=fake)
    policy = CLUSTER_POLICY.name
    assert next(change.kind.name for change in coming.changes if not change.namespace) == policy
    assert [change.kind.name for change in going.changes if not change.namespace][-1] == policy
