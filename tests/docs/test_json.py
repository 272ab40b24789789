"""``docs/json.md`` names every field of the JSON output, and its example is real output.

``python -m tests.docs.test_json`` writes the example into the page.
"""

import dataclasses
import json
import re
from datetime import timedelta
from typing import Any, get_args

import pytest

from reconcile.app_interface.bundle import building
from reconcile.findings import Finding, SiteSubject, Subject
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.report import diagnosis, plan_json
from reconcile.skupper.definitions import Approval, ApprovedChange
from reconcile.skupper.diagnosis.checks import Command, Judgement, Outcome, Result, SubjectKind
from reconcile.skupper.drift import FieldDrift
from reconcile.skupper.plan import (
    ApprovalReport,
    Change,
    LinkObservation,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
    SiteState,
    Verb,
    Verdict,
)
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link, LinkRole
from reconcile.skupper.waits import Wait, WaitKind
from tests.docs.pages import ROOT, Page
from tests.report.plans import NOW

PAGE = Page(ROOT / "docs" / "json.md")
SUBJECTS = PAGE.text.partition("### Subjects")[2].partition("## ")[0]
_EAST, _WEST = SiteKey("east", "vault"), SiteKey("west", "vault")
_LINK = Link(_WEST, _EAST, role=LinkRole.MESH)
_SECRET = "link-east-vault-75a4ce0b-0f5e1c2d"

EXAMPLE = Plan(
    changes=(
        Change(
            verb=Verb.APPLY,
            cluster="east",
            namespace="vault",
            kind=CONFIG_MAP,
            name="skupper-site",
            network="vault",
            reason="it differs in data.routers, which takes effect only when both Skupper deployments are recreated",
            drift=(FieldDrift(("data", "routers"), "1", "2"),),
        ),
        Change(
            verb=Verb.CREATE,
            cluster="west",
            namespace="vault",
            kind=SECRET,
            name=_SECRET,
            network="vault",
            reason="the token is issued",
            link=_LINK,
            waits_for=Wait(WaitKind.ISSUED, str(_LINK), "the token is issued"),
        ),
    ),
    sites=(
        SiteReport(
            network="vault",
            key=_EAST,
            name="east-vault",
            mode="interior",
            state=SiteState.READY,
            version="1.9.6",
            since=NOW,
            certificates_expire=NOW + timedelta(days=5 * 365),
        ),
    ),
    links=(
        LinkReport(
            network="vault",
            link=_LINK,
            state=LinkState.REQUESTED,
            reason="east/vault has not issued the token yet",
            credential=_SECRET,
            since=NOW,
            issuer=LinkObservation(Verdict.ABSENT, "no incoming link", NOW - timedelta(seconds=2)),
        ),
    ),
    findings=(
        Finding(
            rule="routers",
            message="west/vault: routers 'many' is not a valid number of routers. Write 1 or more",
            datafile="/services/vault/west.yml",
            pointer=("skupper", "config", "routers"),
            subject=SiteSubject("west", "vault", "vault"),
        ),
    ),
)


APPROVAL = Approval(change=ApprovedChange.REMOVE, sites=("east/vault",), until="2026-12-31", reason="moved")


def output() -> str:
    return plan_json.plan(EXAMPLE, bundle="0f5e" * 16)


def tables() -> dict[str, set[str]]:
    """Heading -> fields of the first table below it."""
    found = {}
    for section in re.split(r"^## ", PAGE.text, flags=re.MULTILINE)[1:]:
        heading, _, rest = section.partition("\n")
        fields = re.findall(r"^\| `(\w+)` \| ", rest.partition("\n### ")[0], flags=re.MULTILINE)
        found[heading] = set(fields)
    return found


def words() -> set[str]:
    return set(PAGE.words)


def test_the_example_is_real_output() -> None:
    (example,) = PAGE.blocks("json")
    assert example.strip() == output()


def test_every_field_of_the_document_is_described_and_no_other() -> None:
    document: dict[str, Any] = json.loads(output())
    assert tables()["Document"] == document.keys()
    approving = Plan(
        approvals=(ApprovalReport(network="vault", place="/vault.yml approvals[0]", approval=APPROVAL),)
    )
    (approval,) = json.loads(plan_json.plan(approving))["approvals"]
    assert tables()["Approvals"] == approval.keys()
    for heading in ("Review", "Changes", "Sites", "Links", "Findings"):
        assert tables()[heading] == document[heading.lower()][0].keys()


def test_the_fields_of_drift_and_observations_are_described() -> None:
    document = json.loads(output())
    (drift,) = document["changes"][0]["drift"]
    assert {*drift, *document["links"][0]["observations"]["issuer"]} <= words()


def test_the_fields_of_a_wait_are_described() -> None:
    assert json.loads(output())["changes"][1]["waits_for"].keys() <= words()


def test_every_state_verdict_and_kind_of_wait_is_described() -> None:
    assert {*map(str, SiteState), *map(str, LinkState), *map(str, Verdict), *map(str, Verb)} <= words()
    assert {*map(str, WaitKind)} <= words()


@pytest.mark.parametrize("subject", get_args(Subject))
def test_every_kind_of_subject_is_described_with_its_fields(subject: type[Subject]) -> None:
    fields = [field.name for field in dataclasses.fields(subject)]
    example = Plan(findings=(Finding("rule", "message", subject=subject(*fields)),))
    kind = json.loads(plan_json.plan(example))["findings"][0]["subject"]["kind"]
    (row,) = re.findall(rf"^\| `{kind}` \| (.*?) \|", SUBJECTS, flags=re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == fields


def test_every_field_of_a_diagnosis_is_described() -> None:
    judgement = Judgement(Outcome.FAIL, "evidence", "hint", Command("oc get pods", "east"))
    result = Result(
        "port-open", "title", "docs/checks/port-open.md", SubjectKind.LINK, "a", "vault", judgement
    )
    document = json.loads(diagnosis.as_json([result]))
    assert tables()["Diagnosis"] == document.keys()
    fields = PAGE.text.partition("### Results")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \| ", fields, flags=re.MULTILINE)) == document["results"][0].keys()
    assert {*map(str, Outcome), *map(str, SubjectKind)} <= words()


def test_every_field_of_a_bundle_is_described() -> None:
    source = ROOT / "fixtures" / "app-interface"
    bundle = building.build(source / "data", source / "resources", ROOT / "schemas", "commit", "1")
    assert tables()["Other commands"] == json.loads(bundle.text).keys()


def main() -> None:
    PAGE.path.write_text(
        re.sub(r"```json\n.*?```", lambda _: f"```json\n{output()}\n```", PAGE.text, flags=re.DOTALL),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
