"""``docs/checks`` has one page for each check of ``diagnose``, of one shape, and an index in the order of the table."""

import re
from pathlib import Path

import pytest

from reconcile.engines import ENGINES
from tests.docs.pages import CHECKS, ROOT, Page

FOLDER = ROOT / "docs" / "checks"
TABLES = [engine.diagnostics.checks for engine in ENGINES]
KINDS = {
    check.name: kind
    for table in TABLES
    for kind, checks in (("cluster", table.clusters), ("site", table.sites), ("link", table.links))
    for check in checks
}
TITLES = {check.name: check.title for table in TABLES for check in table}
SECTIONS = ["What it looks at", "If it does not pass"]


def page_of(name: str) -> Page:
    return Page(FOLDER / f"{name}.md")


def test_every_check_has_a_page_and_every_page_a_check() -> None:
    assert {page.path.stem for page in CHECKS} == {*TITLES, "README"}


def test_every_check_has_a_name_of_its_own() -> None:
    for table in TABLES:
        names = [check.name for check in table]
        assert len(names) == len(set(names))


def test_what_a_check_comes_after_is_made_before_it() -> None:
    for table in TABLES:
        made: set[str] = set()
        for check in table:
            assert set(check.after) <= made, check.name
            made.add(check.name)


@pytest.mark.parametrize("name", TITLES)
def test_a_page_has_the_title_what_is_looked_at_what_to_do_and_a_command(name: str) -> None:
    text = page_of(name).text
    heading, title, *_ = text.split("\n\n")
    assert (heading, title.lower()) == (f"# {name}", f"{TITLES[name]}.".lower())
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert parts[::2] == SECTIONS
    assert all(part.strip() for part in parts[1::2])
    assert re.search(r"^```\n\S.*\n```$", text, flags=re.MULTILINE)


def test_the_index_lists_all_checks_in_the_order_in_which_they_are_made() -> None:
    rows = re.findall(
        r"^\| \[([a-z-]+)\]\((.+?)\) \| (\w+) \| (.+) \|$", page_of("README").text, re.MULTILINE
    )
    assert rows == [(name, f"{name}.md", KINDS[name], title) for name, title in TITLES.items()]


def test_results_name_a_page_that_exists() -> None:
    assert all(Path(ROOT / check.page).is_file() for table in TABLES for check in table)
