"""Every command of the README and of the page about the sandbox does what the page says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import named
from tests.cli.processes import program
from tests.docs.pages import README, ROOT, SANDBOX, Page
from tests.docs.walk import ELSEWHERE, Done, Step, split, steps, walk

RUN_HERE = [step for step in steps(README) if step.name not in ELSEWHERE]
EACH = pytest.mark.parametrize("place", range(len(RUN_HERE)), ids=lambda place: RUN_HERE[place].name)
OF_THE_SANDBOX = steps(SANDBOX)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Step, Done]]:
    """The walk of the README, from an empty home directory to the end of the page, gone once.

    Its sandbox is the program that the page's ``PATH`` leads to.
    """
    return walk(README, tmp_path_factory.mktemp("home"), ROOT, ELSEWHERE.keys(), program())


def as_on_any_day(text: str) -> str:
    """Output without what differs each time: hashes, ages, and the widths of columns that follow from these."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "<hash>", text)
    text = re.sub(r"\b\d+s\b", "<age>", text)
    return re.sub(r" +", " ", text)


@EACH
def test_each_command_of_the_readme_ends_with_the_exit_code_that_it_says(
    place: int, walked: list[tuple[Step, Done]]
) -> None:
    step, done = walked[place]
    assert step == RUN_HERE[place]
    assert done.code == step.code, done.output


@pytest.mark.parametrize(
    "place",
    [place for place, step in enumerate(RUN_HERE) if step.shown is not None],
    ids=lambda place: RUN_HERE[place].name,
)
def test_the_output_in_the_readme_is_what_the_command_prints(
    place: int, walked: list[tuple[Step, Done]]
) -> None:
    step, done = walked[place]
    assert as_on_any_day(done.output) == as_on_any_day(step.shown or ""), "run `make docs`"


def test_the_walk_of_the_readme_ends_with_a_link_that_is_up(walked: list[tuple[Step, Done]]) -> None:
    (status,) = (done for step, done in walked if step.command == "qontract-skupper status" and step.shown)
    assert re.search(r"✓ .* → .* up ", status.output)


def test_a_run_after_the_walk_only_sums_up(walked: list[tuple[Step, Done]]) -> None:
    _, again = (done for step, done in walked if step.command == "qontract-skupper run")
    (line,) = again.output.splitlines()
    assert " 0 writes, " in line


def dry_run_of(command: str) -> str:
    """What make would do."""
    make, target = command.split()
    # Without the flags of a make that runs these tests, which would announce each directory.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        [make, "--dry-run", target],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def test_make_demo_is_the_demo() -> None:
    assert dry_run_of("make demo").splitlines()[-1].split()[1:] == ["-m", "reconcile.sandbox.demo"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_make_accepts_each_command_that_is_not_run_here(name: str) -> None:
    dry_run_of(name)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_command_that_is_not_run_here_is_in_the_readme_and_has_a_test(name: str) -> None:
    assert name in [step.name for step in steps(README)]
    assert named.exists(ELSEWHERE[name])


@pytest.mark.parametrize("page", [README, SANDBOX], ids=lambda page: page.path.stem)
def test_no_command_hides_in_a_block_that_is_not_run(page: Page) -> None:
    hidden = "".join(text for language, text in page.fences if language not in {"sh", "console"})
    assert (
        re.findall(r"^(?:\$ )?(?:make|qontract-skupper|kubectl|curl|export) .*", hidden, re.MULTILINE) == []
    )


@pytest.mark.skipif(not shutil.which("kubectl"), reason="the page uses kubectl, which is not installed")
def test_the_commands_of_the_sandbox_page_end_with_the_exit_codes_that_it_says(tmp_path: Path) -> None:
    done = walk(SANDBOX, tmp_path / "home", tmp_path, program=program())
    assert [(step.name, was.code) for step, was in done] == [(s.name, s.code) for s in OF_THE_SANDBOX]


def test_a_here_document_belongs_to_its_command() -> None:
    block = "cat > a <<'EOF'\nmake x\n\nEOF\ntrue  # exit code 3\n"
    assert split(block) == ["cat > a <<'EOF'\nmake x\n\nEOF", "true  # exit code 3"]


def test_the_exit_code_stands_in_the_comment() -> None:
    assert (Step("true").code, Step("false    # not up, exit code 1").code) == (0, 1)
