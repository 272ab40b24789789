"""Tests by their names, found by parsing their files and not by importing them: do they exist, and where do they run?

A name is what pytest calls a test, its file relative to this folder: ``skupper/test_promises.py::TestBudget::test_x``.
"""

import ast
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
LEFT_TO_PROOF = {"exhaustive", "real_suffices", "sampled", "simulation_suffices"}
"""Marks that leave a test, or some of its cases, to `make proof`."""


class Place(StrEnum):
    """What of a test `make test` runs; `make proof` runs all of it."""

    TEST = "test"
    SAMPLE = "sample"
    """Some cases, or all of them on simulated clusters only."""
    PROOF = "proof"
    """Nothing."""


def exists(name: str) -> bool:
    """Whether there is such a test."""
    return bool(_way_to(name))


def place(name: str) -> Place:
    """Where the test runs, by its marks and its fixtures, and by the marks of the cases they are given."""
    way = _way_to(name)
    assert way, f"there is no test {name}"
    file = HERE / name.partition("::")[0]
    marks = [mark for node in way for mark in getattr(node, "decorator_list", [])]
    of_module = _definitions(file).get("pytestmark")
    if of_module:
        marks.append(of_module.value if isinstance(of_module, ast.Assign) else of_module)
    if any(_marks_all(mark, "exhaustive") for mark in marks):
        return Place.PROOF
    return Place.SAMPLE if _leaves_some([*marks, way[-1]], file, set()) else Place.TEST


def _marks_all(mark: ast.AST, name: str) -> bool:
    """Whether a decorator, or the marks of a module, put this mark on the test itself and not on some cases."""
    if isinstance(mark, ast.List):
        return any(_marks_all(each, name) for each in mark.elts)
    return _attribute(mark.func if isinstance(mark, ast.Call) else mark) == name


def _way_to(name: str) -> list[ast.AST]:
    """The definition of a test, after those of the classes around it; empty if one of them does not exist."""
    file, *steps = name.split("::")
    way: list[ast.AST] = []
    scope = _definitions(HERE / file)
    for step in steps:
        if step not in scope:
            return []
        way.append(scope[step])
        scope = _by_name(getattr(scope[step], "body", []))
    return way if way and steps[-1].startswith("test_") else []


@cache
def _definitions(file: Path) -> dict[str, ast.AST]:
    return _by_name(ast.parse(file.read_text(encoding="utf-8")).body) if file.is_file() else {}


def _by_name(statements: Iterable[ast.AST]) -> dict[str, ast.AST]:
    return {name: node for node in statements for name in _names(node)}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _leaves_some(nodes: Iterable[ast.AST], file: Path, seen: set[tuple[Path, str]]) -> bool:
    """Whether a definition, or a fixture or helper that it uses, leaves something to `make proof`."""
    inside = [inner for node in nodes for inner in ast.walk(node)]
    arguments = {inner.arg for inner in inside if isinstance(inner, ast.arg)}
    if "proof" in arguments or any(_attribute(inner) in LEFT_TO_PROOF for inner in inside):
        return True
    used = arguments | {inner.id for inner in inside if isinstance(inner, ast.Name)}
    return any(
        _leaves_some([node], where, seen)
        for name in sorted(used)
        for where, node in _defined(name, file)
        if not ((where, name) in seen or seen.add((where, name)))
    )


def _defined(name: str, file: Path) -> Iterator[tuple[Path, ast.AST]]:
    """Where a name that a module uses is defined: in itself, or as a fixture in the nearest ``conftest.py``."""
    folders = [folder for folder in file.parents if folder.is_relative_to(HERE)]
    for where in (file, *(folder / "conftest.py" for folder in folders)):
        if name in _definitions(where):
            yield where, _definitions(where)[name]
            return


def _attribute(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""
