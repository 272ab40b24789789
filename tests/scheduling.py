"""Which tests stay together when several processes share the work.

All tests that look at one fault run in one process, which meets the fault once for all of them. ``xdist_group`` says
so too, but pytest-xdist 3.8 writes the group where pytest 9.2 does not read it, so that the mark has no effect.
"""

from xdist.scheduler import LoadGroupScheduling

_SHARED = "tests/faults/test_catalogue.py::"
"""Tests that share what their parameters stand for, a fault and a back end."""


class Together(LoadGroupScheduling):
    """Gives a process one test after the other, or all that belong together."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_SHARED) and "[" in nodeid:
            return nodeid[nodeid.index("[") :]
        return super()._split_scope(nodeid)
