"""Facts of the text of a plan, beside its golden files."""

import re

from hypothesis import given

from reconcile.kinds import CLUSTER_POLICY
from reconcile.report.plan_text import LONGEST_VALUE, summary, text
from reconcile.report.printable import printable
from reconcile.skupper.drift import FieldDrift, Masked
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.waits import WaitKind
from tests.report.plans import change, wait
from tests.report.strategies import plans

RAIN = wait(WaitKind.CLEANED_UP, "it rains")


def of(*changes: Change) -> str:
    return text(Plan(changes=changes))


def test_networks_come_in_alphabetical_order() -> None:
    shown = of(change(network="b"), change(network="a"))
    assert shown.index("network a:") < shown.index("network b:")


def test_cluster_wide_objects_come_before_networks() -> None:
    shown = of(change(), change(kind=CLUSTER_POLICY, network="", namespace=""))
    assert shown.startswith("cluster-wide\n")


def test_what_no_network_names_comes_last() -> None:
    shown = of(change(network=""), change(network="z"))
    assert shown.index("network z:") < shown.index("not declared")


def test_changes_of_one_network_keep_their_order() -> None:
    shown = of(change(name="z"), change(name="a"))
    assert shown.index("ConfigMap z") < shown.index("ConfigMap a")


def test_a_reason_that_several_objects_share_is_said_once() -> None:
    assert of(change(name="a"), change(name="b")).count("# the site does not exist") == 1


def test_different_reasons_are_both_said() -> None:
    shown = of(change(reason="one"), change(reason="other"))
    assert "# one" in shown
    assert "# other" in shown


def test_a_change_for_later_is_marked_with_a_dot_and_says_what_it_waits_for() -> None:
    assert "  .+ east/vault-net  # the site does not exist; once it rains" in of(change(waits_for=RAIN))


def test_a_reason_that_is_what_a_change_waits_for_is_said_once() -> None:
    assert "  # once it rains\n" in of(change(reason="it rains", waits_for=RAIN))


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


def test_the_summary_counts_by_what_happens() -> None:
    drift = (FieldDrift(("data", "a"), "1", "2"),)
    plan = Plan(changes=(change(), change(drift=drift), change(Verb.PATCH), change(Verb.DELETE)))
    assert summary(plan) == "Plan: 1 to create, 2 to update, 1 to delete, no downtime."


def test_the_summary_says_what_goes_out_of_service() -> None:
    plan = Plan(changes=(change(Verb.DELETE), change(Verb.DELETE, removal=True)))
    assert "2 to delete, 1 of them taking a site, link or policy out of service." in summary(plan)


def test_the_summary_of_a_plan_that_removes_nothing_does_not_mention_downtime() -> None:
    assert summary(Plan(changes=(change(),))) == "Plan: 1 to create, 0 to update, 0 to delete."


def test_the_summary_counts_what_comes_later() -> None:
    assert " 1 of them (marked .) follows later in this run." in summary(
        Plan(changes=(change(waits_for=RAIN),))
    )


@given(plans)
def test_any_plan_names_every_object_it_changes(plan: Plan) -> None:
    shown = text(plan)
    assert all(f"{found.kind.label} {printable(found.name)}" in shown for found in plan.changes)


@given(plans)
def test_colours_add_nothing_but_colours(plan: Plan) -> None:
    assert re.sub(r"\033\[\d*m", "", text(plan, colour=True)) == re.sub(r"\033\[\d*m", "", text(plan))


@given(plans)
def test_the_counts_of_any_plan_add_up(plan: Plan) -> None:
    if plan.changes:
        numbers = re.match(r"Plan: (\d+) to create, (\d+) to update, (\d+) to delete", summary(plan))
        assert numbers
        assert sum(map(int, numbers.groups())) == len(plan.changes)
