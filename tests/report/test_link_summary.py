"""The line at the end of plans and states."""

import pytest

from reconcile.findings import Finding, Severity
from reconcile.report.lines import link_summary
from reconcile.skupper.plan import LinkState, Plan
from tests.report.plans import link

UP, DOWN, UNKNOWN = LinkState.UP, LinkState.DOWN, LinkState.UNKNOWN
STANDBY, LEFT = LinkState.STANDBY, LinkState.SKIPPED


def of(*states: LinkState, findings: tuple[Finding, ...] = ()) -> str:
    return link_summary(Plan(links=tuple(link("a", "b", state) for state in states), findings=findings))


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ([], "No links."),
        ([UP], "The one declared link is up."),
        ([DOWN], "The one declared link is not up."),
        ([UP, UP], "All 2 declared links are up."),
        ([DOWN, DOWN], "None of 2 declared links is up."),
        ([UP, UP, DOWN], "1 of 3 declared links is not up."),
        ([UP, DOWN, DOWN], "2 of 3 declared links are not up."),
        ([UP, DOWN, UNKNOWN], "2 of 3 declared links are not up, 1 of them unknown."),
        ([UNKNOWN, UNKNOWN], "None of 2 declared links is up, 2 of them unknown."),
        ([UNKNOWN], "The one declared link is not up."),
        ([LEFT], "1 link skipped."),
        ([LEFT, LEFT], "2 links skipped."),
        ([UP, LEFT, LEFT], "The one declared link is up, 2 skipped."),
    ],
)
def test_links_are_counted(states: list[LinkState], text: str) -> None:
    assert of(*states) == text


def test_a_link_on_standby_counts_as_up() -> None:
    assert of(UP, STANDBY) == "All 2 declared links are up, 1 of them on standby."


def test_standby_is_not_spoken_of_while_something_is_down() -> None:
    assert "standby" not in of(UP, STANDBY, DOWN)


def test_errors_are_counted() -> None:
    assert of(findings=(Finding("a", "b"),)) == "No links. 1 error, see above."


def test_warnings_are_no_errors() -> None:
    assert of(findings=(Finding("a", "b", Severity.WARNING),)) == "No links."
