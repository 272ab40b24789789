"""``docs/faults.md``, made from the catalogue and from what users saw: ``python -m tests.faults.table``."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from tests.faults.catalogue import FAULTS, Fault, Place, Still

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "faults.md"
GOLDEN = Path(__file__).parent / "golden"

_HEAD = """\
# Faults

<!-- Written by `make docs` from tests/faults/. Change the catalogue there, not this file. -->

Each line is a test. Three clusters are linked by two networks, one of which has no site on the cluster `faulty`. The
data has just changed: there are sites to create and sites to remove, on `faulty` and elsewhere. Then the fault is
injected and the command starts. What it prints at level WARNING and above is shown as it is, except for ports, hashes
and folders; `new` and `old` are the namespaces of a site to create and of one to remove.

For every fault: no traceback, and nothing is deleted because of it. When it has passed, the next run finishes and ends
with exit code 0; the run after that writes nothing.

However a cluster fails to answer, it delays a run by less than 15 s; one whose answers never end, by 90 s at most.
"""


def golden_file(fault: Fault) -> Path:
    return GOLDEN / f"{fault.name}.txt"


def seen(line: str, messages: Iterable[str], code: int) -> str:
    """What a user saw, one line each; the order of what happens side by side says nothing."""
    return "\n".join([f"$ {line}", *sorted(set(messages)), f"exit code {code}"])


def text() -> str:
    """The whole file."""
    parts = [_HEAD]
    for place, faults in groupby(FAULTS, key=lambda fault: fault.place):
        parts += [f"## {place.value}\n", *_table(place, tuple(faults)), ""]
    return "\n".join(parts)


def _table(place: Place, faults: Sequence[Fault]) -> Iterable[str]:
    columns = ("Fault", "What the user sees", "Exit code", "What still happens", "What the next run does")
    yield _row(*columns)
    yield _row(*("---" for _ in columns))
    for fault in faults:
        line, *messages, code = golden_file(fault).read_text(encoding="utf-8").splitlines()
        shown = "<br>".join(f"`{line}`" for line in messages) or "nothing"
        title = f"{fault.title}: `{line[2:]}`" if fault.place is Place.DISK else fault.title
        yield _row(title, shown, code.removeprefix("exit code "), fault.still.value, _next(fault))


def _next(fault: Fault) -> str:
    return "writes nothing" if fault.still is Still.ALL else "finishes"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
