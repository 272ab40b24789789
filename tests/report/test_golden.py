"""Every report of every plan made by hand, compared with what was reviewed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reconcile.report import diagnosis, findings, lines, plan_json, plan_text, status_text
from tests.golden import assert_golden
from tests.report.diagnoses import results
from tests.report.plans import (
    CONVERGED,
    DRIFTED,
    EVERY,
    FINDINGS,
    FRESH,
    MOVES,
    NOW,
    OVER_BUDGET,
    REMOVALS,
    STATES,
)

GOLDEN = Path(__file__).parent / "golden"

REPORTS: dict[str, Callable[[], str]] = {
    **{f"{name}.plan.txt": lambda plan=plan: plan_text.text(plan) for name, plan in EVERY.items()},
    **{f"{name}.status.txt": lambda plan=plan: status_text.text(plan, NOW) for name, plan in EVERY.items()},
    "titled.plan.txt": lambda: plan_text.text(CONVERGED, title="bundle 0f5e"),
    "verbose.plan.txt": lambda: plan_text.text(FRESH, verbose=True),
    "overview.txt": lambda: "\n".join(
        line for plan in (FRESH, DRIFTED, MOVES, OVER_BUDGET) for line in plan_text.overview(plan)
    ),
    "moves.plan.json": lambda: plan_json.plan(MOVES),
    "over-budget.plan.json": lambda: plan_json.plan(OVER_BUDGET),
    "diagnosis.txt": lambda: diagnosis.as_text(results()),
    "diagnosis.json": lambda: diagnosis.as_json(
        [result for result in results() if result.outcome == "fail"], bundle="0f5e"
    ),
    "coloured.plan.txt": lambda: plan_text.text(DRIFTED, colour=True),
    "coloured.status.txt": lambda: status_text.text(STATES, NOW, colour=True),
    "narrow.status.txt": lambda: status_text.text(STATES, NOW, width=80),
    "fresh.plan.json": lambda: plan_json.plan(FRESH, bundle="0f5e"),
    "drifted.plan.json": lambda: plan_json.plan(DRIFTED),
    "removals.plan.json": lambda: plan_json.plan(REMOVALS),
    "states.status.json": lambda: plan_json.status(STATES, bundle="0f5e", failures=["south: no answer"]),
    "findings.txt": lambda: "\n".join(findings.line(finding) for finding in FINDINGS),
    "actions.txt": lambda: "\n".join(
        lines.action(change) for plan in (FRESH, DRIFTED, REMOVALS) for change in plan.changes
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_report_is_as_it_was_reviewed(name: str) -> None:
    assert_golden(REPORTS[name](), GOLDEN / name)


def test_no_golden_file_is_left_over() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == REPORTS.keys()
