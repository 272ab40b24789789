"""What is different on a terminal: colours, widths, a progress bar; and nowhere else."""

import re
import sys

import pytest

from reconcile.sandbox.embedded import Sandbox
from tests.cli.calling import call
from tests.cli.conftest import Fleet
from tests.cli.data import LINKS
from tests.cli.processes import on_terminal, program

pytestmark = pytest.mark.simulation_suffices("what a terminal shows does not depend on the server")

COLOURS = re.compile(r"\033\[\d*m")


def colour(**more: str) -> str:
    """Whether colours are used on a terminal in these surroundings."""
    code = "from reconcile.cli import terminal; print(terminal.colour())"
    return on_terminal(sys.executable, "-c", code, more=more)[1].strip()


def test_a_terminal_gets_colours() -> None:
    assert colour() == "True"


def test_no_color_takes_colours_off_a_terminal() -> None:
    assert colour(NO_COLOR="1") == "False"


def test_an_empty_no_color_means_nothing() -> None:
    assert colour(NO_COLOR="") == "True"


def test_a_terminal_without_abilities_gets_no_colours() -> None:
    assert colour(TERM="dumb") == "False"


def test_a_plan_on_a_terminal_is_coloured(untouched: Fleet) -> None:
    assert "\033[32m+" in on_terminal(str(program()), "plan", config=untouched.config)[1]


def test_a_status_on_a_narrow_terminal_is_coloured_and_fits(linked: Fleet) -> None:
    _, shown = on_terminal(str(program()), "status", config=linked.config, columns=85)
    assert "\033[32m✓" in shown
    assert max(len(COLOURS.sub("", line)) for line in shown.splitlines()) <= 85


@pytest.mark.parametrize("name", ["plan", "status"])
def test_what_is_no_terminal_gets_no_colours(name: str, untouched: Fleet) -> None:
    assert not COLOURS.search(untouched.ask(name).output)


def test_what_is_no_terminal_gets_one_line_a_link(linked: Fleet) -> None:
    shown = call("status", config=linked.config, COLUMNS="60").stdout
    assert sum(" → " in line for line in shown.splitlines()) == LINKS


def test_a_run_on_a_terminal_shows_its_progress_with_whole_log_lines_above(sandbox: Sandbox) -> None:
    code, shown = on_terminal(str(program()), "run", "--wait", "45s", config=sandbox.config, columns=60)
    lines = re.findall(
        r"\[INFO\] \[reporting\.py:(?:change:\d+\] - \['[^\r\n]*'\]|conclude:\d+\] - [^\r\n]* s)(?=\r)", shown
    )
    assert code == 0, COLOURS.sub("", shown)[-3000:]
    assert "links up" in shown
    assert len(lines) == shown.count("[INFO]") > 20
