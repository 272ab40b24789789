"""The code paths of CONTRIBUTING lead through functions that exist, and through few of them."""

import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent.parent / "CONTRIBUTING.md"
MOST = 10


def code_paths() -> dict[str, list[str]]:
    """Title of each walk -> the functions on the way."""
    chapter = PAGE.read_text().partition("## Four code paths")[2].partition("\n## ")[0]
    parts = [part.partition("\n") for part in chapter.split("\n### ")[1:]]
    return {title: re.findall(r"^\d+\. `([\w.]+)`", text, re.MULTILINE) for title, _, text in parts}


def test_there_are_four() -> None:
    assert len(code_paths()) == 4


@pytest.mark.parametrize("title", code_paths())
def test_a_walk_is_short(title: str) -> None:
    assert 1 < len(code_paths()[title]) <= MOST


@pytest.mark.parametrize("title", code_paths())
def test_a_walk_comes_to_no_function_twice(title: str) -> None:
    assert len(set(code_paths()[title])) == len(code_paths()[title])


@pytest.mark.parametrize("function", sorted({step for steps in code_paths().values() for step in steps}))
def test_a_function_on_the_way_exists(function: str) -> None:
    assert callable(find(f"reconcile.{function}"))


def find(name: str) -> object:
    """Whatever has this dotted name: the longest module in it, and an attribute of that."""
    module, attributes = name, []
    while True:
        try:
            found: object = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, attribute = module.rpartition(".")
            attributes.insert(0, attribute)
    for attribute in attributes:
        found = getattr(found, attribute)
    return found
