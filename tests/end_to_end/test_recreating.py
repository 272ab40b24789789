"""A setting that needs a new site takes effect once the data approves that, and no other site is touched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from reconcile.apply.running import now
from reconcile.kinds import CONFIG_MAP
from reconcile.skupper.definitions import Approval, ApprovedChange
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness
from tests.end_to_end.test_waves import Watch, run
from tests.waiting import until

pytestmark = pytest.mark.simulation_suffices("what Skupper does is simulated on either back end")


@dataclass(frozen=True)
class Recreated:
    """Three linked sites, of which a gets another name."""

    unapproved: RunResult
    kept: str
    """The id of a after the run without an approval."""
    killed: Watch
    approved: RunResult
    before: dict[str, str]
    after: dict[str, str]
    next: RunResult


@pytest.fixture(scope="module")
def recreated(backend: Backend) -> Recreated:
    with harness(backend, ["a", "b", "c"]) as fleet:
        assert fleet.run().all_up
        before = ids(fleet)
        created = fleet["a"].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["creationTimestamp"]
        until(lambda: now() - datetime.fromisoformat(created) > timedelta(seconds=1.2))
        fleet.change_site("a", config={"name": "renamed"})
        unapproved = fleet.run()
        kept = ids(fleet)["a"]
        tomorrow = (now() + timedelta(days=1)).date().isoformat()
        fleet.change(
            approvals=(
                Approval(
                    change=ApprovedChange.RECREATE,
                    sites=("a/net", "b/net"),
                    until=tomorrow,
                    reason="a new name",
                ),
            )
        )
        killed = Watch(stop_after=1)
        run(fleet, killed)
        approved = fleet.run()
        return Recreated(unapproved, kept, killed, approved, before, ids(fleet), fleet.run())


def ids(fleet: Harness) -> dict[str, str]:
    return {
        name: fleet[name].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["uid"]
        for name in ("a", "b", "c")
    }


def test_without_an_approval_the_site_stays_and_the_setting_is_pending(recreated: Recreated):
    assert recreated.kept == recreated.before["a"]
    (site, *_) = recreated.unapproved.outcome.plan.sites
    assert [tuple(setting) for setting in site.pending] == [("name", "recreate site")]


def test_the_next_run_after_one_that_was_killed_makes_the_new_site(recreated: Recreated):
    assert [change.name for change, _ in recreated.killed.begun] == ["skupper-site"]
    assert recreated.after["a"] != recreated.before["a"]


def test_all_links_are_up_and_nothing_is_pending(recreated: Recreated):
    assert recreated.approved.all_up
    assert [site.pending for site in recreated.approved.outcome.plan.sites] == [(), (), ()]


def test_the_other_sites_stay_although_one_of_them_is_approved(recreated: Recreated):
    assert {**recreated.after, "a": ""} == {**recreated.before, "a": ""}


def test_the_next_run_writes_nothing_and_reports_the_approval_as_unused(recreated: Recreated):
    rules = [finding.rule for finding in recreated.next.outcome.plan.findings]
    assert (recreated.next.writes, rules) == (0, ["unused-approval"])
