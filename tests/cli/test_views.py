"""``status --wait`` and ``--watch``: when a status is good enough, and when it is shown again."""

import json
import logging
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import click
import pytest

from reconcile.apply.running import Outcome
from reconcile.cli.views import View, Wait, Watch
from reconcile.skupper.plan import (
    LinkObservation,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
    SiteState,
    Verdict,
)
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from tests.cli.conftest import Fleet
from tests.cli.processes import start
from tests.report.plans import NOW

A, B = SiteKey("a", "net"), SiteKey("b", "net")
ALL = View(bundle="sha")
EARLIER = NOW - timedelta(seconds=50)
UNFINISHED = {
    SiteState.ABSENT,
    SiteState.STARTING,
    SiteState.DOWN,
    SiteState.UNKNOWN,
    SiteState.REMOVING,
}


def site(state: SiteState = SiteState.READY, network: str = "n") -> SiteReport:
    return SiteReport(network=network, key=A, name="s", mode="interior", state=state)


def link(state: LinkState = LinkState.UP, at: datetime = NOW) -> LinkReport:
    seen = LinkObservation(Verdict.UP, at=at)
    return LinkReport(network="n", link=Link(B, A), state=state, dialler=seen, issuer=seen)


def outcome(*reports: SiteReport | LinkReport, failures: tuple[str, ...] = ()) -> Outcome:
    sites = tuple(report for report in reports if isinstance(report, SiteReport))
    links = tuple(report for report in reports if isinstance(report, LinkReport))
    return Outcome(plan=Plan(sites=sites, links=links), failures=list(failures))


@pytest.mark.parametrize("state", SiteState)
def test_a_wait_is_for_sites_that_a_run_makes_or_removes(state: SiteState) -> None:
    assert Wait(ALL)(outcome(site(state), link())) is (state not in UNFINISHED)


@pytest.mark.parametrize("state", LinkState)
def test_a_wait_is_for_all_links_but_those_skipped_or_cut(state: LinkState) -> None:
    fine = {LinkState.UP, LinkState.STANDBY, LinkState.SKIPPED, LinkState.CUT}
    assert Wait(ALL)(outcome(link(state))) is (state in fine)


def test_a_wait_is_for_clusters_that_cannot_be_read() -> None:
    assert not Wait(ALL)(outcome(site(), failures=("it is down",)))


def test_a_wait_is_for_the_networks_that_are_shown() -> None:
    found = outcome(site(SiteState.STARTING))
    assert Wait(replace(ALL, networks=("other",)))(found)
    assert not Wait(replace(ALL, networks=("n",)))(found)


def test_a_wait_says_what_it_waits_for_whenever_that_changed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    wait = Wait(ALL)
    for state in (LinkState.REQUESTED, LinkState.REQUESTED, LinkState.ISSUED, LinkState.UP):
        wait(outcome(link(state), site(SiteState.STARTING)))
    assert caplog.messages == [
        "waiting: link b/net -> a/net is requested (1 other as well)",
        "waiting: link b/net -> a/net is issued (1 other as well)",
        "waiting: site a/net is starting",
    ]


@pytest.fixture
def watched(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """What a watch prints at each of these states, a minute apart."""

    def see(*states: Outcome, view: View = ALL) -> list[str]:
        moments = (NOW + timedelta(minutes=number) for number in range(len(states)))
        watch = Watch(view, clock=lambda: next(moments))
        printed = []
        for state in states:
            assert not watch(state)
            printed.append(capsys.readouterr().out)
        return printed

    return see


def test_a_status_is_shown_again_only_if_more_than_its_age_changed(watched: Callable[..., list[str]]) -> None:
    first, second, third = watched(outcome(link(at=EARLIER)), outcome(link()), outcome(link(LinkState.DOWN)))
    assert first.startswith("2026-03-01 12:00:00 UTC\nnetwork n\n")
    assert second == ""
    assert third.startswith("\n2026-03-01 12:02:00 UTC\nnetwork n\n")


def test_a_status_as_json_is_shown_again_on_one_line_each(watched: Callable[..., list[str]]) -> None:
    states = (outcome(link(at=EARLIER)), outcome(link()), outcome(link(LinkState.DOWN)))
    first, second, third = watched(*states, view=replace(ALL, json=True))
    assert [json.loads(line)["links"][0]["state"] for line in (first, third)] == ["up", "down"]
    assert (first.count("\n"), second, third.count("\n")) == (1, "", 1)


def test_a_change_that_is_not_shown_is_none(watched: Callable[..., list[str]]) -> None:
    states = (outcome(site(), link()), outcome(replace(site(), version="1.9.6"), link()))
    assert watched(*states, view=replace(ALL, only_broken=True))[1] == ""


@pytest.mark.parametrize(("name", "code"), [("linked", 0), ("untouched", 1)])
def test_a_wait_ends_with_one_document_whether_or_not_it_was_in_vain(
    name: str, code: int, request: pytest.FixtureRequest
) -> None:
    result = request.getfixturevalue(name).ask("status", "vault", "--wait", "0.1s", "-o", "json")
    assert result.exit_code == code
    assert json.loads(result.stdout)["links"]
    assert ("Error: after --wait 0.1s: link " in result.stderr) is bool(code)


def test_a_wait_and_a_watch_exclude_each_other(untouched: Fleet) -> None:
    result = untouched.ask("status", "--wait", "10m", "--watch")
    assert result.exit_code == click.UsageError.exit_code
    assert "Write: qontract-skupper status --wait 600s" in result.stderr


def test_a_watch_ends_by_ctrl_c(linked: Fleet) -> None:
    with start("status", "--watch", "--only-broken", config=linked.config) as process:
        assert process.stdout
        shown = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert shown[0].endswith(" UTC\n")
    assert shown[1].startswith("All ")
