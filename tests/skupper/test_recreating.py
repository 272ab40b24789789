"""A site is recreated only with an approval in the data, and once for one change."""

from datetime import timedelta

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.definitions import Approval, ApprovedChange
from reconcile.skupper.plan import Change, Plan
from reconcile.skupper.sites import SiteKey
from tests.skupper.fakes import NOW
from tests.skupper.test_changing import CREATOR, Site


def approval(
    change: ApprovedChange = ApprovedChange.RECREATE, *, site: str = "a/net", until: str = "2026-03-02"
) -> Approval:
    return Approval(change=change, sites=(site,), until=until, reason="a new name")


def renamed(*approvals: Approval, changed: timedelta = timedelta(hours=1)) -> Site:
    """A site whose ConfigMap got another name `changed` after its creation."""
    scene = Site(name="renamed")
    scene.router(id="a-net-${HOSTNAME}")
    created = NOW - timedelta(hours=2)
    scene.config_map["metadata"]["creationTimestamp"] = created.isoformat()
    scene.applied((created + changed).isoformat())
    scene.approvals = approvals
    return scene


def recreations(plan: Plan) -> list[Change]:
    return [c for c in plan.changes if (c.verb, c.kind, c.cluster) == ("delete", CONFIG_MAP, "a")]


def test_an_approved_site_is_deleted_to_be_created_again():
    (change,) = recreations(renamed(approval()).plan())
    assert (change.uid, change.approval, change.removal) == ("id-a", "/n.yml approvals[0]", False)
    assert (
        "a new id and CA, which name needs to take effect; approved until 2026-03-02: a new name"
        in change.reason
    )


@pytest.mark.parametrize(
    "given",
    [
        approval(until="2026-02-28"),
        approval(until="soon"),
        approval(site="b/net"),
        approval(ApprovedChange.REMOVE),
    ],
    ids=["expired", "no date", "another site", "another change"],
)
def test_no_other_approval_recreates_it(given: Approval):
    assert recreations(renamed(given).plan()) == []


def test_without_an_approval_the_finding_says_how_to_approve_it():
    (finding,) = [found for found in renamed().plan().findings if found.rule == "pending-settings"]
    assert finding.message.endswith(
        "once approvals of its network have an entry for it with change: recreate"
    )


def test_a_site_that_was_created_with_the_setting_is_not_created_again():
    assert recreations(renamed(approval(), changed=timedelta()).plan()) == []


def test_a_site_whose_controller_is_gone_is_not_deleted():
    scene = renamed(approval())
    scene.a.remove(DEPLOYMENT, "net", CREATOR)
    assert recreations(scene.plan()) == []


def test_the_plan_reports_who_uses_the_approval():
    (report,) = renamed(approval()).plan().approvals
    assert report.used_for == (SiteKey("a", "net"),)


def test_an_approval_that_no_setting_needs_is_unused():
    scene = Site()
    scene.approvals = (approval(),)
    (finding,) = [found for found in scene.plan().findings if found.rule == "unused-approval"]
    assert "the approval to recreate a/net has nothing to recreate" in finding.message
