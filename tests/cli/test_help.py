"""What a newcomer asks first, and what it costs."""

import pkgutil
from importlib.metadata import version

import pytest

import reconcile.cli
from reconcile.cli import COMMANDS
from tests.cli.calling import call
from tests.cli.processes import python

HEAVY = {
    "kubernetes",
    "gql",
    "graphql",
    "aiohttp",
    "pydantic",
    "yaml",
    "requests",
    "cryptography",
    "rich",
    "hvac",
}


def loaded_after(code: str, names: set[str]) -> set[str]:
    """Which of these modules a fresh interpreter has loaded after running the code."""
    program = f"import contextlib, sys\nwith contextlib.redirect_stdout(sys.stderr):\n    {code}\nprint(*sys.modules)"
    return names & set(python(program).split())


def test_the_version_is_that_of_the_package() -> None:
    assert version("qontract-skupper") in call("--version").output


def test_every_command_is_in_the_help() -> None:
    shown = call("--help").output
    assert all(f"  {name} " in shown and text.split(",")[0] in shown for name, text in COMMANDS.items())


def test_every_command_has_a_module_of_its_name() -> None:
    assert COMMANDS.keys() <= {found.name for found in pkgutil.iter_modules(reconcile.cli.__path__)}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_shows_examples_of_it(name: str) -> None:
    examples = call(name, "--help").output.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert examples
    assert all(f"qontract-skupper {name}" in example for example in examples)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_the_help_of_a_command_says_its_exit_codes(name: str) -> None:
    shown = call(*name.split(), "--help").output
    codes = shown.partition("Exit codes:\n")[2]
    assert [line.split()[0] for line in codes.splitlines()][:3] == ["0", "1", "2"]


@pytest.mark.parametrize("name", COMMANDS)
def test_short_and_long_help_are_the_same(name: str) -> None:
    assert call(name, "-h").output == call(name, "--help").output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_explained(name: str) -> None:
    from click import Context, Option

    command = reconcile.cli.main.get_command(
        Context(reconcile.cli.main, **reconcile.cli.main.context_settings), name
    )
    assert command
    assert all(option.help for option in command.params if isinstance(option, Option))


def test_an_unknown_command_is_a_wrong_command_line() -> None:
    result = call("frobnicate")
    assert (result.exit_code, "No such command 'frobnicate'" in result.stderr) == (2, True)


def test_a_misspelt_command_gets_a_suggestion() -> None:
    assert "Did you mean 'status'?" in call("stauts").stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_a_wrong_command_line(name: str) -> None:
    result = call(name, "--frobnicate")
    assert (result.exit_code, "No such option '--frobnicate'" in result.stderr) == (2, True)


def test_a_misspelt_option_gets_a_suggestion() -> None:
    reported = call("run", "--log-levle", "INFO").stderr
    assert "Did you mean" in reported
    assert "'--log-level'" in reported


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_loads_no_heavy_module(name: str) -> None:
    words = [*name.split(), "--help"]
    code = f"import reconcile.cli; reconcile.cli.main({words}, standalone_mode=False)"
    assert loaded_after(code, HEAVY) == set()


def test_planning_loads_no_library_that_reads_or_writes() -> None:
    denied = HEAVY - {"cryptography"} | {"click", "urllib3"}
    assert loaded_after("import reconcile.skupper.planning", denied) == set()
