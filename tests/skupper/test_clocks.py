"""By a wrong clock every token has expired; none is issued or replaced until it is right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reconcile.kinds import SECRET
from reconcile.skupper.plan import LinkState, Plan
from tests.skupper.fakes import NOW, certificate, plan
from tests.skupper.reported import ReportedFleet

YEARS = timedelta(days=3650)


@pytest.fixture
def fleet() -> ReportedFleet:
    """b is to dial a."""
    return ReportedFleet(networks={"a": "n", "b": "n"}).build()


def seen(
    fleet: ReportedFleet, *, ahead: dict[str, timedelta] | None = None, ours: timedelta = timedelta()
) -> Plan:
    """Plan by a clock of ours that is off; of the clusters in `ahead` the clock is known."""
    inputs = fleet.inputs()
    snapshots = {
        name: replace(snapshot, heartbeat_at=NOW, clock_ahead=ahead[name]) if name in ahead else snapshot
        for ahead in [ahead or {}]
        for name, snapshot in inputs.snapshots.items()
    }
    return plan(replace(inputs, snapshots=snapshots, now=NOW + ours))


def secrets(found: Plan) -> list[str]:
    return [change.name for change in found.changes if change.kind == SECRET]


def wrong(found: Plan) -> list[str]:
    return [finding.message for finding in found.errors if finding.rule == "wrong-clock"]


def issue(fleet: ReportedFleet, *, created: str = "2026-03-01T11:59:50Z") -> str:
    """The token of the link at its issuer, not delivered yet."""
    name = plan(fleet.inputs()).links[0].credential
    fleet.fakes["a"].add_link_secret("net", name, "b/net", "a/net", issued_by="a", host="net.a.example.com")
    fleet.fakes["a"].bodies[SECRET, "net", name]["metadata"]["creationTimestamp"] = created
    return name


def test_a_token_is_requested_while_all_clocks_agree(fleet: ReportedFleet):
    found = seen(fleet, ahead=dict.fromkeys("abcd", timedelta(minutes=4)))
    assert secrets(found)
    assert wrong(found) == []


def test_no_token_is_requested_if_our_clock_is_off(fleet: ReportedFleet):
    found = seen(fleet, ahead=dict.fromkeys("abcd", -timedelta(days=1000)))
    assert secrets(found) == []
    (message,) = wrong(found)
    assert message.startswith("the clock of this machine is 1000 days ahead of that of a, 1000 days ahead")


def test_a_cluster_whose_clock_is_off_is_named(fleet: ReportedFleet):
    found = seen(fleet, ahead={"a": timedelta(minutes=-6), "b": timedelta()})
    assert secrets(found) == []
    assert wrong(found)[0].startswith("the clock of cluster a is 6 minutes behind that of this machine")


def test_a_link_is_unknown_while_a_clock_is_wrong(fleet: ReportedFleet):
    (link,) = seen(fleet, ahead=dict.fromkeys("ab", YEARS)).links
    assert (link.state, link.reason) == (
        LinkState.UNKNOWN,
        "the clock of this machine or of cluster b is wrong",
    )


def test_links_elsewhere_go_on():
    fleet = ReportedFleet(networks={"a": "n", "b": "n", "c": "m", "d": "m"}).build()
    found = seen(fleet, ahead={"a": YEARS, "b": timedelta(), "c": timedelta(), "d": timedelta()})
    assert {change.cluster for change in found.changes if change.kind == SECRET} == {"c", "d"}


@pytest.mark.parametrize("ahead", [None, {"a": timedelta(), "b": timedelta()}], ids=["unknown", "equal"])
def test_a_token_that_expires_as_soon_as_it_is_issued_is_not_replaced(fleet: ReportedFleet, ahead):
    name = issue(fleet)
    found = seen(fleet, ahead=ahead, ours=YEARS)
    assert secrets(found) == []
    (message,) = wrong(found)
    assert message.startswith(f"Secret {name} in a/net was issued at 2026-03-01 11:59 UTC")


def test_it_is_delivered_once_the_clock_is_right(fleet: ReportedFleet):
    name = issue(fleet)
    found = seen(fleet)
    assert (wrong(found), name in secrets(found)) == ([], True)


def test_a_token_that_was_left_over_years_ago_is_replaced(fleet: ReportedFleet):
    name = issue(fleet, created="2020-03-01T11:59:50Z")
    data = fleet.fakes["a"].bodies[SECRET, "net", name]["data"]
    data["tls.crt"] = certificate("old", expires=NOW - timedelta(days=300))
    found = seen(fleet, ahead={"a": timedelta(), "b": timedelta()})
    assert wrong(found) == []
    assert {*secrets(found)} - {name}


def test_no_certificate_expires_by_a_wrong_clock(fleet: ReportedFleet):
    found = seen(fleet, ahead=dict.fromkeys("abcd", -YEARS), ours=YEARS)
    assert {finding.rule for finding in found.errors} == {"wrong-clock"}


def test_a_certificate_expires_by_a_clock_that_is_right(fleet: ReportedFleet):
    found = seen(fleet, ahead=dict.fromkeys("abcd", timedelta()), ours=YEARS)
    assert "expiring-site" in {finding.rule for finding in found.errors}
