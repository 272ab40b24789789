"""A site-controller gets its rights by a Role of its own, or by the ClusterRole of a cluster that has one."""

import pytest

from reconcile.kinds import CLUSTER_ROLE, DEPLOYMENT, ROLE, ROLE_BINDING, SERVICE_ACCOUNT
from reconcile.skupper.definitions import Cluster, Network, SiteDefinition
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.v1 import list_requests, objects
from reconcile.skupper.v1.names import BOUND_ROLE, SITE_CONTROLLER
from tests.skupper.fakes import OURS, FakeCluster, body, plan
from tests.skupper.reported import ReportedFleet
from tests.skupper.resolving import resolve_sites

LEGACY = {"labels": {"app.kubernetes.io/managed-by": "another"}}


@pytest.fixture
def fleet() -> ReportedFleet:
    """Two linked sites."""
    return ReportedFleet(networks={"a": "n", "b": "n"}).build()


def rules(**config: str) -> list[dict]:
    definition = SiteDefinition(Cluster("a", "https://a.example"), "net", config)
    (site,) = resolve_sites(Network("n", "1.9.6", settings={"image": "image"}, sites=(definition,)))
    return objects.rules(site)


def add(fake: FakeCluster, kind, name: str, **rest) -> None:
    fake.add(kind, body(kind, "" if kind == CLUSTER_ROLE else "net", name, **rest))


def give_own_role(fake: FakeCluster, **rest) -> None:
    add(fake, ROLE, SITE_CONTROLLER, rules=rules(**rest))
    add(fake, ROLE_BINDING, SITE_CONTROLLER, roleRef=reference("Role", SITE_CONTROLLER))


def bind(fake: FakeCluster) -> None:
    add(fake, ROLE_BINDING, BOUND_ROLE, roleRef=reference("ClusterRole", BOUND_ROLE))


def reference(kind: str, name: str) -> dict:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}


def give_cluster_role(fake: FakeCluster, granted: list[dict] | None = None) -> None:
    add(fake, CLUSTER_ROLE, BOUND_ROLE, labels={}, rules=rules() if granted is None else granted)


def about_rights(found: Plan) -> list[Change]:
    return [
        change
        for change in found.changes
        if change.cluster == "a" and change.kind in {ROLE, ROLE_BINDING} and change.namespace == "net"
    ]


def steps(found: Plan) -> list[str]:
    return [f"{change.verb} {change.kind.name} {change.name}" for change in about_rights(found)]


BIND = f"apply RoleBinding {BOUND_ROLE}"
OWN = [f"apply Role {SITE_CONTROLLER}", f"apply RoleBinding {SITE_CONTROLLER}"]
CLEAN_UP = [f"delete RoleBinding {SITE_CONTROLLER}", f"delete Role {SITE_CONTROLLER}"]


def test_without_the_cluster_role_a_site_gets_a_role_of_its_own(fleet: ReportedFleet):
    assert steps(plan(fleet.inputs())) == OWN


def test_with_the_cluster_role_a_new_site_is_bound_to_it_and_gets_no_role(fleet: ReportedFleet):
    give_cluster_role(fleet.fakes["a"])
    assert steps(plan(fleet.inputs())) == [BIND]


def test_a_site_that_has_its_role_keeps_it(fleet: ReportedFleet):
    give_own_role(fleet.fakes["a"])
    give_cluster_role(fleet.fakes["a"])
    assert not {BIND, *CLEAN_UP} & set(steps(plan(fleet.inputs())))


@pytest.mark.parametrize("lost", [ROLE, ROLE_BINDING], ids=lambda kind: kind.name)
def test_a_site_that_lacks_a_part_of_its_role_is_bound_and_the_rest_deleted_after_that(
    fleet: ReportedFleet, lost
):
    give_own_role(fleet.fakes["a"])
    fleet.fakes["a"].remove(lost, "net", SITE_CONTROLLER)
    give_cluster_role(fleet.fakes["a"])
    remaining = [step for step in CLEAN_UP if f" {lost.name} " not in step]
    assert steps(plan(fleet.inputs())) == [BIND, *remaining]


def test_a_role_with_other_rules_than_this_version_has_is_not_written_but_given_up(fleet: ReportedFleet):
    give_own_role(fleet.fakes["a"], ingress="route", ingressHost="apps.example.com")
    give_cluster_role(fleet.fakes["a"])
    assert steps(plan(fleet.inputs())) == [BIND, *CLEAN_UP]


def test_deleting_the_old_role_counts_as_no_removal(fleet: ReportedFleet):
    bind(fleet.fakes["a"])
    give_own_role(fleet.fakes["a"])
    give_cluster_role(fleet.fakes["a"])
    deleted = [change for change in about_rights(plan(fleet.inputs())) if change.verb is Verb.DELETE]
    assert [change.removal for change in deleted] == [False, False]


def test_a_role_of_somebody_else_stays_beside_the_binding(fleet: ReportedFleet):
    add(fleet.fakes["a"], ROLE, SITE_CONTROLLER, rules=[], metadata=LEGACY)
    bind(fleet.fakes["a"])
    give_cluster_role(fleet.fakes["a"])
    assert not set(CLEAN_UP) & set(steps(plan(fleet.inputs())))


@pytest.mark.parametrize("granted", [None, []], ids=["not readable", "without rules"])
def test_while_the_cluster_role_does_not_suffice_a_bound_site_keeps_what_it_has_and_says_so(
    fleet: ReportedFleet, granted
):
    bind(fleet.fakes["a"])
    give_own_role(fleet.fakes["a"])
    if granted is not None:
        give_cluster_role(fleet.fakes["a"], granted)
    found = plan(fleet.inputs())
    assert not {*OWN, *CLEAN_UP} & set(steps(found))
    assert "incomplete-cluster-role" in {finding.rule for finding in found.errors}


def message(fleet: ReportedFleet) -> str:
    found = plan(fleet.inputs()).errors
    return next((each.message for each in found if each.rule == "incomplete-cluster-role"), "")


def test_a_right_that_the_cluster_role_lacks_is_named(fleet: ReportedFleet):
    bind(fleet.fakes["a"])
    lacking = [
        {
            **rule,
            "verbs": [verb for verb in rule["verbs"] if verb != "watch" or "routes" not in rule["resources"]],
        }
        for rule in rules()
    ]
    give_cluster_role(fleet.fakes["a"], lacking)
    assert "lacks watch on routes.route.openshift.io, which the site-controller needs" in message(fleet)


@pytest.mark.parametrize(
    "granted",
    [
        [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
        [
            {"apiGroups": rule["apiGroups"], "resources": rule["resources"], "verbs": ["*"]}
            for rule in rules()
        ],
    ],
    ids=["all", "all verbs"],
)
def test_a_cluster_role_that_grants_more_suffices(fleet: ReportedFleet, granted):
    bind(fleet.fakes["a"])
    give_cluster_role(fleet.fakes["a"], granted)
    assert message(fleet) == ""


@pytest.mark.parametrize(
    "granted",
    [
        None,
        "rules",
        [None, "rule"],
        [{"apiGroups": None, "resources": {"a": 1}, "verbs": [["*"]]}],
        [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "resourceNames": ["one"]}],
    ],
    ids=repr,
)
def test_a_cluster_role_of_any_shape_is_read(fleet: ReportedFleet, granted):
    bind(fleet.fakes["a"])
    add(fleet.fakes["a"], CLUSTER_ROLE, BOUND_ROLE, labels={}, rules=granted)
    assert "and 12 more, which the site-controller needs" in message(fleet)


def test_a_site_that_is_removed_loses_its_binding(fleet: ReportedFleet):
    fake = fleet.fakes["a"]
    add(fake, SERVICE_ACCOUNT, SITE_CONTROLLER, metadata={"annotations": {"qontract-skupper/network": "n"}})
    add(fake, DEPLOYMENT, SITE_CONTROLLER)
    bind(fake)
    fleet.networks = {"b": "n"}
    deleted = steps(plan(fleet.inputs()))
    assert f"delete RoleBinding {BOUND_ROLE}" in deleted


def looked_up(fake: FakeCluster) -> bool:
    definition = SiteDefinition(Cluster("a", "https://a.example"), "net")
    sites = resolve_sites(Network("n", "1.9.6", settings={"image": "image"}, sites=(definition,)))
    return (CLUSTER_ROLE, f"metadata.name={BOUND_ROLE}") in {
        (probe.request.kind, probe.request.fields)
        for probe in list_requests.probes_for(sites, OURS, fake.snapshot())
    }


def test_the_cluster_role_is_looked_up_only_where_a_site_may_be_bound_to_it(fleet: ReportedFleet):
    fake = fleet.fakes["a"]
    assert looked_up(fake)
    give_own_role(fake)
    assert not looked_up(fake)
    bind(fake)
    assert looked_up(fake)
