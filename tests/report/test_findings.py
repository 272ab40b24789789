"""Findings as lines that editors can jump to."""

import pytest
from hypothesis import given

from reconcile.findings import Finding, Severity
from reconcile.report.findings import line, shown
from reconcile.report.printable import printable
from tests.report.strategies import findings

FINDING = Finding("enum", "'Edge' is unknown.", datafile="/ns/a.yml", pointer=("sites", 0, "mode"))


def test_a_located_finding_begins_with_file_and_line() -> None:
    assert line(FINDING, lambda _: ("data/ns/a.yml", 7)).startswith("data/ns/a.yml:7: error: ")


def test_a_finding_in_a_bundle_made_elsewhere_has_no_line_number() -> None:
    assert line(FINDING, lambda _: ("/ns/a.yml", 0)).startswith("/ns/a.yml: error: ")


def test_without_a_way_to_locate_it_a_finding_names_its_datafile() -> None:
    assert line(FINDING).startswith("/ns/a.yml: error: ")


def test_a_finding_ends_with_its_path_in_the_document() -> None:
    assert line(FINDING).endswith(" at sites[0].mode")


def test_a_finding_about_a_whole_file_names_no_path_in_it() -> None:
    assert (
        line(Finding("empty-file", "it is empty", datafile="/a.yml"))
        == "/a.yml: error: it is empty [empty-file]"
    )


def test_a_finding_about_a_cluster_begins_with_its_severity() -> None:
    found = Finding("single-site", "one site only", Severity.WARNING)
    assert line(found) == "warning: one site only [single-site]"


def test_findings_without_a_datafile_are_not_looked_up() -> None:
    assert line(Finding("a", "b"), lambda _: ("/nowhere", 1)) == "error: b [a]"


@pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\u202e", "\u2028", "\x85", "\ud800"])
def test_names_and_keys_stay_on_one_line_and_show_what_they_hold(character: str) -> None:
    name = f"a{character}error: b"
    found = Finding("a", "b", datafile=f"/{name}.yml", pointer=(name,))
    escape = character.encode("unicode_escape").decode()
    assert line(found) == f"/a{escape}error: b.yml: error: b [a] at a{escape}error: b"


def test_of_many_findings_the_errors_are_shown_first_and_in_order() -> None:
    warnings = [Finding("w", str(n), Severity.WARNING) for n in range(3)]
    errors = [Finding("e", str(n)) for n in range(2)]
    found = [warnings[0], errors[0], warnings[1], errors[1], warnings[2]]
    assert shown(found, 3) == [warnings[0], errors[0], errors[1]]
    assert shown(found, 2) == errors
    assert shown(found, None) == shown(found, 5) == found


@given(findings)
def test_any_finding_shows_its_message_and_rule(finding: Finding) -> None:
    assert f"{printable(finding.message)} [{finding.rule}]" in line(finding)
