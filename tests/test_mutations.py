"""Mutations can be made, name tests that exist, and are judged by what these say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import named
from tests.mutations.__main__ import copy, faults, made
from tests.mutations.table import MUTATIONS, Mutation

EACH = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.title)


@EACH
def test_what_is_changed_is_there_once(mutation: Mutation) -> None:
    assert mutation.mutated()


@EACH
def test_the_tests_that_have_to_fail_exist(mutation: Mutation) -> None:
    assert mutation.tests
    assert [name for name in mutation.tests if not named.exists(name)] == []


@EACH
def test_the_tests_that_have_to_fail_are_run_by_make_test(mutation: Mutation) -> None:
    assert {named.place(name) for name in mutation.tests} <= {named.Place.TEST, named.Place.SAMPLE}


ONE = "report/test_wording.py::test_a_noun_is_plural_unless_there_is_one"
OTHER = "report/test_wording.py::test_a_noun_in_y_ends_in_ies"
NO_ONE = Mutation("one is plural", "reconcile/report/wording.py", "number == 1", "number == -1", (ONE,))


RUN = pytest.mark.exhaustive("runs pytest on a copy of the project, for what only make proof runs")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with copy() as made:
        yield made


@RUN
def test_a_mutation_that_its_tests_notice_has_no_fault(folder: Path) -> None:
    assert list(faults(NO_ONE, folder)) == []


@RUN
def test_each_test_that_a_mutation_survives_is_reported(folder: Path) -> None:
    assert list(faults(replace(NO_ONE, tests=(OTHER, ONE)), folder)) == [f"it survives {OTHER}"]


@RUN
def test_a_mutation_that_keeps_tests_from_running_is_not_taken_for_one_that_they_notice(folder: Path) -> None:
    assert list(faults(replace(NO_ONE, new="number =="), folder)) == [f"pytest ends with 4 on {ONE}"]


@pytest.mark.parametrize("old", ["number == 2", "number"])
def test_a_mutation_of_what_is_not_there_once_is_reported(old: str, folder: Path) -> None:
    (fault,) = faults(replace(NO_ONE, old=old), folder)
    assert fault.endswith(f" times, not once: {old}")


def test_a_mutation_is_made_and_taken_back(folder: Path) -> None:
    mutated = folder / NO_ONE.file
    before = mutated.read_text()
    with made(NO_ONE, folder):
        assert mutated.read_text() == NO_ONE.mutated() != before
    assert mutated.read_text() == before
