"""What the reviewed text of a diagnosis (``test_golden``) does not show."""

from reconcile.report import diagnosis
from tests.report.diagnoses import results


def test_verbose_text_has_every_result_and_marks_in_colour() -> None:
    shown = diagnosis.as_text(results(), colour=True, verbose=True)
    assert all(f" {result.check}: {result.title}\n" in shown for result in results())
    assert "\x1b[33m‼\x1b[0m router-running" in shown
    assert "\x1b[2J" not in shown


def test_nothing_to_check_is_said() -> None:
    assert diagnosis.as_text(()).strip() == "nothing to check"
