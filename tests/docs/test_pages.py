"""What the pages name exists: links, targets of make, commands, options, variables, keys, codes."""

import re
import shlex
from importlib import import_module

import click
import pytest
import yaml
from pydantic import BaseModel

from reconcile.app_interface import config_tables
from reconcile.cli import COMMANDS, main
from reconcile.cli.exits import SESSION
from tests.bundle.sources import edited
from tests.docs import pages
from tests.docs.pages import CONTRIBUTING, INDEX, MANUAL, PAGES, README, ROOT, Page

OF_CLICK = {"--help"}
"""Options that click adds to every command."""
OF_KUBECTL = {"--context", "--server-side", "--watch"}
OF_TOOLS = {"--ignore-not-found", "--max-time", "--previous", "--sort-by", "--tail"}
"""Of oc and curl, in the pages about checks."""
OF_PIP = {"--upgrade-package", "--find-links", "--force-reinstall", "--no-deps", "--wheel-dir", "--yes"}
OF_THE_TESTS = {"--proof", "--seed"}
"""Options in the pages that ``tests/conftest.py`` gives to pytest."""


def commands() -> dict[str, click.Command]:
    return {name: import_module(f"reconcile.cli.{name}").command for name in COMMANDS}


def options() -> set[str]:
    every = (parameter for command in commands().values() for parameter in command.params)
    return {
        name for parameter in every for name in (*parameter.opts, *parameter.secondary_opts) if name[0] == "-"
    }


def variables() -> set[str]:
    every = (parameter for command in commands().values() for parameter in command.params)
    return {str(parameter.envvar) for parameter in every if parameter.envvar}


def name_of(page: Page) -> str:
    return str(page.path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Page) -> None:
    for target in page.links:
        path, _, anchor = target.partition("#")
        file = page.path.parent / path if path else page.path
        assert file.exists(), f"{target} does not exist"
        assert not anchor or anchor in Page(file).anchors, f"{target}: no such heading"


@pytest.mark.parametrize("page", [README, CONTRIBUTING, pages.DEMO], ids=name_of)
def test_every_target_of_make_exists(page: Page) -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.text, flags=re.MULTILINE))
    assert named
    assert named <= made


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_option_exists(page: Page) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page.text))
    assert named <= options() | OF_CLICK | OF_KUBECTL | OF_TOOLS | OF_PIP | OF_THE_TESTS


def test_the_readme_has_at_most_2000_words() -> None:
    assert len(README.text.split()) <= 2000


@pytest.mark.parametrize("page", MANUAL, ids=name_of)
def test_every_page_of_the_manual_is_linked_from_the_readme_or_the_index(page: Page) -> None:
    assert page.path in README.linked_files | INDEX.linked_files


def test_the_manual_has_every_option() -> None:
    named = {word for text in pages.COMMANDS.words for word in text.split()}
    assert options() <= named


def test_the_manual_has_every_command() -> None:
    named = {re.split(r"[` ]", row[0])[1] for row in pages.COMMANDS.rows("Commands")[1:]}
    assert named == COMMANDS.keys()


def test_the_manual_gives_the_defaults_of_the_options() -> None:
    reported = {}
    for row in pages.COMMANDS.rows("Options of run, plan and status"):
        names = re.findall(r"`(--[a-z-]+)", row[0])
        reported |= dict.fromkeys(names, row[1].strip("`").split("`")[0].rstrip(","))
    run = {parameter.name: parameter.default for parameter in commands()["run"].params}
    assert reported["--wait"] == run["wait"]
    assert reported["--log-level"] == run["log_level"]
    assert reported["--max-removals"] == str(run["max_removals"])
    assert reported["--thread-pool-size"] == str(run["thread_pool_size"])


@pytest.mark.parametrize("line", sorted({line for page in PAGES for line in page.commands}))
def test_every_command_line_can_be_parsed(line: str) -> None:
    name, *words = shlex.split(line)
    command = commands()[name]
    parent = click.Context(main, **main.context_settings)
    parser = command.make_parser(click.Context(command, parent=parent, info_name=name))
    parser.parse_args(words)


def test_every_environment_variable_is_read() -> None:
    named = {
        word
        for row in pages.COMMANDS.rows("Environment variables")
        for word in re.findall(r"`([A-Z][A-Z_]{5,})`", row[0])
    }
    sources = "".join(file.read_text() for file in (ROOT / "reconcile").rglob("*.py"))
    assert variables() <= named
    assert [name for name in named if name not in sources] == []


def test_every_key_of_the_configuration_file_is_reported_and_no_other() -> None:
    tables: dict[str, type[BaseModel]] = {
        "graphql": config_tables.Graphql,
        "vault": config_tables.Vault,
        "skupper": config_tables.Skupper,
        "kubernetes": config_tables.Kubernetes,
    }
    reported = set()
    for row in pages.CONFIGURATION.rows("Keys"):
        table, *keys = re.findall(r"`([^`]+)`", row[0]) or [""]
        reported |= {(table.strip("[]"), key) for key in keys if table.startswith("[")}
    assert reported == {(name, key) for name, table in tables.items() for key in table.model_fields}


def test_every_exit_code_is_reported() -> None:
    reported = {code for row in pages.COMMANDS.rows("Exit codes")[1:] for code in row[0].split(", ")}
    assert reported == {"0", "1", "2", *map(str, SESSION)}


def test_the_network_of_the_manual_is_good_data(tmp_path) -> None:
    (example,) = (
        block for block in pages.NETWORKS.blocks("yaml") if "/dependencies/skupper-1.yml\n" in block
    )
    vault = "dependencies/skupper/vault.yml"
    old = (ROOT / "fixtures" / "app-interface" / "data" / vault).read_text()
    bundle = edited(tmp_path, (vault, old, example))
    from reconcile.app_interface.bundle import checking

    assert checking.check(bundle) == checking.check(edited(tmp_path / "unchanged"))


def test_the_site_of_the_manual_has_only_keys_of_the_schema() -> None:
    (example,) = (block for block in pages.NETWORKS.blocks("yaml") if "namespace-1.yml" in block)
    schema = yaml.safe_load((ROOT / "schemas/schemas/openshift/namespace-1.yml").read_text())
    assert yaml.safe_load(example)["skupper"].keys() == schema["properties"]["skupper"]["properties"].keys()
