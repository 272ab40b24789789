"""The removal budget counts a day over all runs, by records on the clusters."""

import random
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.kinds import SERVICE_ACCOUNT
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.removal_records import LASTS
from reconcile.skupper.sites import SiteKey
from tests.skupper.accidents import converged
from tests.skupper.recorded_fleet import ACCOUNT, DAY, Given, RecordedFleet
from tests.skupper.test_missing import carry_out, planned

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NAMES = tuple("abcdefgh")
STAYING = frozenset("dh")
"""Two sites that are never removed: without any site nothing keeps a record."""


@cache
def made() -> RecordedFleet:
    return RecordedFleet(NAMES, budget=2)


@pytest.fixture
def fleet() -> RecordedFleet:
    """Eight sites, of which two may be removed in a day."""
    return deepcopy(made())


def verbs(changes: Iterable[Change]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((change.verb.value, change.cluster) for change in changes))


def rules(plan: Plan) -> list[str]:
    return [finding.rule for finding in plan.findings]


def marked(*names: str) -> dict[str, frozenset[str]]:
    return {"deleted": frozenset(names)}


class TestRecording:
    def test_a_removal_is_recorded_on_two_other_clusters_before_anything_of_the_site_goes(
        self, fleet: RecordedFleet
    ) -> None:
        assert verbs(fleet.finish(**marked("e"))) == [("patch", "a"), ("patch", "b"), ("delete", "e")]

    def test_the_record_says_what_is_removed_and_when_by_the_clock_of_its_cluster(
        self, fleet: RecordedFleet
    ) -> None:
        fleet.clocks["b"] = HOUR
        fleet.finish(**marked("e"), ahead=DAY)
        (first,), (second,) = fleet.records("a").values(), fleet.records("b").values()
        assert first == f"{fleet.now.isoformat()} site e/net"
        assert second == f"{(fleet.now + HOUR).isoformat()} site e/net"

    def test_only_service_accounts_keep_records_so_that_no_router_restarts(
        self, fleet: RecordedFleet
    ) -> None:
        writes = [change for change in fleet.finish(**marked("e")) if change.verb is Verb.PATCH]
        assert {change.kind for change in writes} == {SERVICE_ACCOUNT}
        assert all(list((change.body or {})["metadata"]) == ["annotations"] for change in writes)

    def test_the_next_run_writes_nothing(self, fleet: RecordedFleet) -> None:
        fleet.finish(**marked("e"))
        assert fleet.finish(**marked("e")) == []

    def test_records_are_deleted_after_a_day_and_the_next_run_writes_nothing(
        self, fleet: RecordedFleet
    ) -> None:
        fleet.finish(**marked("e"))
        fleet.now += LASTS
        assert verbs(fleet.finish(**marked("e"))) == [("patch", "a"), ("patch", "b")]
        assert [fleet.records(name) for name in NAMES] == [{}] * len(NAMES)
        assert fleet.finish(**marked("e")) == []

    def test_a_record_is_written_again_if_the_removal_comes_much_later(self, fleet: RecordedFleet) -> None:
        run = fleet.run(Given(**marked("e")))
        for _ in range(3):
            next(run)
        fleet.now += 2 * HOUR
        assert verbs(fleet.finish(**marked("e"))) == [("patch", "a"), ("patch", "b"), ("delete", "e")]

    def test_a_site_that_keeps_records_goes_once_others_have_them(self, fleet: RecordedFleet) -> None:
        fleet.finish(**marked("e"))
        approved = fleet.finish(**marked("a", "e"), approved=frozenset("a"))
        assert verbs(approved) == [("patch", "c"), ("delete", "a")]
        assert fleet.records("c") == fleet.records("b")

    def test_a_record_that_only_one_site_keeps_is_copied(self, fleet: RecordedFleet) -> None:
        fleet.finish(**marked("e"))
        del fleet.fakes["a"].bodies[ACCOUNT]
        fleet.finish(**marked("e"))
        kept = [name for name in NAMES if fleet.records(name)]
        assert len(kept) == 2

    def test_a_cluster_that_is_down_keeps_no_record(self, fleet: RecordedFleet) -> None:
        changes = fleet.finish(**marked("e"), unread=frozenset("a"))
        assert verbs(changes) == [("patch", "b"), ("patch", "c"), ("delete", "e")]

    def test_a_site_that_rejects_the_record_is_replaced_in_the_same_run(self, fleet: RecordedFleet) -> None:
        changes = fleet.finish(**marked("e"), rejecting=frozenset("a"))
        assert verbs(changes) == [("patch", "a"), ("patch", "b"), ("patch", "c"), ("delete", "e")]
        assert changes[1].reason == "it records the removal of site e/net; a write at a/net has failed"

    def test_the_removal_waits_if_two_clusters_reject_the_record(self, fleet: RecordedFleet) -> None:
        assert verbs(fleet.finish(**marked("e"), rejecting=frozenset("ab"))) == [
            ("patch", "a"),
            ("patch", "b"),
        ]

    def test_it_waits_if_one_rejects_it_while_another_one_is_not_read(self, fleet: RecordedFleet) -> None:
        changes = fleet.finish(**marked("e"), rejecting=frozenset("a"), unread=frozenset("h"))
        assert verbs(changes) == [("patch", "a")]

    def test_it_waits_if_nobody_else_is_left_to_keep_the_record(self, fleet: RecordedFleet) -> None:
        fleet.budget = len(NAMES)
        changes = fleet.finish(**marked(*NAMES[1:]), rejecting=frozenset("a"))
        assert not [change for change in changes if change.verb is Verb.DELETE]

    def test_the_last_sites_go_though_nothing_is_left_to_keep_a_record(self, fleet: RecordedFleet) -> None:
        fleet.budget = len(NAMES)
        fleet.finish(**marked(*NAMES))
        assert fleet.live() == set()

    def test_a_removal_that_the_data_approves_is_not_recorded(self, fleet: RecordedFleet) -> None:
        assert verbs(fleet.finish(**marked("e"), approved=frozenset("e"))) == [("delete", "e")]


class TestCounting:
    def test_many_small_runs_remove_no_more_than_one(self, fleet: RecordedFleet) -> None:
        for number in range(len(NAMES)):
            fleet.finish(**marked(*NAMES[: number + 1]))
            fleet.now += 5 * MINUTE
        assert fleet.live() == set(NAMES[2:])

    def test_a_place_becomes_free_after_a_day(self, fleet: RecordedFleet) -> None:
        fleet.finish(**marked("e", "f"))
        fleet.now += DAY
        fleet.finish(**marked("e", "f", "g"))
        assert "g" in fleet.live()
        fleet.now += LASTS - DAY
        fleet.finish(**marked("e", "f", "g"))
        assert "g" not in fleet.live()

    def test_a_site_that_was_created_again_counts_again(self, fleet: RecordedFleet) -> None:
        for _ in range(3):
            fleet.finish(**marked("e"))
            fleet.create("e")
        assert [name for _, name in fleet.removed] == ["e", "e"]

    def test_the_message_says_what_was_removed_when_there_is_room_and_what_to_write(
        self, fleet: RecordedFleet
    ) -> None:
        fleet.finish(**marked("e"))
        fleet.finish(**marked("f"))
        (error,) = fleet.plan(**marked("g")).errors
        assert error.message == (
            "1 sites, links and policies of network g would be removed, but the removal budget is 2 in 24 hours, 2 of "
            "which are used: site e/net, site f/net; there is room for them after 2026-03-02 13:00 UTC. Nothing of it "
            "is removed. If this is intended, add to /g.yml: approvals: [{change: remove, sites: [g/net], until: "
            '"2026-03-02", reason: WHY}]; or run: qontract-skupper run --max-removals 3'
        )

    def test_the_plan_has_what_uses_the_budget(self, fleet: RecordedFleet) -> None:
        fleet.finish(**marked("e"))
        budget = fleet.plan(**marked("e")).budget
        assert budget
        assert (budget.most, budget.used, budget.next_free) == (2, 1, fleet.now + LASTS)
        (found,) = budget.removals
        assert (found.what, found.at, found.recorded_by) == (
            "site e/net",
            fleet.now,
            (SiteKey("a", "net"), SiteKey("b", "net")),
        )

    def test_it_counts_while_one_of_the_clusters_that_keep_the_records_is_down(
        self, fleet: RecordedFleet
    ) -> None:
        fleet.finish(**marked("e", "f"))
        for down in "ab":
            plan = fleet.plan(**marked("g"), unread=frozenset(down))
            assert rules(plan) == ["removal-budget"]

    def test_while_two_clusters_are_down_nothing_is_removed_without_an_approval(
        self, fleet: RecordedFleet
    ) -> None:
        down = frozenset("ab")
        plan = fleet.plan(**marked("g"), unread=down)
        assert (rules(plan), [change for change in plan.changes if change.removal]) == (
            ["unknown-budget"],
            [],
        )
        assert verbs(fleet.finish(**marked("g"), unread=down, approved=frozenset("g"))) == [("delete", "g")]

    def test_objects_of_unproven_origin_count_a_day_as_well_and_hold_nothing_else(self) -> None:
        linked = deepcopy(converged())
        at_once = {"removal_delay": timedelta()}
        linked.forge(6)
        for _ in ("one record", "another", "the removal"):
            carry_out(linked, planned(linked, linked.given, **at_once).ready)
        linked.forge(5, first=6)
        plan = planned(linked, replace(linked.given, **marked("l1")), **at_once)
        (error,) = plan.errors
        assert error.rule == "unproven-objects"
        assert "5 link Secrets in addition to 6 that were deleted in the last 24 hours have" in error.message
        assert {change.cluster for change in plan.changes if change.removal and not change.link} == {"l1"}


WRONG = [
    "",
    "soon",
    "soon site x/net",
    "2999-01-01T00:00:00Z site x/net",
    "9999-12-31T23:59:59-14:00 site x/net",
]


class TestWrongRecords:
    @pytest.mark.parametrize("value", WRONG)
    def test_a_record_that_cannot_be_counts(self, fleet: RecordedFleet, value: str) -> None:
        for number in range(2):
            fleet.annotate("h", str(number), value)
        plan = fleet.plan(**marked("e"))
        assert sorted(rules(plan)) == ["removal-budget", "removal-record"]

    @pytest.mark.parametrize("value", WRONG)
    def test_it_counts_until_it_is_deleted_and_the_message_has_the_command(
        self, fleet: RecordedFleet, value: str
    ) -> None:
        fleet.annotate("h", "x", value)
        fleet.now += 9 * DAY
        (found,) = fleet.plan().findings
        assert found.message.endswith(
            "on cluster h run: oc -n net annotate serviceaccount skupper-site-controller removed.qontract-skupper/x-"
        )
        assert fleet.finish() == []

    def test_an_old_record_without_a_removal_is_deleted(self, fleet: RecordedFleet) -> None:
        fleet.annotate("h", "x", "0001-01-01T00:00:00+14:00 site x/net")
        assert verbs(fleet.finish()) == [("patch", "h")]

    @pytest.mark.parametrize(
        "value", ["0001-01-01T00:00:00Z site e/net", "2026-03-01T12:00:00Z secret e/net/x"]
    )
    def test_a_record_that_somebody_changed_on_one_of_its_sites_counts_as_before(
        self, fleet: RecordedFleet, value: str
    ) -> None:
        fleet.finish(**marked("e", "f"))
        for name in fleet.records("a"):
            fleet.annotate("a", name.partition("/")[2], value)
        assert "removal-budget" in rules(fleet.plan(**marked("g")))

    def test_thousands_of_forged_records_hold_removals_and_nothing_else(self, fleet: RecordedFleet) -> None:
        for number in range(3000):
            fleet.annotate("a", str(number), f"{fleet.now.isoformat()} site x/n{number}")
        assert rules(fleet.plan(**marked("e"))) == ["removal-budget"]
        assert "f" not in fleet.live() or verbs(fleet.finish(**marked("f"), approved=frozenset("f")))[-1] == (
            "delete",
            "f",
        )


class TestTwoRuns:
    """Both have read the clusters before either writes."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (Given(frozenset("ce")), Given(frozenset("fg"))),
            (Given(frozenset("ab")), Given(frozenset("fg"))),
            (Given(frozenset("ce"), unread=frozenset("a")), Given(frozenset("fg"), unread=frozenset("b"))),
            (Given(frozenset("ce"), ahead=DAY), Given(frozenset("fg"), ahead=-DAY)),
            (
                Given(frozenset("ce"), rejecting=frozenset("a")),
                Given(frozenset("fg"), rejecting=frozenset("b")),
            ),
            (Given(frozenset("ce"), rejecting=frozenset("a")), Given(frozenset("fg"), unread=frozenset("b"))),
            (Given(frozenset("ce"), rejecting=frozenset("ab")), Given(frozenset("fg"))),
        ],
        ids=[
            "other data",
            "one removes the keepers",
            "each fails to read another cluster",
            "other clocks",
            "each is rejected by another cluster",
            "one is rejected and the other fails to read",
            "one is rejected by two clusters",
        ],
    )
    @pytest.mark.parametrize("seed", range(8))
    def test_they_do_not_spend_the_same_budget(
        self, fleet: RecordedFleet, seed: int, one: Given, other: Given
    ) -> None:
        drawn = random.Random(seed)
        left = [fleet.run(one), fleet.run(other)]
        while left:
            run = drawn.choice(left)
            for _ in range(drawn.choice([1, 1, 1, 2, 9])):
                if next(run, None) is None:
                    left.remove(run)
                    break
        assert len(fleet.removed) == 2

    def test_with_the_same_data_they_remove_what_one_would(self, fleet: RecordedFleet) -> None:
        left = [fleet.run(Given(frozenset("ce"))), fleet.run(Given(frozenset("ce")))]
        while left:
            left = [run for run in left if next(run, None)]
        assert fleet.live() == set(NAMES) - set("ce")


def play(drawn: random.Random, events: int) -> RecordedFleet:
    """Runs that overlap, are killed, see old state and have different data and clocks, and days that pass."""
    fleet = deepcopy(made())
    fleet.budget = drawn.choice([1, 2, 3])
    fleet.clocks = {name: timedelta(minutes=drawn.choice([0, 0, 0, -90, 45, 600])) for name in NAMES}
    running: list[Iterator[Change]] = []
    for _ in range(events):
        match drawn.choice(["run", "run", "steps", "steps", "steps", "kill", "pass", "create"]):
            case "run":
                running.append(fleet.run(anything(drawn)))
            case "steps":
                for each in drawn.sample(running, len(running)):
                    for _step in range(drawn.randrange(1, 8)):
                        if next(each, None) is None:
                            break
                fleet.now += drawn.randrange(120) * timedelta(seconds=1)
            case "kill":
                running.clear()
            case "pass":
                # A run that is under way acts on what it has seen some minutes ago, not some hours.
                running.clear()
                fleet.now += drawn.choice([5 * MINUTE, HOUR, 7 * HOUR, 22 * HOUR, DAY - MINUTE, LASTS])
            case "create":
                fleet.create(drawn.choice(NAMES))
    return fleet


def anything(drawn: random.Random) -> Given:
    some = [name for name in NAMES if name not in STAYING]
    return Given(
        deleted=frozenset(drawn.sample(some, drawn.randrange(len(some) + 1))),
        approved=frozenset(drawn.sample(some, drawn.choice([0, 0, 1]))),
        unread=frozenset(drawn.sample(NAMES, drawn.choice([0, 0, 0, 1, 2]))),
        rejecting=frozenset(drawn.sample(NAMES, drawn.choice([0, 0, 1, 2]))),
        ahead=timedelta(minutes=drawn.choice([0, 0, -300, 5000])),
    )


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_never_more_than_the_budget_is_removed_in_any_24_hours(seed: int) -> None:
    fleet = play(random.Random(seed), 30)
    assert fleet.most_in_a_day() <= fleet.budget
