"""Approvals in the data: what they let through, until when, and what they never do."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.engines import check_definitions
from reconcile.findings import Finding, Severity
from reconcile.skupper.approvals import end
from reconcile.skupper.definitions import (
    Approval,
    ApprovedChange,
    Cluster,
    Definitions,
    Network,
    SiteDefinition,
)
from reconcile.skupper.plan import Counts, Plan, SiteState
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey
from tests.skupper.accidents import EVERYWHERE, MADE, Fleet, Given, converged, part, without
from tests.skupper.fakes import NOW
from tests.skupper.test_missing import marks, planned, removals

MIDDLE = frozenset(MADE["middle"])
AT_ONCE = {"removal_delay": timedelta()}


@pytest.fixture
def fleet() -> Fleet:
    """Networks of nine, six and three sites, all up."""
    return deepcopy(converged())


def approve(*names: str, network: str = "middle", **given: object) -> Given:
    return Given(approved={network: names}, **given)  # type: ignore[arg-type]


def leaving(plan: Plan) -> set[str]:
    """The clusters whose site the plan removes."""
    return {change.cluster for change in removals(plan) if not change.link}


def kept(plan: Plan) -> set[str]:
    return {site.key.cluster for site in plan.sites if site.state is SiteState.KEPT}


def rules(plan: Plan, *, severity: Severity | None = None) -> list[str]:
    return sorted({found.rule for found in plan.findings if severity in {None, found.severity}})


class TestNumber:
    def test_an_approved_site_does_not_count_against_the_budget(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve(*MIDDLE, deleted=MIDDLE), removal_budget=0)
        assert (leaving(plan), rules(plan)) == (MIDDLE, [])

    def test_it_leaves_the_budget_to_other_sites_in_later_plans_too(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve(*MIDDLE, deleted=MIDDLE))
        assert not any(change.counted for change in plan.changes)
        assert {change.counts for change in removals(plan) if not change.link} == {Counts.APPROVED}

    def test_sites_of_its_network_that_are_not_approved_still_count(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve("m1", deleted=MIDDLE), removal_budget=4)
        assert (leaving(plan), kept(plan), rules(plan)) == ({"m1"}, MIDDLE - {"m1"}, ["removal-budget"])

    def test_the_links_of_an_approved_site_go_with_it_and_no_others(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve("m1", deleted=MIDDLE), removal_budget=4)
        links = [change.link for change in removals(plan) if change.link]
        assert links
        assert all(SiteKey("m1", "net") in {link.dialler, link.issuer} for link in links)

    def test_the_sites_of_other_networks_still_count(self, fleet: Fleet) -> None:
        given = approve(*MIDDLE, deleted=MIDDLE | {"s1"})
        assert leaving(planned(fleet, given, removal_budget=0)) == MIDDLE

    def test_an_approved_site_on_a_cluster_that_is_down_does_not_hold_others(self, fleet: Fleet) -> None:
        given = approve("m1", deleted=frozenset({"m1", "m2"}), unread=frozenset({"m1"}))
        assert leaving(planned(fleet, given, removal_budget=1)) == {"m2"}


class TestShares:
    HALF = without("m1", "m2", "m3")

    def test_approved_sites_may_be_more_than_a_third(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve("m1", "m2", "m3", networks=self.HALF), **AT_ONCE)
        assert (leaving(plan), rules(plan)) == ({"m1", "m2", "m3"}, [])

    def test_the_rest_may_be_a_third_of_what_is_not_approved(self, fleet: Fleet) -> None:
        lost = without("m1", "m2", "m3", "m4")
        plan = planned(fleet, approve("m1", "m2", networks=lost), **AT_ONCE)
        assert (leaving(plan), kept(plan)) == ({"m1", "m2"}, {"m3", "m4"})
        assert rules(plan) == ["lost-share"]

    def test_sites_that_the_data_wants_count_as_ever(self, fleet: Fleet) -> None:
        given = approve("m3", "m4", "m5", "m6", networks=without("m1", "m2"))
        assert leaving(planned(fleet, given, **AT_ONCE)) == {"m1", "m2"}

    def test_a_network_may_be_emptied_if_all_of_its_sites_are_approved(self, fleet: Fleet) -> None:
        given = approve(*MADE["small"], network="small", networks={**MADE, "small": ()})
        assert leaving(planned(fleet, given, **AT_ONCE)) == set(MADE["small"])

    def test_more_than_a_third_of_the_fleet_may_go_if_approved(self, fleet: Fleet) -> None:
        given = approve(*MADE["large"][1:], network="large", networks={**MADE, "large": ("l1",)})
        assert leaving(planned(fleet, given, **AT_ONCE)) == set(MADE["large"][1:])

    def test_a_fleet_that_lost_too_much_keeps_approved_sites_too(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve("m1", networks=part(lambda _: 0)), **AT_ONCE)
        assert (removals(plan), "m1" in kept(plan)) == ([], True)
        assert "lost-share" in rules(plan)

    def test_an_approved_site_is_marked_first_like_any_other(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve("m1", "m2", "m3", networks=self.HALF))
        assert (removals(plan), bool(marks(plan))) == ([], True)


class TestOtherGuards:
    """An approval has no effect on them."""

    GIVEN = approve("m1", networks=without("m1"))

    def test_nothing_is_removed_for_being_absent_while_a_cluster_is_not_read(self, fleet: Fleet) -> None:
        plan = planned(fleet, replace(self.GIVEN, unread=frozenset({"s3"})), **AT_ONCE)
        assert removals(plan) == []

    def test_nothing_is_removed_for_being_absent_by_a_run_with_a_filter(self, fleet: Fleet) -> None:
        selection = Selection(namespaces=frozenset({"net"}))
        assert removals(planned(fleet, replace(self.GIVEN, selection=selection), **AT_ONCE)) == []

    def test_nothing_is_removed_by_data_of_another_origin(self, fleet: Fleet) -> None:
        plan = planned(fleet, replace(self.GIVEN, origin="staging.example.com:443/graphql"), **AT_ONCE)
        assert (plan.changes, rules(plan)) == ((), ["other-origin"])

    def test_objects_of_unproven_origin_stay(self, fleet: Fleet) -> None:
        fleet.forge(11)
        plan = planned(fleet, approve("l2", network="large", deleted=frozenset({"l2"})), **AT_ONCE)
        assert "unproven-objects" in rules(plan)
        assert not [change for change in removals(plan) if change.counts is Counts.UNPROVEN]

    def test_removals_wait_until_all_clusters_have_answered(self, fleet: Fleet) -> None:
        given = approve("m1", deleted=frozenset({"m1"}))
        plan = planned(fleet, given, awaited=frozenset({"s3"}))
        assert removals(plan)
        assert not [change for change in removals(plan) if change.ready]


class TestValidity:
    GIVEN = approve("m1", deleted=frozenset({"m1"}))

    def plan(self, fleet: Fleet, until: str, now: datetime = NOW) -> Plan:
        return planned(fleet, replace(self.GIVEN, until=until), removal_budget=0, now=now)

    @pytest.mark.parametrize(("hour", "valid"), [("23:59:59", True), ("00:00:00", False)])
    def test_it_is_valid_through_the_end_of_its_last_day(
        self, fleet: Fleet, hour: str, *, valid: bool
    ) -> None:
        day = "2026-03-01" if valid else "2026-03-02"
        now = datetime.fromisoformat(f"{day}T{hour}+00:00")
        assert bool(leaving(self.plan(fleet, "2026-03-01", now))) is valid

    def test_the_day_ends_in_utc(self) -> None:
        assert end(approval("a/net", until="2026-03-01")) == datetime(2026, 3, 2, tzinfo=UTC)

    def test_one_that_has_expired_is_a_warning_with_the_next_step(self, fleet: Fleet) -> None:
        plan = self.plan(fleet, "2026-02-28")
        (found,) = [each for each in plan.findings if each.rule == "expired-approval"]
        assert (found.severity, found.datafile, found.dotted) == (
            Severity.WARNING,
            "/middle.yml",
            "approvals[0]",
        )
        assert "Delete it from approvals" in found.message
        assert "removal-budget" in rules(plan)

    @pytest.mark.parametrize(("days", "found"), [(90, False), (91, True)])
    def test_one_that_is_valid_for_more_than_90_days_is_a_warning(
        self, fleet: Fleet, days: int, *, found: bool
    ) -> None:
        until = (NOW + timedelta(days=days)).date().isoformat()
        assert ("long-approval" in rules(self.plan(fleet, until), severity=Severity.WARNING)) is found

    @pytest.mark.parametrize("until", ["soon", "2026-02-30", "20260301", "2026-W09-7", "", "9999-12-31"])
    def test_what_is_no_day_approves_nothing(self, fleet: Fleet, until: str) -> None:
        assert leaving(self.plan(fleet, until)) == set()


class TestUse:
    def reports(self, plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
        return [(each.place, tuple(map(str, each.used_for))) for each in plan.approvals]

    def test_one_that_is_used_names_what_is_removed_by_it(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve("m1", "m2", "m3", deleted=frozenset({"m1", "m2"}), until=SOON))
        assert self.reports(plan) == [("/middle.yml approvals[0]", ("m1/net", "m2/net"))]
        assert rules(plan) == []

    def test_each_removal_gives_the_approval_as_a_reason(self, fleet: Fleet) -> None:
        plan = planned(fleet, approve("m1", deleted=frozenset({"m1"}), until=SOON))
        (change,) = [change for change in removals(plan) if not change.link]
        assert change.reason == f"the site is marked delete; approved until {SOON}: decommissioned"

    def test_one_with_nothing_left_to_remove_is_a_warning(self, fleet: Fleet) -> None:
        del fleet.fakes["m1"]
        (found,) = self.unused(planned(fleet, approve("m1", networks=without("m1"), until=SOON)))
        assert (found.severity, found.dotted) == (Severity.WARNING, "approvals[0]")
        assert "none of its sites is left. Delete it from approvals" in found.message

    def test_one_for_a_site_that_the_data_wants_is_a_warning(self, fleet: Fleet) -> None:
        (found,) = self.unused(planned(fleet, approve("m1", until=SOON)))
        assert "the data wants m1/net" in found.message

    def test_it_does_not_remove_what_the_data_wants(self, fleet: Fleet) -> None:
        assert planned(fleet, approve(*MIDDLE)).changes == ()

    def test_one_for_a_site_that_is_going_to_be_removed_is_not_unused(self, fleet: Fleet) -> None:
        assert self.unused(planned(fleet, approve("m1", networks=without("m1"), until=SOON))) == []

    def test_one_for_a_site_that_cannot_be_read_is_not_called_unused(self, fleet: Fleet) -> None:
        given = approve("m1", networks=without("m1"), unread=frozenset({"m1"}), until=SOON)
        assert self.unused(planned(fleet, given)) == []

    def test_one_for_a_site_of_another_network_has_no_effect(self, fleet: Fleet) -> None:
        given = approve("s1", deleted=frozenset({"s1"}))
        assert leaving(planned(fleet, given, removal_budget=0)) == set()

    def test_neither_has_one_for_a_missing_site_of_another_network(self, fleet: Fleet) -> None:
        given = approve("s1", "s2", networks=without("s1", "s2"))
        assert kept(planned(fleet, given, **AT_ONCE)) == {"s1", "s2"}

    def unused(self, plan: Plan) -> list[Finding]:
        return [each for each in plan.findings if each.rule == "unused-approval"]


SOON = (NOW + timedelta(days=7)).date().isoformat()


def approval(*sites: str, until: str = SOON) -> Approval:
    return Approval(change=ApprovedChange.REMOVE, sites=sites, until=until, reason="decommissioned")


class TestData:
    """What ``bundle`` and every run find, without a look at clusters."""

    def judge(self, *approvals: Approval, now: datetime | None = None) -> list[Finding]:
        a, b = (Cluster(name, f"https://{name}", private=False) for name in "ab")
        networks = [
            Network(
                name,
                "1.9.6",
                settings={"image": "image"},
                sites=(SiteDefinition(a, name), SiteDefinition(b, name)),
                approvals=approvals if name == "n" else (),
                path=f"/{name}.yml",
            )
            for name in ("n", "m")
        ]
        return list(check_definitions(Definitions(networks=tuple(networks), clusters=(a, b)), now))

    def test_good_approvals_have_no_findings(self) -> None:
        assert self.judge(approval("a/n", "b/gone"), now=NOW) == []

    @pytest.mark.parametrize(
        ("given", "rule", "place"),
        [
            (approval("a"), "approval-site", "approvals[0].sites[0]"),
            (approval("a/n", "a/n/x"), "approval-site", "approvals[0].sites[1]"),
            (approval("c/n"), "approval-cluster", "approvals[0].sites[0]"),
            (approval("a/m"), "approval-network", "approvals[0].sites[0]"),
            (approval("a/n", until="2026-02-30"), "approval-date", "approvals[0].until"),
        ],
    )
    def test_what_cannot_be_meant_is_an_error(self, given: Approval, rule: str, place: str) -> None:
        (found,) = self.judge(given)
        assert (found.rule, found.severity, found.dotted) == (rule, Severity.ERROR, place)

    def test_the_second_approval_is_named_as_such(self) -> None:
        (found,) = self.judge(approval("a/n"), approval("a"))
        assert found.dotted == "approvals[1].sites[0]"

    def test_an_error_refuses_nothing_but_the_approval(self, fleet: Fleet) -> None:
        """The run goes on; what the approval was to allow is held by the guards."""
        given = approve("m1", deleted=frozenset({"m1"}), until="soon")
        fleet.given = given
        findings = check_definitions(
            Definitions(networks=(Network("n", "1.9.6", approvals=(approval("a"),)),))
        )
        plan = planned(fleet, given, findings=findings)
        assert leaving(plan) == {"m1"}

    def test_the_age_of_approvals_is_judged_by_the_clock_that_is_passed_in(self) -> None:
        old, long = approval("a/n", until="2026-02-28"), approval("a/n", until="2027-03-01")
        assert [each.rule for each in self.judge(old, long, now=NOW)] == ["expired-approval", "long-approval"]


CLUSTERS = st.sets(st.sampled_from(EVERYWHERE))


@cache
def untouched() -> Fleet:
    """The fleet of all examples: planning changes nothing."""
    return deepcopy(converged())


@settings(max_examples=20)
@given(missing=CLUSTERS, deleted=CLUSTERS, approved=CLUSTERS, budget=st.integers(0, 18))
def test_never_more_is_removed_than_budget_and_approvals_allow(
    missing: set[str], deleted: set[str], approved: set[str], budget: int
) -> None:
    found = Given(
        networks=without(*missing),
        deleted=frozenset(deleted),
        approved={name: tuple(sorted(approved & set(sites))) for name, sites in MADE.items()},
    )
    plan = planned(untouched(), found, removal_budget=budget, **AT_ONCE)
    removed = leaving(plan)
    assert removed <= missing | deleted
    assert len(removed - approved) <= budget
    for sites in MADE.values():
        lost = (removed & missing & set(sites)) - approved
        assert len(lost) <= max(1, len(set(sites) - (approved & (missing | deleted))) // 3)
