"""Plans and states for programs: always JSON, always the same keys."""

import json
from typing import Any

import pytest
from hypothesis import given

from reconcile.findings import (
    ClusterSubject,
    Finding,
    FleetSubject,
    NetworkSubject,
    PolicySubject,
    SiteSubject,
    Subject,
)
from reconcile.report import plan_json
from reconcile.skupper.plan import LinkState, Plan
from tests.report.plans import EMPTY, STATES, change, link
from tests.report.strategies import plans

STATE = {"schema", "bundle", "sites", "links", "findings", "failures"}
CHANGE = {
    "action",
    "network",
    "cluster",
    "namespace",
    "kind",
    "name",
    "reason",
    "waits_for",
    "disruption",
    "removal",
    "counts",
    "approval",
    "link",
    "drift",
}
ITEM = {
    "action",
    "kind",
    "name",
    "network",
    "reason",
    "waits_for",
    "refused",
    "counterpart",
    "objects",
}
SITE = {
    "network",
    "cluster",
    "namespace",
    "name",
    "mode",
    "state",
    "reason",
    "version",
    "since",
    "waits_for",
    "remove_after",
    "certificates_expire",
    "pending",
    "changing",
}
LINK = {
    "network",
    "dialler",
    "issuer",
    "cost",
    "role",
    "state",
    "converged",
    "managed",
    "reason",
    "credential",
    "since",
    "waits_for",
    "observations",
}
FINDING = {"rule", "severity", "message", "datafile", "pointer", "subject"}


def of(plan: Plan) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(plan_json.plan(plan))
    return document


@given(plans)
def test_any_plan_is_json_with_the_promised_keys(plan: Plan) -> None:
    document = of(plan)
    assert document.keys() == STATE | {"review", "changes", "refused", "approvals"}
    for name, keys in (
        ("review", ITEM),
        ("changes", CHANGE),
        ("refused", CHANGE),
        ("sites", SITE),
        ("links", LINK),
        ("findings", FINDING),
    ):
        assert all(entry.keys() == keys for entry in document[name])


@given(plans)
def test_any_status_is_its_plan_without_the_changes(plan: Plan) -> None:
    status = json.loads(plan_json.status(plan))
    assert status == {
        key: value
        for key, value in of(plan).items()
        if key not in {"review", "changes", "refused", "approvals"}
    }


@given(plans)
def test_no_entry_of_any_plan_is_lost(plan: Plan) -> None:
    document = of(plan)
    lengths = {name: len(document[name]) for name in ("changes", "sites", "links", "findings")}
    assert lengths == {name: len(getattr(plan, name)) for name in lengths}


def test_the_form_has_a_number() -> None:
    assert of(EMPTY)["schema"] == plan_json.SCHEMA


def test_bundle_and_failures_are_reported() -> None:
    document = json.loads(plan_json.plan(EMPTY, bundle="0f5e", failures=["a: no answer"]))
    assert (document["bundle"], document["failures"]) == ("0f5e", ["a: no answer"])


def test_a_change_that_can_be_made_now_waits_for_nothing() -> None:
    assert of(Plan(changes=(change(),)))["changes"][0]["waits_for"] is None


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (FleetSubject(), {"kind": "fleet"}),
        (NetworkSubject("n"), {"kind": "network", "network": "n"}),
        (SiteSubject("a", "net", "n"), {"kind": "site", "cluster": "a", "namespace": "net", "network": "n"}),
        (PolicySubject("p"), {"kind": "policy", "policy": "p"}),
        (ClusterSubject("a"), {"kind": "cluster", "cluster": "a"}),
    ],
)
def test_the_subject_of_a_finding_has_its_kind(subject: Subject, expected: dict[str, str]) -> None:
    assert (
        of(Plan(findings=(Finding("rule", "text", subject=subject),)))["findings"][0]["subject"] == expected
    )


def test_bodies_are_not_part_of_it() -> None:
    assert "a-body" not in plan_json.plan(Plan(changes=(change(body={"data": "a-body"}),)))


def test_standby_is_converged() -> None:
    assert of(Plan(links=(link("a", "b", LinkState.STANDBY),)))["links"][0]["converged"] is True


def test_a_link_skipped_is_not_managed() -> None:
    assert of(Plan(links=(link("a", "b", LinkState.SKIPPED),)))["links"][0]["managed"] is False


def test_moments_carry_their_zone() -> None:
    times = [site["since"] for site in of(STATES)["sites"] if site["since"]]
    assert all(time.endswith("+00:00") for time in times)
