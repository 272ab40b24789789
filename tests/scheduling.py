"""Which tests stay together when several processes share the work.

Tests that share a costly fixture run in one process, which makes it once: those of one file on one back end, of one
fault on real API servers, and of files that look at the same long-lived sites. ``xdist_group`` says as much, but
pytest-xdist 3.8 writes the group where pytest 9.2 does not read it, so the mark has no effect.

Groups on real API servers are begun first, and only by as many processes as there are servers for: the others use the
processor meanwhile, with tests on simulated clusters and on none. Since tests on clusters of any kind wait most of the
time, one process always leaves them to the others.
"""

import re
from typing import Any

from xdist.scheduler import LoadScopeScheduling

from tests.clusters.pool import LIMIT

_FAULTS = "tests/faults/test_catalogue.py"
"""On real API servers its tests share what a parameter stands for, a fault: all of them take one process minutes."""
ON_SANDBOXES = frozenset(
    ["diagnose", "filters", "opening", "options", "orders", "plan_and_status", "streams", "terminal", "views"]
)
"""Of the files of ``tests/cli``, those with tests that take ``linked`` or ``untouched``."""
_SHARING = (("tests/sandbox/skupper/",), tuple(f"tests/cli/test_{name}.py" for name in sorted(ON_SANDBOXES)))
"""Beginnings of the names of files that share the fixtures of a package."""

AT_ONCE = LIMIT // 3
"""Processes on real API servers; most tests use three clusters."""
_REAL = frozenset({"real"})
_CLUSTERS = _REAL | {"simulated"}


class Together(LoadScopeScheduling):
    """Gives a process all tests that belong together, one group after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(self._next_for(node), last=False)
        super()._assign_work_unit(node)

    def _next_for(self, node: Any) -> str:
        others = [work for other, work in self.assigned_work.items() if other is not node]
        unfinished = [{group for group, done in work.items() if not all(done.values())} for work in others]
        return next_group(list(self.workqueue), unfinished, self.numnodes)


def next_group(waiting: list[str], others: list[set[str]], processes: int) -> str:
    """The group that a process is given next: the first one on real API servers if it may have one of those.

    `others` are the groups that each other process has not finished, `processes` how many there are with this one.
    """
    at_real, at_clusters = (
        sum(any(_backend(group) in kinds for group in groups) for groups in others)
        for kinds in (_REAL, _CLUSTERS)
    )
    full = (_REAL if at_real >= AT_ONCE else set()) | (_CLUSTERS if at_clusters >= processes - 1 else set())
    ordered = sorted(waiting, key=lambda group: _backend(group) not in _REAL)
    return next((group for group in ordered if _backend(group) not in full), waiting[0])


def group_of(nodeid: str) -> str:
    """The name of the group that a test belongs to."""
    file, _, rest = nodeid.partition("::")
    parameters = rest[rest.index("[") :] if "[" in rest else ""
    backend = re.search(r"\b(real|simulated)\b", parameters)
    if file == _FAULTS and backend and backend[1] == "real":
        return f"{file} {parameters}"
    shared = next((files[0] for files in _SHARING if file.startswith(files)), file)
    return f"{shared} {backend[1] if backend else ''}".rstrip()


def _backend(group: str) -> str:
    """The back end of a group; empty if it needs none."""
    found = re.search(r"\b(real|simulated)\b", group.partition(" ")[2])
    return found[1] if found else ""
