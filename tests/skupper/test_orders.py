"""What somebody orders by a command: it is recorded, carried out by any run, and changes nothing else."""

import random
from collections.abc import Iterable
from copy import deepcopy
from datetime import timedelta
from functools import cache

import pytest

from reconcile.findings import Finding
from reconcile.kinds import DEPLOYMENT, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.definitions import Approval, ApprovedChange
from reconcile.skupper.orders import Order, OrderKind
from reconcile.skupper.plan import Change, LinkState, Plan, SiteState
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1.revocation import PREPARE
from reconcile.skupper.waits import WaitKind
from tests.skupper.fakes import NOW, certificate
from tests.skupper.played_fleet import PlayedFleet, at, replace_ca
from tests.skupper.test_rotation import parked_tokens

LATER = NOW + timedelta(hours=1)


@cache
def _converged(names: str) -> PlayedFleet:
    fleet = PlayedFleet(tuple(names), {"n": tuple(names)})
    fleet.converge()
    assert all(report.converged for report in fleet.plan().links)
    fleet.now = LATER
    return fleet


def up(names: str = "abc") -> PlayedFleet:
    """A fleet of which every link is up."""
    return deepcopy(_converged(names))


def left(fleet: PlayedFleet) -> list[Change]:
    """What a run would still change of links, tokens and marks."""
    return [change for change in fleet.plan().changes if change.kind == SECRET or change.ordered]


def rotate(fleet: PlayedFleet, sites: Iterable[str]) -> None:
    """A run with an order, until there is nothing left of it."""
    for _ in range(30):
        fleet.order = fleet.order or Order(
            kind=OrderKind.ROTATE, sites=frozenset(map(at, sites)), at=fleet.now
        )
        fleet.run(15)
        if not left(fleet):
            break
    fleet.order = None


def give(fleet: PlayedFleet, kind: OrderKind, sites: Iterable[str], seconds: int = 1) -> None:
    """Some seconds of a run with an order, after which only runs without one go on."""
    fleet.order = Order(kind=kind, sites=frozenset(map(at, sites)), at=fleet.now, by="alice")
    fleet.run(seconds)
    fleet.order = None


def prepared(sites: str, *, renewal: bool = False) -> PlayedFleet:
    """Four linked sites, some of which have a new CA and are about to restart their router for it."""
    fleet = up("abcd")
    for name in sites:
        replace_ca(fleet, name)
        bodies = fleet.fakes[name].bodies
        ca = bodies[SECRET, "net", "skupper-site-ca"]
        ca["metadata"]["annotations"] = {"qontract-skupper/revoked": LATER.isoformat()}
        bodies[SECRET, "net", "skupper-site-server"]["data"]["ca.crt"] = ca["data"]["tls.crt"]
    for name in sites:
        account = fleet.fakes[name].bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
        account["metadata"]["annotations"]["qontract-skupper/revoke"] = LATER.isoformat() + (
            " renewal" if renewal else ""
        )
    fleet.unwritten = frozenset({"skupper-router"})
    fleet.run(20)
    return fleet


def stop_router(fleet: PlayedFleet, name: str) -> None:
    fleet.fakes[name].bodies[DEPLOYMENT, "net", "skupper-router"].setdefault("spec", {})["replicas"] = 0


def tokens(fleet: PlayedFleet) -> set[str]:
    return {token for name in fleet.names for token in fleet.tokens(name)}


def links(plan: Plan, site: str) -> set[LinkState]:
    ends = ((report.state, {report.link.dialler, report.link.issuer}) for report in plan.links)
    return {state for state, both in ends if at(site) in both}


class TestRotate:
    def test_every_token_of_the_site_is_replaced(self):
        fleet = up()
        before = tokens(fleet)
        rotate(fleet, "abc")
        assert not before & tokens(fleet)
        assert len(tokens(fleet)) == len(before)

    def test_a_token_of_another_site_stays(self):
        fleet = up("abcd")
        before = {pair: each.token for pair, each in fleet.connections.items()}
        rotate(fleet, "a")
        after = {pair: each.token for pair, each in fleet.connections.items()}
        assert {pair for pair in before if before[pair] != after[pair]} == {p for p in before if "a" in p}

    def test_a_run_that_is_killed_after_its_marks_is_finished_by_runs_without_an_order(self):
        fleet = up()
        before = tokens(fleet)
        give(fleet, OrderKind.ROTATE, "abc")
        assert before <= tokens(fleet)
        fleet.converge()
        assert not before & tokens(fleet)

    def test_each_token_is_replaced_once_only(self):
        fleet = up("ab")
        rotate(fleet, "ab")
        once = tokens(fleet)
        fleet.run(30)
        assert tokens(fleet) == once
        assert not left(fleet)

    def test_two_orders_replace_a_token_twice(self):
        fleet = up("ab")
        seen = [tokens(fleet)]
        for _ in range(2):
            rotate(fleet, "a")
            seen.append(tokens(fleet))
        assert len(set.union(*seen)) == 3

    def test_a_rotation_that_had_failed_is_tried_again(self):
        fleet = up("ab")
        (old,) = fleet.tokens("b")
        fleet.works = lambda _dialler, _issuer, token: token == old
        rotate(fleet, "a")
        assert [finding.rule for finding in fleet.plan().errors] == ["failed-rotation"]
        fleet.works = lambda *_: True
        rotate(fleet, "a")
        assert old not in fleet.tokens("b")
        assert len(fleet.tokens("b")) == 1
        assert not fleet.plan().errors

    def test_an_order_of_a_clock_that_was_ahead_is_not_carried_out_by_others(self):
        fleet = up("ab")
        before = tokens(fleet)
        account = fleet.fakes["a"].bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
        account["metadata"]["annotations"]["qontract-skupper/rotate"] = "2099-01-01T00:00:00+00:00"
        fleet.run(30)
        assert tokens(fleet) == before

    @pytest.mark.parametrize(
        "seed", [0, *(pytest.param(n, marks=pytest.mark.exhaustive("one is a sample")) for n in range(1, 8))]
    )
    def test_killed_runs_never_take_the_last_link_of_a_site(self, seed: int):
        fleet = up("abcd")
        fleet.drawn, fleet.every = random.Random(seed), 3
        before = tokens(fleet)

        def look(fleet: PlayedFleet) -> None:
            assert all(len(fleet.component(name)) == len(fleet.names) for name in fleet.names)

        give(fleet, OrderKind.ROTATE, "abcd", 3)
        fleet.run(700, kills=0.3, look=look)
        assert not before & tokens(fleet)

    def test_a_site_on_which_it_cannot_be_recorded_is_named(self):
        fleet = up("ab")
        fleet.unread = frozenset("a")
        fleet.order = Order(kind=OrderKind.ROTATE, sites=frozenset({at("a")}), at=fleet.now)
        (finding,) = [each for each in fleet.plan().errors if each.rule == "order-not-recorded"]
        assert "a/net: it is down" in finding.message


class TestCut:
    def test_its_tokens_go_at_both_ends_in_the_first_plan(self):
        fleet = up()
        give(fleet, OrderKind.CUT, "a")
        assert not fleet.tokens("a")
        assert not {"a"} & {issuer for name in "bc" for issuer in fleet.tokens(name).values()}

    def test_the_links_of_the_others_stay(self):
        fleet = up()
        kept = {pair: each.token for pair, each in fleet.connections.items() if "a" not in pair}
        give(fleet, OrderKind.CUT, "a", 60)
        assert {pair: each.token for pair, each in fleet.connections.items()} == kept
        assert kept

    def test_later_runs_do_not_link_it_again(self):
        fleet = up()
        give(fleet, OrderKind.CUT, "a")
        fleet.run(60)
        assert fleet.component("a") == {"a"}
        assert not left(fleet)

    def test_a_link_is_cut_once_no_end_reports_it(self):
        fleet = up()
        give(fleet, OrderKind.CUT, "a")
        assert links(fleet.plan(), "a") == {LinkState.CUTTING}
        fleet.run(10)
        assert links(fleet.plan(), "a") == {LinkState.CUT}

    def test_plan_and_status_say_since_when_and_by_whom_and_how_to_end_it(self):
        fleet = up()
        give(fleet, OrderKind.CUT, "a", 10)
        plan = fleet.plan()
        (finding,) = [each for each in plan.findings if each.rule == "cut-site"]
        assert "a/net is cut off since 2026-03-01 13:00 UTC by alice" in finding.message
        assert "qontract-skupper cut --site a/net --end" in finding.message
        (report,) = [site for site in plan.sites if site.key == at("a")]
        assert (report.state, finding.message.partition(":")[0] in report.reason) == (SiteState.READY, True)

    def test_a_site_that_lost_its_mark_stays_cut_off_at_its_neighbours(self):
        fleet = up()
        give(fleet, OrderKind.CUT, "a", 10)
        fleet.fakes["a"].remove(SERVICE_ACCOUNT, "net", "skupper-site-controller")
        fleet.run(30)
        assert fleet.component("a") == {"a"}

    def test_a_mark_about_another_site_cuts_no_link_of_others(self):
        """Whoever may write in one namespace must not cut off the sites of others."""
        fleet = up("abcd")
        other = up("abcd")
        give(other, OrderKind.CUT, "a")
        forged = other.fakes["a"].bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
        before = {pair for pair in fleet.connections if "b" not in pair}
        account = fleet.fakes["b"].bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
        account["metadata"]["annotations"] = dict(forged["metadata"]["annotations"])
        fleet.run(30)
        assert before
        assert before <= fleet.connections.keys()

    def test_a_site_whose_cluster_is_down_is_cut_off_at_its_neighbours(self):
        fleet = up()
        fleet.unread = frozenset("a")
        give(fleet, OrderKind.CUT, "a", 10)
        assert not {"a"} & {issuer for name in "bc" for issuer in fleet.tokens(name).values()}
        fleet.unread = frozenset()
        fleet.run(10)
        assert fleet.component("a") == {"a"}

    def test_a_link_that_stays_up_since_its_token_cannot_be_reached_is_reported(self):
        fleet = PlayedFleet(("a", "b"), {"n": ("a", "b")}, hidden=frozenset("a"))
        fleet.converge()
        fleet.unread = frozenset("a")
        give(fleet, OrderKind.CUT, "a", 10)
        (report,) = fleet.plan().links
        assert report.state is LinkState.CUTTING
        assert "b/net still reports the link" in report.reason
        assert "qontract-skupper revoke --site b/net" in report.reason

    def test_its_end_links_it_again(self):
        fleet = up()
        give(fleet, OrderKind.CUT, "a", 10)
        give(fleet, OrderKind.END_CUT, "a")
        fleet.converge()
        assert {report.state for report in fleet.plan().links} == {LinkState.UP}
        assert not [each for each in fleet.plan().findings if each.rule == "cut-site"]

    def test_the_time_and_name_of_the_first_cut_stay(self):
        fleet = up()
        give(fleet, OrderKind.CUT, "a", 10)
        fleet.now += timedelta(hours=1)
        give(fleet, OrderKind.CUT, "a", 10)
        (finding,) = [each for each in fleet.plan().findings if each.rule == "cut-site"]
        assert "since 2026-03-01 13:00 UTC" in finding.message

    def test_it_says_that_a_copied_token_stays_valid_and_what_ends_that(self):
        fleet = up("ab")
        fleet.order = Order(kind=OrderKind.CUT, sites=frozenset({at("b")}), at=fleet.now)
        (finding,) = [each for each in fleet.plan().findings if each.rule == "cut-site"]
        assert (
            "stays valid until the CA of the issuer changes: run: qontract-skupper revoke --site a/net"
            in (finding.message)
        )

    def test_neither_budget_nor_guards_hold_it(self):
        fleet = up("ab")
        fleet.order = Order(kind=OrderKind.CUT, sites=frozenset({at("a")}), at=fleet.now)
        plan = fleet.plan()
        assert not plan.refused
        assert {change.ready for change in plan.changes} == {True}


class TestRenewal:
    """New certificates for a site whose own expire soon, where the data approves them."""

    def expiring(self, *, days: int = 30, until: str = "2026-03-02", approve: str = "revoke") -> PlayedFleet:
        fleet = up("ab")
        soon = fleet.now + timedelta(days=days)
        ca = fleet.fakes["a"].bodies[SECRET, "net", "skupper-site-ca"]
        ca["data"]["tls.crt"] = certificate("ca-a", expires=soon)
        approval = Approval(change=ApprovedChange(approve), sites=("a/net",), until=until, reason="yearly")
        fleet.approvals = (approval,)
        return fleet

    def ordered(self, fleet: PlayedFleet) -> list[str]:
        return [change.name for change in fleet.plan().changes if change.ordered]

    def test_an_approved_site_gets_them_in_a_scheduled_run(self):
        fleet = self.expiring()
        (mark,) = [change for change in fleet.plan().changes if change.ordered]
        assert "/n.yml approvals[0] allows new ones" in mark.reason
        fleet.apply(mark)
        assert self.ordered(fleet) == ["skupper-site-ca", "skupper-site-server", "skupper-router"]

    def test_its_changes_use_the_approval(self):
        fleet = self.expiring()
        assert self.used(fleet) == (at("a"),)
        fleet.apply(next(change for change in fleet.plan().changes if change.ordered))
        assert self.used(fleet) == (at("a"),)

    def used(self, fleet: PlayedFleet) -> tuple[SiteKey, ...]:
        (report,) = fleet.plan().approvals
        return report.used_for

    def test_an_approval_is_unused_while_no_certificate_expires_soon(self):
        (finding,) = self.unused(self.expiring(days=61))
        assert "the approval to revoke a/net has nothing to revoke" in finding.message
        assert self.unused(self.expiring()) == []

    def test_it_is_not_unused_while_a_revocation_is_under_way(self):
        fleet = self.expiring(days=61)
        give(fleet, OrderKind.REVOKE, "a")
        assert self.unused(fleet) == []

    def unused(self, fleet: PlayedFleet) -> list[Finding]:
        return [found for found in fleet.plan().findings if found.rule == "unused-approval"]

    def test_nobody_is_in_a_hurry_so_that_what_is_broken_holds_it(self):
        fleet = prepared("a", renewal=True)
        stop_router(fleet, "d")
        fleet.now = LATER + 2 * PREPARE
        (restart,) = [change for change in fleet.plan().changes if change.name == "skupper-router"]
        assert restart.waits_for
        assert restart.waits_for.kind is WaitKind.STOPPED

    def test_without_a_valid_approval_nothing_is_ordered(self):
        assert not self.ordered(self.expiring(until="2026-02-28"))
        assert not self.ordered(self.expiring(approve="remove"))

    def test_nothing_is_ordered_months_ahead(self):
        assert not self.ordered(self.expiring(days=61))

    def test_an_order_about_another_site_renews_nothing(self):
        fleet = self.expiring()
        fleet.order = Order(kind=OrderKind.ROTATE, sites=frozenset({at("b")}), at=fleet.now)
        assert {change.cluster for change in fleet.plan().changes if change.ordered} == {"b"}

    def test_a_ca_of_ones_own_is_not_replaced(self):
        fleet = self.expiring()
        fleet.fakes["a"].bodies[SECRET, "net", "skupper-site-ca"]["metadata"]["ownerReferences"] = []
        assert not self.ordered(fleet)


class TestRevoke:
    def plan(self, fleet: PlayedFleet, site: str) -> Plan:
        fleet.order = Order(kind=OrderKind.REVOKE, sites=frozenset({at(site)}), at=fleet.now)
        return fleet.plan()

    def test_no_key_is_part_of_the_plan(self):
        changes = self.plan(up("ab"), "a").changes
        assert not any("data" in (change.body or {}) for change in changes if change.kind == SECRET)

    def test_the_sites_that_it_leaves_without_a_link_are_named(self):
        (finding,) = [each for each in self.plan(up("ab"), "a").findings if each.rule == "revoked-site"]
        assert "interrupts 1 link for up to a minute; b/net has no other link" in finding.message

    def test_a_site_with_another_link_is_not_named(self):
        (finding,) = [each for each in self.plan(up("abc"), "a").findings if each.rule == "revoked-site"]
        assert "no other link" not in finding.message

    def test_no_token_is_parked_before_the_router_has_loaded_the_new_ca(self):
        fleet = up("ab")
        (old,) = fleet.tokens("b")
        give(fleet, OrderKind.REVOKE, "a")
        replace_ca(fleet, "a")
        secret = fleet.fakes["a"].bodies[SECRET, "net", "skupper-site-ca"]["metadata"]
        secret["annotations"] = {"qontract-skupper/revoked": LATER.isoformat()}
        fleet.works = lambda _dialler, _issuer, token: token == old
        fleet.run(60)
        assert old in fleet.tokens("b")
        assert len(fleet.tokens("b")) == 2
        assert fleet.connections[frozenset("ab")].token == old

    def test_the_router_restarts_once_all_diallers_have_loaded_their_new_tokens(self):
        fleet = up("abcd")
        give(fleet, OrderKind.REVOKE, "a")
        replace_ca(fleet, "a")
        bodies = fleet.fakes["a"].bodies
        ca = bodies[SECRET, "net", "skupper-site-ca"]
        ca["metadata"]["annotations"] = {"qontract-skupper/revoked": LATER.isoformat()}
        bodies[SECRET, "net", "skupper-site-server"]["data"]["ca.crt"] = ca["data"]["tls.crt"]
        (restart,) = [change for change in fleet.plan().changes if change.name == "skupper-router"]
        assert "has loaded a token of the new CA" in str(restart.waits_for)
        fleet.run(20)
        pods = bodies[DEPLOYMENT, "net", "skupper-router"]["spec"]["template"]["metadata"]
        assert pods["annotations"] == {"qontract-skupper/revoked": LATER.isoformat()}

    def test_routers_restart_one_at_a_time(self):
        (first, second) = self.restarts(prepared("ab"))
        assert first.ready
        assert str(second.waits_for) == "wave 2 of 2 begins"

    def test_the_restart_waits_for_a_site_that_is_down_and_then_no_longer(self):
        fleet = prepared("a")
        stop_router(fleet, "d")
        (restart,) = self.restarts(fleet)
        until = (LATER + PREPARE).strftime("%H:%M")
        assert restart.waits_for
        assert restart.waits_for.kind is WaitKind.TURN
        assert "d/net is down" in str(restart.waits_for)
        assert str(restart.waits_for).endswith(f", or at {until} UTC")
        fleet.now = LATER + PREPARE
        (restart,) = self.restarts(fleet)
        assert restart.ready

    def test_a_run_with_the_order_does_not_wait_for_what_only_other_runs_do(self):
        fleet = prepared("b")
        pods = {"metadata": {"annotations": {"qontract-skupper/revoked": "before"}}}
        fleet.fakes["a"].bodies[DEPLOYMENT, "net", "skupper-router"]["spec"] = {"template": pods}
        disrupted = {change.cluster for change in fleet.plan().changes if change.disruption}
        (restart,) = self.restarts(fleet)
        assert (disrupted, restart.ready) == ({"a", "b"}, False)
        fleet.order = Order(kind=OrderKind.REVOKE, sites=frozenset({at("b")}), at=LATER)
        (restart,) = self.restarts(fleet)
        assert restart.ready

    def test_no_token_is_replaced_around_a_router_that_is_about_to_restart(self):
        fleet = prepared("a")
        fleet.order = Order(kind=OrderKind.ROTATE, sites=frozenset(map(at, "bc")), at=fleet.now)

        def look(fleet: PlayedFleet) -> None:
            assert not [name for name in fleet.names if parked_tokens(fleet, name)]

        fleet.run(20, look=look)

    def restarts(self, fleet: PlayedFleet) -> list[Change]:
        return [change for change in fleet.plan().changes if change.name == "skupper-router"]

    def test_an_edge_site_has_nothing_to_revoke(self):
        fleet = PlayedFleet(("a", "b"), {"n": ("a", "b")}, edges=frozenset("b"))
        (finding,) = [each for each in self.plan(fleet, "b").errors if each.rule == "unrevocable-site"]
        assert "it is an edge site, which issues no tokens" in finding.message


@pytest.mark.parametrize("kind", list(OrderKind))
def test_a_plan_with_an_order_has_no_other_changes(kind: OrderKind):
    fleet = up("abcd")
    for name in "abcd":
        account = fleet.fakes[name].bodies[SERVICE_ACCOUNT, "net", "skupper-site-controller"]
        account["metadata"]["annotations"]["qontract-skupper/network"] = "another"
    fleet.order = Order(kind=kind, sites=frozenset({at("a")}), at=fleet.now)
    for change in fleet.plan().changes:
        assert change.ordered or (change.link and at("a") in {change.link.dialler, change.link.issuer})
