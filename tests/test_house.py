"""The shape of the program: nothing imports in a circle, no room holds too much, few modules are long."""

from collections import Counter
from pathlib import Path
from statistics import median

import grimp
import networkx
import pytest

PROGRAM = Path(__file__).parent.parent / "reconcile"
LARGEST_SHARE = 0.35
ENGINES = {("skupper", "v1")}
"""Rooms inside of another one: the domain must not grow with each version of Skupper."""
LONGEST = 400
"""Lines of a module; more needs a reason, which stands beside its name here."""
LONGER: dict[str, str] = {}


@pytest.fixture(scope="module")
def lines() -> dict[Path, int]:
    """Every module -> its lines."""
    modules = PROGRAM.rglob("*.py")
    return {path.relative_to(PROGRAM): len(path.read_text().splitlines()) for path in modules}


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("reconcile")
    imports = networkx.DiGraph(
        (module, imported)
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    )
    circles = [
        sorted(circle) for circle in networkx.strongly_connected_components(imports) if len(circle) > 1
    ]
    assert circles == []


def test_no_room_holds_more_than_its_share_of_the_lines(lines: dict[Path, int]) -> None:
    rooms = Counter[str]()
    for path, length in lines.items():
        room = path.parts[:2] if path.parts[:2] in ENGINES else path.parts[:1]
        rooms["/".join(room)] += length
    assert {room for room, length in rooms.items() if length > LARGEST_SHARE * rooms.total()} == set()


def test_a_long_module_has_a_reason(lines: dict[Path, int]) -> None:
    assert {str(path) for path, length in lines.items() if length > LONGEST} == set(LONGER)


def test_half_of_the_modules_are_short(lines: dict[Path, int]) -> None:
    assert median(lines.values()) < 150
