"""What CONTRIBUTING names exists: files, modules, functions, layers in their order."""

import re
import tomllib
from importlib import import_module

import pytest

from tests.docs.pages import CONTRIBUTING, ROOT

FILES = sorted(
    {
        word
        for word in CONTRIBUTING.words
        if re.match(r"(reconcile|codegen|tests|schemas|fixtures|docs)/", word)
    }
)
NAMES = sorted({word for word in CONTRIBUTING.words if re.fullmatch(r"reconcile(\.\w+)+", word)})


@pytest.mark.parametrize("name", FILES)
def test_every_file_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_module_and_function_exists(name: str) -> None:
    steps = name.split(".")
    found = import_module(steps[0])
    for depth, step in enumerate(steps[1:], start=2):
        found = getattr(found, step, None) or import_module(".".join(steps[:depth]))


def test_the_layers_are_in_the_order_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    expected = [name.strip() for layer in layers for name in layer.split("|")]
    reported = re.findall(
        r"`reconcile/(\w+)(?:\.py)?`", "".join(row[0] for row in CONTRIBUTING.rows("Architecture"))
    )
    assert [f"reconcile.{name}" for name in reported] == expected


def test_the_page_has_something_to_check() -> None:
    assert len(FILES) > 20
    assert len(NAMES) > 20
