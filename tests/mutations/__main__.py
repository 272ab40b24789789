"""Tries the mutations of the table: ``python -m tests.mutations [word ...]``.

In a copy of the sources in a temporary folder each mutation is made, its tests are run, and it is taken back. Each of
the tests has to fail because of it, and to pass without it. With words, only mutations are tried whose titles contain
one of them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutations.table import MUTATIONS, ROOT, Mutation

COPIED = ("reconcile", "tests", "schemas", "fixtures", "pyproject.toml")
PASSED, FAILED = 0, 1
"""Exit codes of pytest. Any other one says that the tests could not be run."""
LONGEST = 120
"""Seconds for one run of pytest."""


def main(words: list[str]) -> int:
    """Try mutations and print a line for each; gives 1 if one is not noticed."""
    chosen = [each for each in MUTATIONS if not words or any(word in each.title for word in words)]
    if not chosen:
        print("no mutation has such a title")
        return 1
    with copy() as folder:
        code = run(sorted({test for mutation in chosen for test in mutation.tests}), folder)
        if code != PASSED:
            print(f"FAIL without any mutation pytest ends with {code}")
            return 1
        failed = sum(not noticed(mutation, folder) for mutation in chosen)
    print(f"{len(chosen)} mutations, {failed} of them not noticed by each of their tests")
    return 1 if failed else 0


@contextmanager
def copy() -> Iterator[Path]:
    """A copy of the sources that tests need."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as name:
        for part in COPIED:
            source, target = ROOT / part, Path(name, part)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source, target)
        yield Path(name)


def noticed(mutation: Mutation, folder: Path) -> bool:
    """Whether each test of a mutation fails because of it; prints what was found."""
    begun = time.monotonic()
    found = list(faults(mutation, folder))
    verdict = "; ".join(found) or "noticed"
    print(
        f"{'FAIL' if found else 'ok  '} {mutation.title}: {verdict} ({time.monotonic() - begun:.0f} s)",
        flush=True,
    )
    return not found


def faults(mutation: Mutation, folder: Path) -> Iterator[str]:
    """What is wrong with a mutation and its tests."""
    try:
        with made(mutation, folder):
            for test in mutation.tests:
                code = run([test], folder)
                if code == PASSED:
                    yield f"it survives {test}"
                elif code != FAILED:
                    yield f"pytest ends with {code} on {test}"
    except ValueError as error:
        yield str(error)


@contextmanager
def made(mutation: Mutation, folder: Path) -> Iterator[None]:
    """Mutate the copy; raises ``ValueError`` if what is to be changed is not there once."""
    mutated = folder / mutation.file
    mutated.write_text(mutation.mutated(), encoding="utf-8")
    try:
        yield
    finally:
        shutil.copyfile(ROOT / mutation.file, mutated)


def run(tests: Iterable[str], folder: Path) -> int:
    """Run tests of the copy on simulated clusters alone; gives the exit code of pytest, -1 if it took too long."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"]
    # Compiled files go by size and time of their source, and a mutation may change neither.
    environment = {**os.environ, "KUBEBUILDER_ASSETS": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
    # As many examples as in `make proof`: with fewer a mutation might survive now and then.
    environment.setdefault("HYPOTHESIS_PROFILE", "project")
    try:
        return subprocess.run(
            [*command, *(f"tests/{test}" for test in tests)],
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=LONGEST,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return -1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
