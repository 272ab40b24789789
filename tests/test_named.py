"""What a file says of a test without being imported: whether it is there, and where it runs."""

from pathlib import Path

import pytest

from tests import named
from tests.named import Place

SOURCE = """
import pytest

LARGE = pytest.param("large", marks=pytest.mark.exhaustive("is large"))

def hard_cases():
    return [pytest.param(each, marks=pytest.mark.simulation_suffices("is hard")) for each in "xyz"]

@pytest.fixture
def sampled(proof):
    return proof

@pytest.fixture(params=hard_cases())
def hard(request):
    return request.param

def test_all(tmp_path): ...

@pytest.mark.exhaustive("takes long")
def test_long(): ...

@pytest.mark.simulation_suffices("is simple")
def test_simulated(backend): ...

@pytest.mark.parametrize("size", ["small", LARGE])
def test_small_and_large(size): ...

@pytest.mark.sampled(2, "there are many")
@pytest.mark.parametrize("number", range(9))
def test_many(number): ...

def test_with_proof(proof): ...

def test_with_a_fixture_that_samples(sampled): ...

def test_with_a_fixture_of_hard_cases(hard): ...

class TestTogether:
    def test_inside(self): ...

    def test_beside(self, proof): ...

@pytest.mark.exhaustive("takes long")
class TestLong:
    def test_inside(self): ...
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "test_it.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize(
    ("test", "place"),
    [
        ("test_all", Place.TEST),
        ("test_long", Place.PROOF),
        ("test_simulated", Place.SAMPLE),
        ("test_small_and_large", Place.SAMPLE),
        ("test_many", Place.SAMPLE),
        ("test_with_proof", Place.SAMPLE),
        ("test_with_a_fixture_that_samples", Place.SAMPLE),
        ("test_with_a_fixture_of_hard_cases", Place.SAMPLE),
        ("TestTogether::test_inside", Place.TEST),
        ("TestTogether::test_beside", Place.SAMPLE),
        ("TestLong::test_inside", Place.PROOF),
    ],
)
def test_marks_and_fixtures_say_where_a_test_runs(file: Path, test: str, place: Place) -> None:
    assert named.exists(f"{file}::{test}")
    assert named.place(f"{file}::{test}") is place


def test_the_mark_of_a_module_counts_for_all_its_tests(file: Path) -> None:
    file.write_text(f'{SOURCE}\npytestmark = [pytest.mark.exhaustive("takes long")]\n')
    assert named.place(f"{file}::test_all") is Place.PROOF


@pytest.mark.parametrize(
    "name", ["", "::test_none", "::hard_cases", "::TestTogether", "::test_all::test_inside"]
)
def test_what_is_no_test_does_not_exist(file: Path, name: str) -> None:
    assert not named.exists(f"{file}{name}")


def test_a_file_that_is_not_there_has_no_tests(tmp_path: Path) -> None:
    assert not named.exists(f"{tmp_path}/test_none.py::test_all")


def test_fixtures_are_looked_up_in_the_folders_around_a_test() -> None:
    assert named.place("faults/test_catalogue.py::test_the_next_run_finishes") is Place.SAMPLE
    assert named.place("faults/test_catalogue.py::test_every_place_has_faults") is Place.TEST
