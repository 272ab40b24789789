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


PURE, SIMULATED, REAL = "tests/test_a.py", "tests/test_b.py simulated", "tests/test_c.py real"
WAITING = [PURE, SIMULATED, REAL]


def test_tests_on_real_servers_are_begun_first() -> None:
    assert scheduling.next_group(WAITING, [set(), {SIMULATED}, {PURE}], 4) == REAL


def test_no_more_processes_than_there_are_servers_for_are_at_real_ones() -> None:
    others: list[set[str]] = [{REAL}] * scheduling.AT_ONCE + [set()] * 2
    assert scheduling.next_group(WAITING[1:], others, len(others) + 1) == SIMULATED


def test_one_process_leaves_clusters_to_the_others() -> None:
    assert scheduling.next_group(WAITING, [{SIMULATED}, {REAL}], 3) == PURE


def test_what_is_left_is_done_by_all_processes() -> None:
    assert scheduling.next_group([SIMULATED], [{SIMULATED}, {SIMULATED}], 3) == SIMULATED


def test_a_single_process_does_everything() -> None:
    assert {scheduling.next_group([group], [], 1) for group in WAITING} == set(WAITING)
