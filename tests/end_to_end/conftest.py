"""Worlds that several tests start from."""

from collections.abc import Iterator

import pytest

from tests.clusters.backends import Backend
from tests.end_to_end.world import World, world


@pytest.fixture
def fleet(backend: Backend) -> Iterator[World]:
    """Two public clusters and a private one; nothing on them yet."""
    with world(backend, ["a", "b", "p"], private=["p"]) as made:
        yield made


@pytest.fixture
def linked(fleet: World) -> World:
    """The same after a first run: every link up."""
    assert fleet.run().all_up
    return fleet
