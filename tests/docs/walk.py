"""The commands of a page, taken apart and run one by one in a shell, as a newcomer would type them.

``python -m tests.docs.walk`` writes into the README what the commands of its ``console`` blocks print.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import README, ROOT, Page

PATIENCE = 120
"""Seconds after which a command is given up."""
ELSEWHERE = {
    "make demo": "end_to_end/test_demo.py::test_the_whole_demo_passes",
    "make test": "docs/test_walk.py::test_make_accepts_each_command_that_is_not_run_here",
    "make install": "docs/test_walk.py::test_make_accepts_each_command_that_is_not_run_here",
}
"""Commands of the README that a test cannot run, and the test that checks them instead.

``make test`` would start itself. ``make install`` needs a package index; ``make test`` depends on it, so it has run.
``make demo`` depends on it too, so a test runs its program without make.
"""
_RUNS_ON = "qontract-skupper sandbox "
_READY = "Ctrl-C stops the sandbox.\n"


@dataclass(frozen=True)
class Step:
    """One command of a page."""

    command: str
    shown: str | None = None
    """What it prints, if the page shows that."""

    @property
    def name(self) -> str:
        """Its first line without a comment."""
        return self.command.partition("\n")[0].partition(" #")[0].strip()

    @property
    def code(self) -> int:
        """The exit code: the one in the comment behind the command, else 0."""
        reported = re.search(r"# .*exit code (\d+)", self.command)
        return int(reported[1]) if reported else 0

    @property
    def in_checkout(self) -> bool:
        """Whether it names files of the checkout."""
        return " fixtures/" in self.command


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    output: str


def steps(page: Page) -> list[Step]:
    """The commands of all shell and console blocks of a page, in their order."""
    found: list[Step] = []
    for language, text in page.fences:
        if language == "sh":
            found += [Step(command) for command in split(text)]
        elif language == "console":
            command, _, shown = text.partition("\n")
            found.append(Step(command.removeprefix("$ "), shown))
    return found


def split(block: str) -> list[str]:
    """The commands of a block; a here-document belongs to the command that reads it."""
    commands: list[str] = []
    end = None
    for line in block.splitlines():
        if end is None:
            commands.append(line)
            opened = re.search(r"<<'?(\w+)'?", line)
            end = opened[1] if opened else None
        else:
            commands[-1] += f"\n{line}"
            end = None if line == end else end
    return [command for command in commands if command.strip()]


def walk(
    page: Page, home: Path, start: Path, without: Set[str] = frozenset(), program: Path | None = None
) -> list[tuple[Step, Done]]:
    """Run all commands of a page, but those named in ``without``, from a directory and with an empty home.

    A ``program`` takes the place of the one of this name on the ``PATH`` in all that the page runs to its end.
    """
    shell = _Shell(home, start, program)
    done: list[tuple[Step, Done]] = []
    with ExitStack() as sandboxes:
        for step in steps(page):
            if step.name in without:
                continue
            if step.command.startswith(_RUNS_ON):
                sandboxes.enter_context(shell.running(step))
                done.append((step, Done(0, "")))
            else:
                done.append((step, shell.run(step)))
    return done


class _Shell:
    """A terminal: directory and variables pass from one command to the next."""

    def __init__(self, home: Path, start: Path, program: Path | None) -> None:
        self._state = home / ".terminal"
        self._state.mkdir(parents=True)
        self._directory = start
        self._before = f"hash -p {shlex.quote(str(program))} {program.name}; " if program else ""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        kept = {
            name: os.environ[name] for name in ("LANG", "PYTHONPATH", "SSL_CERT_FILE") if name in os.environ
        }
        self._variables = {**kept, "HOME": str(home), "PATH": path, "PYTHONUTF8": "1", "NO_COLOR": "1"}

    def run(self, step: Step) -> Done:
        """Type a command and wait for its end."""
        after = f'\ncode=$?; pwd > "{self._state}/pwd"; env -0 > "{self._state}/env"; exit $code'
        try:
            done = subprocess.run(
                ["bash", "-c", self._before + step.command + after],
                cwd=ROOT if step.in_checkout else self._directory,
                env=self._variables,
                check=False,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired as late:
            output = (late.output or b"").decode()
            raise AssertionError(f"{step.name} did not end within {PATIENCE} s: {output}") from None
        if not step.in_checkout:
            self._directory = Path((self._state / "pwd").read_text().removesuffix("\n"))
            words = (self._state / "env").read_text().split("\0")
            self._variables = dict(word.split("=", 1) for word in words if word)
        return Done(done.returncode, done.stdout)

    @contextmanager
    def running(self, step: Step) -> Iterator[None]:
        """Type a command that runs until Ctrl-C; begins once it says that it is ready."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {step.command}"],
            cwd=self._directory,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                reported = []
                for line in process.stdout or ():
                    reported.append(line)
                    if line == _READY:
                        break
                assert reported[-1:] == [_READY], f"{step.command}: {''.join(reported)}"
                yield
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        assert process.returncode == step.code, step.command


def main() -> None:
    """Run the README and put into it what its commands print."""
    with tempfile.TemporaryDirectory() as home:
        done = walk(README, Path(home), ROOT, ELSEWHERE.keys())
    printed = iter(f"$ {step.command}\n{was.output}" for step, was in done if step.shown is not None)
    place = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
    README.path.write_text(place.sub(lambda _: next(printed), README.text), encoding="utf-8")


if __name__ == "__main__":
    main()
