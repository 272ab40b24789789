"""One row of the table becomes one key everywhere."""

import re
from dataclasses import replace
from functools import cache

import pytest

from codegen.files import ROOT, generate, stale
from reconcile.skupper.config_keys import ConfigKey, ValueType
from reconcile.skupper.v1.keys import TABLE, Effect

NEW = ConfigKey(
    name="routerDanceStyle",
    type=ValueType({"type": "string", "enum": ("waltz", "tango")}, "danceStyle"),
    description="Ways to dance.",
    target="router-dance-style",
    effect=Effect.ROLLOUT,
    default="`waltz`",
    since="1.7",
    confidential=True,
)
ADDED = {
    "schemas/schemas/dependencies/skupper-config-1.yml": [
        "  routerDanceStyle:",
        '    "$ref": "#/definitions/danceStyle"',
        "    description: |",
        "      Ways to dance. Default: `waltz`.",
        "  danceStyle:",
        "    type: string",
        "    enum:",
        "    - waltz",
        "    - tango",
    ],
    "schemas/graphql-schemas/schema.yml": ["  - { name: routerDanceStyle, type: string }"],
    "reconcile/app_interface/queries/skupper.gql": ["  routerDanceStyle"],
    "reconcile/app_interface/answers/site_config.py": [
        "    router_dance_style: str | None = Field(repr=False)"
    ],
    "docs/data.md": [
        "### Dances",
        "| `routerDanceStyle` | `waltz`, `tango` | `waltz` | 1.7 | `router-dance-style` | rollout | Ways to dance. |",
    ],
}


@cache
def generated() -> dict[str, str]:
    table = replace(TABLE, sections={**TABLE.sections, "Dances": (NEW,)})
    return {str(file.relative_to(ROOT)): text for file, text in generate(table).items()}


def test_every_generated_file_is_current() -> None:
    assert list(stale(TABLE)) == []


def test_a_file_that_is_not_current_is_named_with_the_command_that_makes_it_so() -> None:
    table = replace(TABLE, sections={"Dances": (NEW,)})
    assert list(stale(table)) == [f"{file} is out of date: run `make generate`" for file in ADDED]


def test_nothing_else_is_generated() -> None:
    assert generated().keys() == ADDED.keys()


@pytest.mark.parametrize("file", ADDED)
def test_a_new_row_is_in_every_generated_file(file: str) -> None:
    lines = generated()[file].splitlines()
    assert [line for line in ADDED[file] if line not in lines] == []


@pytest.mark.parametrize("file", ADDED)
def test_a_new_row_changes_nothing_else(file: str) -> None:
    before = (ROOT / file).read_text(encoding="utf-8").splitlines()
    lost = [line for line in before if line not in generated()[file].splitlines()]
    assert lost == []


@pytest.mark.parametrize("file", ADDED)
def test_every_generated_file_says_so(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(
        r"generated\b.* by `make generate` from .*reconcile/skupper/v1/keys\.py", text, re.IGNORECASE
    )
