"""``make demo``: from data to linked sites and back to silence, in one go.

Starts a sandbox with the project's fixtures, then runs the real command line against it as a newcomer would: the
plan, the run, the status, and a second run that writes nothing. Exits with 1 as soon as one of them does not end as
it should, so it is a smoke test as well.
"""

import os
import subprocess  # nosec B404 # for this program alone
import sys
import tempfile
import time
from pathlib import Path

from reconcile import package_data
from reconcile.sandbox.embedded import Sandbox, Source

_BOLD, _PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")


class DemoFailedError(Exception):
    """A step of the demo did not end as it should."""


COMMAND = (sys.executable, "-m", "reconcile.cli")
SOURCE = Source(package_data.fixtures(), package_data.schemas())


def main() -> int:
    """Run the demo; return the exit code."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="qontract-skupper-demo-") as folder:
        sandbox = Sandbox(SOURCE, Path(folder))
        _say(f"A sandbox of {len(sandbox.clusters)} clusters from the data in fixtures/app-interface")
        try:
            with sandbox:
                show(sandbox)
        except DemoFailedError as error:
            print(f"demo failed: {error}", file=sys.stderr)  # noqa: T201
            return 1
    _say(f"Done in {time.monotonic() - started:.0f} seconds, and everything is gone again")
    return 0


def show(sandbox: Sandbox) -> None:
    """Show all commands on a running sandbox; raises ``DemoFailedError``."""
    _say("What would a run change?")
    _command(sandbox, "plan")
    _say("Make it so, and wait until the links are up")
    _command(sandbox, "run")
    _say("Is every declared link up?")
    _command(sandbox, "status")
    _say("A second run has nothing to do: it writes nothing, and sums up in one line")
    told = _command(sandbox, "run", "--log-level", "debug")
    if told.count(" 0 of them writes") != len(sandbox.clusters) or told.count("[INFO]") != 1:
        raise DemoFailedError("the second run reported more than its summary")


def _command(sandbox: Sandbox, *words: str) -> str:
    """Run a command, show what it prints, and return that."""
    print(f"$ qontract-skupper {' '.join(words)}", flush=True)  # noqa: T201
    environment = {**os.environ, "QONTRACT_CONFIG": str(sandbox.config)}
    told = ""
    with subprocess.Popen(  # noqa: S603 # nosec B603 # our own command
        [*COMMAND, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            told += line
            print(line, end="", flush=True)  # noqa: T201
    if process.returncode:
        raise DemoFailedError(f"qontract-skupper {words[0]} ended with exit code {process.returncode}")
    return told


def _say(text: str) -> None:
    print(f"\n{_BOLD}== {text}{_PLAIN}\n", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
