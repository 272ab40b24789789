"""What a terminal is shown: one line, nothing that it would act upon, and nothing lost in JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from reconcile.findings import Finding
from reconcile.report import plan_json
from reconcile.report.printable import all_printable, json_printable, printable
from reconcile.skupper.plan import Plan
from tests.report.strategies import plans

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_any_text_becomes_printable(text: str) -> None:
    assert printable(text).isprintable()


def test_a_cursor_movement_is_shown_and_not_made() -> None:
    assert printable("a\x1b[2Jb\u202ec") == r"a\x1b[2Jb\u202ec"


def test_a_line_break_cannot_forge_a_line() -> None:
    assert printable("a\nb") == "a b"


@given(ANY_TEXT)
def test_json_says_the_same_in_characters_that_can_be_shown(text: str) -> None:
    written = json_printable(json.dumps([text], ensure_ascii=False))
    assert written.isprintable()
    assert json.loads(written) == [text]


@given(plans)
def test_a_plan_stays_a_plan_of_the_same_length(plan: Plan) -> None:
    found = all_printable(plan)
    assert [len(part) for part in (found.changes, found.links, found.sites, found.findings)] == [
        len(part) for part in (plan.changes, plan.links, plan.sites, plan.findings)
    ]


def test_a_finding_in_json_keeps_every_character() -> None:
    plan = Plan(findings=(Finding("rule", "a\x9b\ud800"),))
    assert json.loads(plan_json.plan(plan))["findings"][0]["message"] == "a\x9b\ud800"
