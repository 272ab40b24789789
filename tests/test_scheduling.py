"""What shares a costly fixture is given to one process."""

import re

from tests import scheduling
from tests.docs.pages import ROOT


def test_files_that_use_the_sandboxes_of_commands_stay_together() -> None:
    files = (ROOT / "tests" / "cli").glob("test_*.py")
    using = {file.stem for file in files if re.search(r"\b(linked|untouched): Fleet", file.read_text())}
    assert using == {f"test_{name}" for name in scheduling.ON_SANDBOXES}


def test_tests_of_one_file_stay_together_on_each_back_end() -> None:
    group = scheduling.group_of("tests/end_to_end/test_waves.py::test_a[simulated-x]")
    assert group == scheduling.group_of("tests/end_to_end/test_waves.py::test_b[simulated]")
    assert group != scheduling.group_of("tests/end_to_end/test_waves.py::test_a[real-x]")


def test_faults_on_real_servers_are_shared_out() -> None:
    one, other = (f"tests/faults/test_catalogue.py::test_a[real-{fault}]" for fault in ("full disk", "reset"))
    assert scheduling.group_of(one) != scheduling.group_of(other)
