"""The table of faults: as the catalogue and the golden files say, nothing missing, nothing left over."""

from tests.faults import table
from tests.faults.catalogue import FAULTS


def test_the_file_is_what_the_catalogue_and_the_golden_files_say() -> None:
    written = table.FILE.read_text(encoding="utf-8")
    assert written == table.text(), "docs/faults.md is out of date: run `make docs`"


def test_every_golden_file_belongs_to_a_fault() -> None:
    assert {file.stem for file in table.GOLDEN.iterdir()} == {fault.name for fault in FAULTS}
