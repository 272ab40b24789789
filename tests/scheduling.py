"""Which tests stay together when several processes share the work.

Tests that share a costly fixture run in one process, which makes it once: those of one file on one back end, of one
fault, and all that look at the long-lived sites of ``tests/sandbox/skupper``. ``xdist_group`` says as much, but
pytest-xdist 3.8 writes the group where pytest 9.2 does not read it, so the mark has no effect.
"""

import re

from xdist.scheduler import LoadScopeScheduling

_FAULTS = "tests/faults/test_catalogue.py"
"""Its tests share what their parameters stand for, a fault and a back end."""
_FOLDERS = ("tests/sandbox/skupper",)
"""Folders whose files share the fixtures of a package."""


class Together(LoadScopeScheduling):
    """Gives a process all tests that belong together, one group after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The name of the group that a test belongs to."""
    file, _, rest = nodeid.partition("::")
    parameters = rest[rest.index("[") :] if "[" in rest else ""
    if file == _FAULTS and parameters:
        return f"{file} {parameters}"
    backend = re.search(r"\b(real|simulated)\b", parameters)
    shared = next((folder for folder in _FOLDERS if file.startswith(f"{folder}/")), file)
    return f"{shared} {backend[1] if backend else ''}".rstrip()
