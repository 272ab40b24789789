"""What a run says of what happens to it: each thing once, at its level."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconcile.apply.events import ChangeFailed, ChangeStarted, ClusterFailed
from reconcile.apply.running import Outcome
from reconcile.cli.reporting import RunReporter
from reconcile.findings import Finding, Severity
from reconcile.kinds import SECRET
from reconcile.report import logs
from reconcile.skupper.approvals import LONG_APPROVAL
from reconcile.skupper.plan import AGING_SITE, MISSING_NAMESPACE, Counts, LinkState, Plan, SiteState, Verb
from reconcile.skupper.waits import Wait, WaitKind
from reconcile.skupper.waves import Disruption
from tests.report.plans import change, link, site

WARNING = Finding("single-site", "one site only", Severity.WARNING)
ERROR = Finding("enum", "no such mode")


@pytest.fixture
def reported() -> Callable[[], list[str]]:
    """The log lines so far, without their time."""
    stream = io.StringIO()
    logs.set_up("INFO", stream=stream)
    return lambda: [line.partition("] ")[2] for line in stream.getvalue().splitlines()]


@pytest.fixture
def reporter() -> RunReporter:
    return RunReporter()


RunResult = Callable[[], list[str]]


def test_a_change_is_an_action_line_at_info(reporter: RunReporter, reported: RunResult) -> None:
    reporter(ChangeStarted(change()))
    (line,) = reported()
    assert line.startswith("[INFO] [reporting.py:change:")
    assert line.endswith(" - ['apply', 'privileged=False', 'east', 'vault-net', 'ConfigMap', 'skupper-site']")


def test_what_uses_an_approval_is_counted_at_the_end(reporter: RunReporter, reported: RunResult) -> None:
    approved = change(Verb.DELETE, removal=True, counts=Counts.APPROVED, approval="/n.yml approvals[0]")
    for namespace in ("a", "b", "b"):
        reporter(ChangeStarted(replace(approved, namespace=namespace)))
    reporter.summarize(Outcome(), dry_run=False, wait=0)
    assert reported()[-1].endswith(" - approval /n.yml approvals[0]: used for 2 sites")


def test_a_change_that_failed_is_an_error(reporter: RunReporter, reported: RunResult) -> None:
    reporter(ChangeFailed(change(), "east: refused"))
    (line,) = reported()
    assert line.startswith("[ERROR] [reporting.py:failed_change:")
    assert line.endswith(" - east: refused")


def test_a_cluster_with_sites_that_cannot_be_read_is_an_error(
    reporter: RunReporter, reported: RunResult
) -> None:
    reporter(ClusterFailed("east", "east: no answer"))
    assert reported()[0].startswith("[ERROR] [reporting.py:failed_cluster:")


def test_a_cluster_without_sites_that_cannot_be_read_is_a_warning(
    reporter: RunReporter, reported: RunResult
) -> None:
    reporter(ClusterFailed("east", "east: no answer", declared=False))
    (line,) = reported()
    assert line.startswith("[WARNING] ")
    assert line.endswith(" - east: no answer; no managed resources are expected there")


def test_a_finding_is_said_once(reporter: RunReporter, reported: RunResult) -> None:
    reporter.findings([ERROR], warnings=False)
    reporter.findings([ERROR], warnings=False)
    assert len(reported()) == 1


@pytest.mark.parametrize(("dry_run", "level"), [(True, "WARNING"), (False, "ERROR")])
def test_a_missing_namespace_fails_a_run_and_no_dry_run(
    dry_run: bool, level: str, reporter: RunReporter, reported: RunResult
) -> None:
    missing = Finding(MISSING_NAMESPACE, "namespace east/net does not exist (yet)", Severity.WARNING)
    outcome = Outcome(plan=Plan(findings=(missing,)))
    assert reporter.summarize(outcome, dry_run=dry_run, wait=0) is not dry_run
    assert reported()[0].startswith(f"[{level}] ")


@pytest.mark.parametrize(("dry_run", "lines"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("rule", [AGING_SITE, LONG_APPROVAL])
def test_what_matters_in_months_is_no_matter_of_a_run(
    rule: str, dry_run: bool, lines: int, reporter: RunReporter, reported: RunResult
) -> None:
    aging = Finding(rule, "it expires in 170 days", Severity.WARNING)
    assert not reporter.summarize(Outcome(plan=Plan(findings=(aging,))), dry_run=dry_run, wait=0)
    assert len(reported()) == lines


def test_a_dry_run_says_warnings(reporter: RunReporter, reported: RunResult) -> None:
    reporter.findings([WARNING], warnings=True)
    assert reported()[0].startswith("[WARNING] ")


def test_a_run_says_no_warnings_about_data(reporter: RunReporter, reported: RunResult) -> None:
    reporter.findings([WARNING], warnings=False)
    assert reported() == []


def summarize(
    reporter: RunReporter, *states: LinkState, dry_run: bool = False, wait: float = 300, **rest
) -> bool:
    links = tuple(link("a", "b", state, "why not") for state in states)
    outcome = Outcome(plan=Plan(links=links, **rest))
    return reporter.summarize(outcome, dry_run=dry_run, wait=wait)


def test_a_run_with_every_link_up_has_not_failed_and_says_nothing(
    reporter: RunReporter, reported: RunResult
) -> None:
    assert not summarize(reporter, LinkState.UP, LinkState.STANDBY, LinkState.SKIPPED)
    assert reported() == []


def test_a_link_that_is_down_fails_the_run_and_is_named(reporter: RunReporter, reported: RunResult) -> None:
    assert summarize(reporter, LinkState.DOWN)
    assert reported()[0].endswith(" - link a/vault-net -> b/vault-net of network vault is down: why not")


@pytest.mark.parametrize(
    "state", [LinkState.WAITING, LinkState.REQUESTED, LinkState.ISSUED, LinkState.DELIVERED]
)
def test_a_link_on_its_way_fails_only_a_run_that_waited(
    state: LinkState, reporter: RunReporter, reported: RunResult
) -> None:
    assert (summarize(reporter, state), summarize(reporter, state, wait=0)) == (True, False)


@pytest.mark.parametrize(("since", "failed"), [(datetime(2026, 1, 1, tzinfo=UTC), True), (None, False)])
def test_a_link_that_no_end_reports_fails_the_run_but_not_one_that_could_not_be_read(
    since: datetime | None, failed: bool, reporter: RunReporter, reported: RunResult
) -> None:
    unknown = replace(link("a", "b", LinkState.UNKNOWN, "why not"), since=since)
    outcome = Outcome(plan=Plan(links=(unknown,)))
    assert reporter.summarize(outcome, dry_run=False, wait=300) is failed


def test_a_dry_run_does_not_fail_for_links(reporter: RunReporter, reported: RunResult) -> None:
    assert not summarize(reporter, LinkState.DOWN, dry_run=True)


def test_an_error_in_the_data_fails_a_dry_run(reporter: RunReporter, reported: RunResult) -> None:
    assert summarize(reporter, dry_run=True, findings=(ERROR,))


def test_a_run_says_which_tokens_it_has_not_replaced(reporter: RunReporter, reported: RunResult) -> None:
    left = replace(change(verb=Verb.PATCH, kind=SECRET), attended=True)
    assert not reporter.summarize(Outcome(plan=Plan(changes=(left,))), dry_run=False, wait=0)
    (line,) = reported()
    assert line.startswith("[WARNING]")
    assert "still to be replaced: 1 token at east/vault-net; among neighbouring sites one at a time" in line


def test_a_run_says_which_sites_still_wait_for_their_wave(reporter: RunReporter, reported: RunResult) -> None:
    left = replace(change(), disruption=Disruption("its router restarts"))
    assert not reporter.summarize(Outcome(plan=Plan(changes=(left,))), dry_run=False, wait=0)
    (line,) = reported()
    assert "still to be changed: east/vault-net; one site of a network at a time" in line


def test_a_failure_fails_the_run(reporter: RunReporter, reported: RunResult) -> None:
    assert reporter.summarize(Outcome(failures=["east: refused"]), dry_run=False, wait=0)


def test_a_run_that_was_stopped_says_what_is_left(reporter: RunReporter, reported: RunResult) -> None:
    outcome = Outcome(plan=Plan(changes=(change(),)), stopped=True)
    reporter.summarize(outcome, dry_run=False, wait=0, stopped_by="SIGTERM")
    assert reported()[0].endswith(
        " - stopped by SIGTERM; left for the next run: 1 change (1 on east/vault-net)"
    )


@pytest.mark.parametrize("state", [SiteState.ABSENT, SiteState.STARTING, SiteState.DOWN])
def test_a_site_that_is_not_there_fails_only_a_run_that_waited(
    state: SiteState, reporter: RunReporter, reported: RunResult
) -> None:
    lone = site("a", state, reason="why not")
    assert not summarize(reporter, wait=0, sites=(lone,))
    assert reported() == []
    assert summarize(reporter, sites=(lone,))
    assert reported()[0].endswith(f" - site a/vault-net of network vault is {state}: why not")


@pytest.mark.parametrize(("wait", "level"), [(0, "WARNING"), (300, "ERROR")])
def test_a_site_that_is_not_gone_fails_only_a_run_that_waited(
    wait: float, level: str, reporter: RunReporter, reported: RunResult
) -> None:
    leaving = site("a", SiteState.REMOVING, reason="why not")
    linked = Wait(WaitKind.LINKED, "x", "the declared link x is up")
    held = replace(change(Verb.DELETE, SECRET), removal=True, waits_for=linked)
    assert summarize(reporter, wait=wait, sites=(leaving,), changes=(held,)) is bool(wait)
    assert reported()[0].startswith(f"[{level}] ")
    assert reported()[0].endswith(
        " - site a/vault-net is not gone yet: why not; its links are deleted once the declared link x is up"
    )
