"""Objects of ours without their labels are distinguished from those of others, and get their labels back."""

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.plan import Plan, Verb
from tests.skupper.fakes import OURS, body, plan
from tests.skupper.reported import ReportedFleet

CONTROLLER = "skupper-site-controller"
HELM = [{"manager": "helm", "operation": "Apply"}]


@pytest.fixture
def fleet() -> ReportedFleet:
    """b is to dial a; in a there are the objects of our site-controller."""
    fleet = ReportedFleet(networks={"a": "n", "b": "n"}).build()
    for kind in (SERVICE_ACCOUNT, DEPLOYMENT):
        fleet.fakes["a"].add(kind, body(kind, "net", CONTROLLER))
    return fleet


def spoil(fleet: ReportedFleet, kind, name: str, cluster: str = "a", **metadata) -> None:
    """Take all labels from an object, and set other metadata."""
    fleet.fakes[cluster].bodies[kind, "net", name]["metadata"] |= {"labels": {}, **metadata}


def rules(found: Plan) -> set[str]:
    return {finding.rule for finding in found.errors}


def restored(found: Plan, kind, name: str) -> bool:
    return any(
        (change.kind, change.name) == (kind, name)
        and OURS.labels.items() <= (change.body or {})["metadata"]["labels"].items()
        for change in found.changes
        if change.verb in {Verb.APPLY, Verb.PATCH}
    )


def test_a_site_without_labels_gets_them_back(fleet: ReportedFleet):
    spoil(fleet, CONFIG_MAP, "skupper-site")
    found = plan(fleet.inputs())
    assert (rules(found), restored(found, CONFIG_MAP, "skupper-site")) == (set(), True)


@pytest.mark.parametrize(
    "metadata",
    [{"managedFields": HELM}, {"labels": {"app.kubernetes.io/managed-by": "helm"}}, {"labels": {"x": "y"}}],
    ids=["applied by others", "managed by others", "labelled by others"],
)
def test_a_site_of_others_is_refused(fleet: ReportedFleet, metadata):
    spoil(fleet, CONFIG_MAP, "skupper-site", **metadata)
    assert rules(plan(fleet.inputs())) == {"foreign-site"}


def test_a_service_account_without_labels_gets_them_back_though_no_field_of_it_is_ours(fleet: ReportedFleet):
    spoil(fleet, SERVICE_ACCOUNT, CONTROLLER, managedFields=[])
    found = plan(fleet.inputs())
    assert (rules(found), restored(found, SERVICE_ACCOUNT, CONTROLLER)) == (set(), True)


@pytest.mark.parametrize(
    "metadata",
    [{"managedFields": HELM}, {"labels": {"team": "theirs"}}],
    ids=["applied by others", "labelled by others"],
)
def test_a_service_account_of_others_is_refused(fleet: ReportedFleet, metadata):
    spoil(fleet, SERVICE_ACCOUNT, CONTROLLER, **{"managedFields": [], **metadata})
    assert rules(plan(fleet.inputs())) == {"foreign-object"}


def test_a_service_account_that_no_deployment_of_ours_uses_is_refused(fleet: ReportedFleet):
    spoil(fleet, SERVICE_ACCOUNT, CONTROLLER, managedFields=[])
    fleet.fakes["a"].remove(DEPLOYMENT, "net", CONTROLLER)
    assert rules(plan(fleet.inputs())) == {"foreign-object"}


def deliver(fleet: ReportedFleet, *, manager: str = "qontract-skupper", **annotations: str) -> str:
    """The token of the link, at its dialler, without our labels."""
    name = plan(fleet.inputs()).links[0].credential
    fleet.fakes["b"].add_link_secret("net", name, "b/net", "a/net", issued_by="a", host="net.a.example.com")
    metadata = fleet.fakes["b"].bodies[SECRET, "net", name]["metadata"]
    metadata["annotations"] |= annotations
    kind_of = {} if annotations else {"skupper.io/type": "connection-token"}
    spoil(
        fleet, SECRET, name, "b", labels=kind_of, managedFields=[{"manager": manager, "operation": "Update"}]
    )
    return name


def test_a_token_without_labels_gets_them_back(fleet: ReportedFleet):
    name = deliver(fleet)
    found = plan(fleet.inputs())
    assert (rules(found), restored(found, SECRET, name)) == (set(), True)


def test_no_other_token_is_requested_for_it(fleet: ReportedFleet):
    deliver(fleet)
    assert not [change for change in plan(fleet.inputs()).changes if change.verb is Verb.CREATE]


def test_a_token_that_somebody_else_wrote_under_its_name_is_refused(fleet: ReportedFleet):
    name = deliver(fleet, manager="kubectl")
    found = plan(fleet.inputs())
    assert (rules(found), restored(found, SECRET, name)) == ({"foreign-secret"}, False)


def test_a_parked_token_gets_the_labels_of_its_owner_alone(fleet: ReportedFleet):
    name = deliver(fleet, **{"qontract-skupper/parked": "2026-03-01T11:59:55+00:00"})
    bodies = [
        change.body["metadata"]["labels"]
        for change in plan(fleet.inputs()).changes
        if change.name == name and change.reason == "it has lost its labels"
    ]
    assert bodies == [OURS.labels]
