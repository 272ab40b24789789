"""Killing `run` at any moment loses nothing: the next run ends where an undisturbed one does."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.end_to_end import boxes

KILLS = 50
REQUESTS = 250
"""Rather more than a first run over this data causes, by us and by Skupper; some kills come too late to matter."""


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return boxes.data_of(tmp_path_factory.mktemp("data"), "vault")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Counter[tuple[str, str, str, str]]:
    with boxes.sandbox(tmp_path_factory.mktemp("undisturbed"), data) as box:
        code, output = boxes.command(box, "run")
        assert code == 0, output
        return boxes.end_state(box)


@pytest.mark.parametrize("at", sorted(random.Random(1).sample(range(1, REQUESTS), KILLS)))
def test_a_run_that_was_killed_is_finished_by_the_next_one(
    at: int, tmp_path: Path, data: Path, undisturbed: Counter[tuple[str, str, str, str]]
):
    with boxes.sandbox(tmp_path, data) as box:
        kill = boxes.Kill(box, at)
        kill.command = boxes.Command(box, "run")
        kill.command.finish()
        code, output = boxes.command(box, "run")
        assert code == 0, output
        assert boxes.end_state(box) == undisturbed


def test_some_kills_come_early_enough(tmp_path: Path, data: Path):
    with boxes.sandbox(tmp_path, data) as box:
        kill = boxes.Kill(box)
        boxes.command(box, "run")
        assert kill.seen > REQUESTS / 2
