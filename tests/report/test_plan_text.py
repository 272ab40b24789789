"""Facts of the text of a plan, beside its golden files."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from reconcile.kinds import CLUSTER_POLICY
from reconcile.report.plan_text import LONGEST_VALUE, summary, text
from reconcile.report.printable import printable
from reconcile.skupper.definitions import Approval, ApprovedChange
from reconcile.skupper.drift import FieldDrift, Masked
from reconcile.skupper.plan import ApprovalReport, Change, Plan, Verb
from reconcile.skupper.removal_budget import BudgetReport, RecordedRemoval
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.waits import WaitKind
from tests.report.plans import MOVES, OVER_BUDGET, change, wait
from tests.report.strategies import plans

RAIN = wait(WaitKind.CLEANED_UP, "it rains")


def of(*changes: Change, verbose: bool = False) -> str:
    return text(Plan(changes=changes), verbose=verbose)


def test_networks_come_in_alphabetical_order() -> None:
    shown = of(change(network="b"), change(network="a"))
    assert shown.index("network a:") < shown.index("network b:")


def test_cluster_wide_objects_come_before_networks() -> None:
    shown = of(change(), change(kind=CLUSTER_POLICY, network="", namespace=""))
    assert shown.index("cluster-wide\n") < shown.index("network vault:")


def test_what_no_network_names_comes_last() -> None:
    shown = of(change(network=""), change(network="z"))
    assert shown.index("network z:") < shown.index("not declared")


def test_an_approval_that_is_used_is_counted() -> None:
    approval = Approval(
        change=ApprovedChange.REMOVE, sites=("a/n", "b/n"), until="2026-12-31", reason="moved"
    )
    removed = (SiteKey("a", "n"), SiteKey("b", "n"))
    used = ApprovalReport(network="n", place="/n.yml approvals[0]", approval=approval, used_for=removed)
    lines = text(Plan(approvals=(used, replace(used, place="/n.yml approvals[1]", used_for=())))).splitlines()
    assert [line for line in lines if "pproval" in line] == [
        "Approval /n.yml approvals[0] (remove, until 2026-12-31): used for 2 sites."
    ]


def test_what_uses_the_removal_budget_is_counted() -> None:
    until = datetime(2026, 3, 2, 12, tzinfo=UTC)
    used = RecordedRemoval(what="site a/net", at=until - timedelta(days=1), until=until, recorded_by=())
    lines = text(Plan(budget=BudgetReport(most=10, removals=(used,)))).splitlines()
    assert lines[0] == (
        "Removal budget: 1 of 10 used in the last 24 hours; the next place becomes free at 2026-03-02 12:00 UTC."
    )


def test_a_site_is_one_line_however_many_objects_it_has() -> None:
    assert of(change(name="z"), change(name="a")).count("east/vault-net") == 1


def test_objects_are_listed_on_demand_and_keep_their_order() -> None:
    shown = of(change(name="z"), change(name="a"), verbose=True)
    assert shown.index("ConfigMap z") < shown.index("ConfigMap a")


def test_the_legend_explains_the_marks_that_are_used() -> None:
    assert of(change(), change(Verb.DELETE, network="z")).startswith("Marks: + create, - delete\n")


def test_a_reason_that_several_objects_share_is_said_once() -> None:
    drift = (FieldDrift(("data", "a"), "1", "2"),)
    assert of(change(name="a", drift=drift), change(name="b", drift=drift)).count("the site does not") == 1


def test_different_reasons_are_both_said() -> None:
    drift = (FieldDrift(("data", "a"), "1", "2"),)
    assert "one; other" in of(change(reason="one", drift=drift), change(reason="other"))


def test_a_change_for_later_is_marked_with_a_dot_and_says_what_it_waits_for() -> None:
    assert "  .+ site east/vault-net  new site; once it rains\n" in of(change(waits_for=RAIN))


@pytest.mark.parametrize("kind", [WaitKind.ACCEPTS_LINKS, WaitKind.ISSUED])
def test_what_every_new_link_waits_for_is_not_said_of_each(kind: WaitKind) -> None:
    shown = of(change(waits_for=wait(kind, "it rains")))
    assert "  .+ site east/vault-net  new site\n" in shown


def test_a_reason_that_is_what_a_change_waits_for_is_said_once() -> None:
    assert "  # once it rains\n" in of(change(reason="it rains", waits_for=RAIN), verbose=True)


def test_masked_values_are_not_shown_as_values() -> None:
    shown = of(change(drift=(FieldDrift(("data", "console-password"), Masked.VALUE, Masked.VALUE),)))
    assert "data.console-password: changes (confidential)" in shown


def test_a_field_that_is_not_there_is_distinguished_from_an_empty_one() -> None:
    shown = of(change(drift=(FieldDrift(("data", "a"), None, ""),)))
    assert 'data.a: (absent) -> ""' in shown


def test_long_values_are_cut() -> None:
    shown = of(change(drift=(FieldDrift(("data", "a"), "x" * 500, "y"),)))
    value = re.search(r'data.a: (".*) -> "y"', shown)
    assert value
    assert len(value[1]) == LONGEST_VALUE


def totals(*changes: Change, **rest: tuple[Change, ...]) -> list[str]:
    return summary(Plan(changes=changes, **rest))


def test_the_summary_counts_sites_and_links() -> None:
    assert summary(MOVES)[0] == "Plan: 1 site and 2 links to create, 2 links to delete."


def test_the_summary_counts_objects_by_what_happens() -> None:
    drift = (FieldDrift(("data", "a"), "1", "2"),)
    found = totals(change(), change(drift=drift), change(Verb.PATCH), change(Verb.DELETE))
    assert found[1] == "Objects: 1 to create, 2 to update, 1 to delete, no downtime."


def test_the_summary_does_not_deny_downtime_if_something_goes_out_of_service() -> None:
    assert "no downtime" not in totals(change(Verb.DELETE), change(Verb.DELETE, removal=True))[1]


def test_the_summary_of_a_plan_that_removes_nothing_does_not_mention_downtime() -> None:
    assert totals(change())[1] == "Objects: 1 to create, 0 to update, 0 to delete."


def test_the_summary_counts_what_comes_later() -> None:
    assert totals(change(waits_for=RAIN))[1].endswith(" 1 of them follows later in this run.")


def test_the_summary_counts_what_is_refused() -> None:
    assert summary(OVER_BUDGET) == ["Plan: 1 site and 1 link not deleted (refused)."]


def test_a_refused_removal_is_listed_with_its_mark() -> None:
    shown = text(OVER_BUDGET)
    assert "  !- site pub-b/vault-net" in shown
    assert shown.startswith("Marks: - delete, ! refused\n")


@given(plans)
def test_any_plan_names_every_object_it_changes(plan: Plan) -> None:
    shown = text(plan, verbose=True)
    assert all(
        f"{found.kind.label} {printable(found.name)}" in shown for found in (*plan.changes, *plan.refused)
    )


@given(plans)
def test_colours_add_nothing_but_colours(plan: Plan) -> None:
    assert re.sub(r"\033\[\d*m", "", text(plan, colour=True)) == re.sub(r"\033\[\d*m", "", text(plan))


@given(plans)
def test_the_counts_of_any_plan_add_up(plan: Plan) -> None:
    if plan.changes:
        numbers = re.match(r"Objects: (\d+) to create, (\d+) to update, (\d+) to delete", summary(plan)[1])
        assert numbers
        assert sum(map(int, numbers.groups())) == len(plan.changes)
