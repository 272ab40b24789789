"""Tests use the program's reconciler: none puts planner and clusters together on its own.

A copy of the wiring in the tests proves the copy. What tests the planner or the cluster work by itself is named here.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PROGRAM = TESTS.parent / "reconcile"
ALONE = ("skupper/", "fuzz/", "apply/", "bench/plans.py")
"""Tests of the planner without clusters, and of the cluster work without the planner."""
PARTS = {
    "reconcile.apply.fleet.Fleet",
    "reconcile.apply.fleet.Target",
    "reconcile.skupper.planning.plan",
}


def imported(tree: ast.AST) -> dict[str, str]:
    """Every imported name of a module -> what it stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
    return names


def parts_used(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of every part that a module uses, by whatever name it was imported."""
    tree = ast.parse(source)
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            first, dot, rest = ast.unparse(node).partition(".")
            meant = names.get(first, first) + dot + rest
            if meant in PARTS:
                yield node.lineno, meant


def test_no_test_puts_planner_and_clusters_together_on_its_own() -> None:
    used = [
        f"tests/{path.relative_to(TESTS)}:{line} uses {name}; use reconcile.reconciler.Reconciler"
        for path in sorted(TESTS.rglob("*.py"))
        if not str(path.relative_to(TESTS)).startswith(ALONE)
        for line, name in parts_used(path.read_text())
    ]
    assert used == []


def test_the_program_puts_them_together_in_one_place() -> None:
    planning = {
        str(path.relative_to(PROGRAM))
        for path in PROGRAM.rglob("*.py")
        if any(name == "reconcile.skupper.planning.plan" for _, name in parts_used(path.read_text()))
    }
    assert planning == {"reconciler.py"}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (
            "from reconcile.skupper import planning\nplanning.plan(w, ENGINES)",
            "reconcile.skupper.planning.plan",
        ),
        (
            "from reconcile.skupper.planning import plan as p\np(w, ENGINES)",
            "reconcile.skupper.planning.plan",
        ),
        ("import reconcile.skupper.planning as p\nmake = p.plan", "reconcile.skupper.planning.plan"),
        ("import reconcile.apply.fleet\nreconcile.apply.fleet.Target()", "reconcile.apply.fleet.Target"),
        ("from reconcile.apply import fleet\nfleet.Fleet([])", "reconcile.apply.fleet.Fleet"),
    ],
)
def test_a_part_is_found_by_whatever_name_it_was_imported(source: str, name: str) -> None:
    assert list(parts_used(source)) == [(2, name)]
