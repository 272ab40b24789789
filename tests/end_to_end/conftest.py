"""Worlds that a test has for itself, to write to.

Where tests only read, a fixture of their module goes through the runs once and returns what came of them as values;
its clusters are given back before the first test looks.
"""

from collections.abc import Iterator

import pytest

from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, three_clusters


@pytest.fixture
def fleet(backend: Backend) -> Iterator[Harness]:
    """Two public clusters and a private one; nothing on them yet."""
    with three_clusters(backend) as made:
        yield made


@pytest.fixture
def linked(fleet: Harness) -> Harness:
    """The same after a first run: every link up."""
    assert fleet.run().all_up
    return fleet
