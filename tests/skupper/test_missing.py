"""Sites that the data has lost: marked first, removed later, within a share, never by a run that sees too little."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from reconcile.kinds import CONFIG_MAP, ROLE, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.plan import Change, Plan, SiteReport, SiteState, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1.objects import APPLIED
from tests.skupper.accidents import MADE, Fleet, Given, but, converged, on, without
from tests.skupper.fakes import plan as plan_inputs

MARK = "qontract-skupper/missing-since"
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def fleet() -> Fleet:
    """Networks of nine, six and three sites, all up."""
    return deepcopy(converged())


def planned(fleet: Fleet, given: Given, **options: Any) -> Plan:
    fleet.given = given
    inputs: PlanInput = fleet.inputs()
    return plan_inputs(replace(inputs, **options))


def marks(plan: Plan) -> list[Change]:
    return [change for change in plan.changes if MARK in str(change.body)]


def removals(plan: Plan) -> list[Change]:
    return [change for change in plan.changes if change.removal]


def report(plan: Plan, name: str) -> SiteReport:
    return next(site for site in plan.sites if site.key.cluster == name)


def rules(plan: Plan) -> list[str]:
    return [finding.rule for finding in plan.errors]


def carry_out(fleet: Fleet, changes: Iterable[Change]) -> None:
    for change in changes:
        fleet.apply(change)


def absent(given: Given) -> set[str]:
    """The clusters whose sites the data has lost."""
    return {name for sites in MADE.values() for name in sites} - set(chain(*given.networks.values()))


WITHOUT_L1 = Given(networks=without("l1"))
WITHOUT_SMALL = Given(networks=without(*MADE["small"]), approved={"small": MADE["small"]})


class TestMarking:
    def test_a_missing_site_is_marked_and_so_are_the_tokens_of_its_links(self, fleet: Fleet) -> None:
        plan = planned(fleet, WITHOUT_L1)
        marked = marks(plan)
        assert [change.cluster for change in marked if change.kind == SERVICE_ACCOUNT] == ["l1"]
        assert len([change for change in marked if change.kind == SECRET]) == 8
        assert list(plan.changes) == marked

    def test_a_marked_site_is_shown_with_the_time_of_its_removal(self, fleet: Fleet) -> None:
        carry_out(fleet, planned(fleet, WITHOUT_L1).changes)
        plan = planned(fleet, WITHOUT_L1)
        found = report(plan, "l1")
        assert (found.state, found.since) == (SiteState.MISSING, fleet.now)
        assert found.remove_after == fleet.now + HALF_AN_HOUR
        assert [finding.rule for finding in plan.findings] == ["missing-site"]
        assert not plan.changes

    @pytest.mark.parametrize(("minutes", "removed"), [(29, False), (30, True)])
    def test_it_is_removed_once_the_delay_is_over(self, fleet: Fleet, minutes: int, *, removed: bool) -> None:
        carry_out(fleet, planned(fleet, WITHOUT_L1).changes)
        fleet.now += timedelta(minutes=minutes)
        assert bool(removals(planned(fleet, WITHOUT_L1))) is removed

    def test_without_a_delay_it_is_removed_at_once(self, fleet: Fleet) -> None:
        plan = planned(fleet, WITHOUT_L1, removal_delay=timedelta())
        assert (bool(removals(plan)), marks(plan)) == (True, [])

    def test_a_site_that_is_declared_again_loses_all_marks(self, fleet: Fleet) -> None:
        carry_out(fleet, planned(fleet, WITHOUT_L1).changes)
        carry_out(fleet, planned(fleet, Given()).changes)
        left = [body for fake in fleet.fakes.values() for body in fake.bodies.values() if MARK in str(body)]
        assert left == []
        assert not planned(fleet, Given()).changes

    def test_the_time_starts_again_for_a_site_that_was_declared_meanwhile(self, fleet: Fleet) -> None:
        for given in (WITHOUT_L1, Given(), WITHOUT_L1):
            carry_out(fleet, planned(fleet, given).changes)
            fleet.now += timedelta(minutes=20)
        assert removals(planned(fleet, WITHOUT_L1)) == []

    @pytest.mark.parametrize("given", [WITHOUT_L1, WITHOUT_SMALL], ids=["a-site", "a-network"])
    def test_a_removal_that_is_killed_after_any_of_its_writes_is_finished(
        self, fleet: Fleet, given: Given
    ) -> None:
        carry_out(fleet, planned(fleet, given).changes)
        fleet.now += HALF_AN_HOUR
        while changes := planned(fleet, given).changes:
            carry_out(fleet, [change for change in changes if change.ready][:1])
            for fake in fleet.fakes.values():
                fake.gone.clear()  # Only the run that is killed has seen what it deleted.
            assert rules(planned(fleet, given)) == []
        left = {(kind, name) for lost in absent(given) for kind, _, name in fleet.fakes[lost].bodies}
        assert left.isdisjoint(APPLIED)

    @pytest.mark.parametrize("written", ["2999-01-01T00:00:00Z", "soon"])
    def test_a_mark_that_cannot_be_is_written_again(self, fleet: Fleet, written: str) -> None:
        account = fleet.fakes["l1"].bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
        account["metadata"]["annotations"][MARK] = written
        (mark,) = [change for change in marks(planned(fleet, WITHOUT_L1)) if change.kind == SERVICE_ACCOUNT]
        assert fleet.now.isoformat() in str(mark.body)

    def test_the_mark_is_on_another_object_if_there_is_no_service_account(self, fleet: Fleet) -> None:
        del fleet.fakes["l1"].bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
        kinds = {change.kind for change in marks(planned(fleet, WITHOUT_L1)) if change.cluster == "l1"}
        assert kinds == {ROLE}

    def test_a_site_that_is_marked_delete_is_removed_at_once(self, fleet: Fleet) -> None:
        plan = planned(fleet, Given(deleted=frozenset({"l1"})))
        assert (bool(removals(plan)), marks(plan)) == (True, [])

    def test_a_site_that_moves_to_another_network_is_not_missing(self, fleet: Fleet) -> None:
        moved = {**without("l1"), "small": (*MADE["small"], "l1")}
        plan = planned(fleet, Given(networks=moved))
        assert marks(plan) == []
        assert {str(change.reason) for change in plan.ready if change.kind == SECRET} == {
            "l1/net moves from network large to small"
        }


class TestTrust:
    """A run that does not see the whole fleet believes no absence."""

    @pytest.mark.parametrize(
        "selection", [on("l1"), on("m1"), Selection(internal=False), Selection(namespaces=frozenset({"net"}))]
    )
    def test_a_run_with_a_filter_neither_marks_nor_removes(self, fleet: Fleet, selection: Selection) -> None:
        given = replace(WITHOUT_L1, selection=selection)
        for delay in (HALF_AN_HOUR, timedelta()):
            plan = planned(fleet, given, removal_delay=delay)
            assert [*marks(plan), *removals(plan)] == []

    def test_neither_does_a_run_that_could_not_read_some_cluster(self, fleet: Fleet) -> None:
        carry_out(fleet, planned(fleet, WITHOUT_L1).changes)
        fleet.now += HALF_AN_HOUR
        plan = planned(fleet, replace(WITHOUT_L1, unread=frozenset({"s3"})))
        assert [*marks(plan), *removals(plan)] == []
        assert report(plan, "l1").reason == (
            "missing from the data; no site is removed for being absent from the data while a cluster is not read: s3"
        )

    def test_a_run_with_a_filter_takes_marks_off(self, fleet: Fleet) -> None:
        carry_out(fleet, planned(fleet, WITHOUT_L1).changes)
        plan = planned(fleet, Given(selection=on("l1")))
        assert {change.cluster for change in marks(plan)} == {"l1"}


class TestShares:
    def test_a_network_that_lost_too_much_does_not_hold_another(self, fleet: Fleet) -> None:
        given = Given(networks=without("m1", "m2", "m3"), deleted=frozenset({"l1"}))
        plan = planned(fleet, given)
        assert {change.network for change in removals(plan)} == {"large"}
        assert rules(plan) == ["lost-share"]

    def test_the_sites_that_are_kept_say_so(self, fleet: Fleet) -> None:
        plan = planned(fleet, Given(networks=without("m1", "m2", "m3")))
        assert {site.state for site in plan.sites if site.key.cluster in {"m1", "m2", "m3"}} == {
            SiteState.KEPT
        }

    def test_a_network_is_never_emptied_for_being_absent_even_without_a_delay(self, fleet: Fleet) -> None:
        plan = planned(fleet, Given(networks=but("small")), removal_delay=timedelta())
        assert (removals(plan), rules(plan)) == ([], ["emptied-network"])

    def test_a_fleet_that_lost_too_much_loses_nothing_else(self, fleet: Fleet) -> None:
        given = Given(networks=but("large"), deleted=frozenset({"m1"}))
        plan = planned(fleet, given)
        assert [change for change in plan.changes if change.verb is Verb.DELETE] == []
        assert rules(plan) == ["lost-share"]

    def test_sites_on_clusters_that_the_data_has_lost_count(self, fleet: Fleet) -> None:
        """They cannot be read; the tokens of their neighbours show that they exist."""
        lost = ("l1", "l2", "l3", "l4", "m1", "m2", "m3")
        clusters = tuple(name for sites in MADE.values() for name in sites if name not in lost)
        plan = planned(fleet, Given(networks=without(*lost), clusters=clusters))
        assert "lost-share" in rules(plan)

    def test_new_sites_do_not_make_room_for_missing_ones(self, fleet: Fleet) -> None:
        more = {**without("m1", "m2", "m3"), "middle": (*MADE["middle"][3:], *(f"n{n}" for n in range(20)))}
        clusters = (*Given().clusters, *(f"n{number}" for number in range(20)))
        assert rules(planned(fleet, Given(networks=more, clusters=clusters))) == ["lost-share"]

    def test_one_of_two_sites_may_be_missing(self, fleet: Fleet) -> None:
        del fleet.fakes["s3"]
        plan = planned(fleet, Given(networks={**MADE, "small": ("s1",)}))
        assert (report(plan, "s2").state, "lost-share" in rules(plan)) == (SiteState.MISSING, False)


class TestNumber:
    def test_a_site_counts_once_whatever_its_links(self, fleet: Fleet) -> None:
        given = Given(deleted=frozenset({"l1"}))
        assert removals(planned(fleet, given, removal_budget=1))
        assert removals(planned(fleet, given, removal_budget=0)) == []

    def test_a_network_that_exceeds_it_does_not_hold_another(self, fleet: Fleet) -> None:
        given = Given(deleted=frozenset({*MADE["middle"], "s1"}))
        plan = planned(fleet, given, removal_budget=3)
        assert {change.network for change in removals(plan)} == {"small"}
        assert rules(plan) == ["removal-budget"]

    def test_sites_to_remove_that_a_filter_hides_are_counted(self, fleet: Fleet) -> None:
        given = Given(deleted=frozenset(MADE["large"]), selection=on("l1"))
        plan = planned(fleet, given, removal_budget=5)
        assert (removals(plan), rules(plan)) == ([], ["removal-budget"])

    @pytest.mark.parametrize("count", [1, 11])
    def test_forged_secrets_hold_no_removal(self, fleet: Fleet, count: int) -> None:
        fleet.forge(count)
        given = Given(deleted=frozenset({"m1"}))
        plan = planned(fleet, given, removal_budget=1)
        assert {change.network for change in removals(plan)} >= {"middle"}
        assert "removal-budget" not in rules(plan)

    def test_many_forged_secrets_stay_and_are_reported(self, fleet: Fleet) -> None:
        fleet.forge(11)
        plan = planned(fleet, Given(), removal_delay=timedelta())
        assert (removals(plan), rules(plan)) == ([], ["unproven-objects"])


class TestOrigin:
    OTHER = Given(origin="staging.example.com:443/graphql", networks=without("l1"))

    def test_data_of_another_server_changes_nothing(self, fleet: Fleet) -> None:
        plan = planned(fleet, self.OTHER)
        assert (plan.changes, rules(plan)) == ((), ["other-origin"])

    def test_the_error_names_both_servers_and_the_option(self, fleet: Fleet) -> None:
        (error,) = planned(fleet, self.OTHER).errors
        assert "from the data of production.example.com:443/graphql" in error.message.replace(
            "made from", "from"
        )
        assert "staging.example.com:443/graphql" in error.message
        assert error.message.endswith("run once: qontract-skupper run --confirm-origin")

    def test_once_it_is_confirmed_it_is_recorded_and_no_longer_refused(self, fleet: Fleet) -> None:
        carry_out(fleet, planned(fleet, self.OTHER, confirm_origin=True).changes)
        assert rules(planned(fleet, self.OTHER)) == []

    def test_sites_without_a_record_are_accepted_and_get_one(self, fleet: Fleet) -> None:
        for fake in fleet.fakes.values():
            account = fake.bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
            del account["metadata"]["annotations"]["qontract-skupper/origin"]
        plan = planned(fleet, Given())
        assert rules(plan) == []
        assert {change.kind for change in plan.changes} == {SERVICE_ACCOUNT}


class TestCutting:
    """Somebody cuts a site off: its links go now."""

    @staticmethod
    def cut(fleet: Fleet, given: Given, name: str = "l5", **options: Any) -> Plan:
        return planned(fleet, given, cut=frozenset({SiteKey(name, "net")}), **options)

    @staticmethod
    def tokens(plan: Plan) -> int:
        return len([change for change in plan.ready if change.verb is Verb.DELETE and change.kind == SECRET])

    @pytest.mark.parametrize(
        "given",
        [
            Given(deleted=frozenset({"l5"})),
            Given(networks=without("l5")),
            Given(networks=but("large")),
            Given(deleted=frozenset({"l5"}), unread=frozenset({"l9"})),
        ],
        ids=["marked", "missing", "of a lost network", "with a cluster that is down"],
    )
    def test_its_links_go_at_once_with_no_budget(self, fleet: Fleet, given: Given) -> None:
        assert self.tokens(self.cut(fleet, given, removal_budget=0)) == 8 - len(given.unread)

    def test_they_do_not_wait_for_links_that_replace_them(self, fleet: Fleet) -> None:
        fleet.connections.clear()
        fleet._report()
        given = Given(deleted=frozenset({"l5"}))
        assert self.tokens(planned(fleet, given)) == 0
        assert self.tokens(self.cut(fleet, given)) == 8

    def test_the_tokens_of_its_neighbours_go_if_it_does_not_answer(self, fleet: Fleet) -> None:
        given = Given(deleted=frozenset({"l5"}), unread=frozenset({"l5"}))
        assert self.tokens(self.cut(fleet, given)) == 4

    def test_the_site_follows_without_a_delay(self, fleet: Fleet) -> None:
        given = Given(networks=but("small"))
        for _ in ("its links", "the first record", "the second record"):
            carry_out(fleet, self.cut(fleet, given, "s1").ready)
        plan = self.cut(fleet, given, "s1")
        assert {change.cluster for change in plan.ready if change.kind == CONFIG_MAP} == {"s1"}

    def test_a_misspelt_site_is_reported(self, fleet: Fleet) -> None:
        plan = self.cut(fleet, Given(), "l55")
        assert [finding.rule for finding in plan.findings] == ["nothing-to-cut"]
        assert plan.changes == ()
