"""Killing `run` at any moment loses nothing: the next run ends where an undisturbed one does.

For each network of the fixtures and every k, a first run is killed after its k-th write, and another one finishes it;
then all is declared deleted, that run is killed after its k-th write too, and another one finishes it. The clusters
stay the same from k to k, so each round also starts from what the one before has left: nothing.
"""

import itertools
from pathlib import Path

import pytest

from reconcile.sandbox.embedded import Sandbox
from tests.clusters.backends import Backend
from tests.end_to_end import boxes
from tests.end_to_end.boxes import Crash, Gates

NETWORKS = ("vault", "grafana", "fake-api-server")
ALL = ("--max-removals", "100")


class Rounds:
    """One network on its clusters, made and taken away again and again."""

    def __init__(self, box: Sandbox, data: Path, gates: Gates) -> None:
        self._box = box
        self._data = data
        self._crash = Crash(gates)

    def go(self, *, delete: bool, at: int = 0) -> bool:
        """Declare all or nothing, run, be killed after the `at`-th write; tell whether it came to that."""
        boxes.declare(self._data, delete=delete)
        self._box.reload()
        return self._crash.run(self._box, at, "run", *ALL)[0]

    def finish(self) -> boxes.State:
        """Run undisturbed; what is on the clusters then."""
        code, told = boxes.command(self._box, "run", *ALL)
        assert code == 0, told
        return boxes.end_state(self._box)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_run_that_is_killed_after_any_of_its_writes_is_finished_by_the_next(
    network: str, backend: Backend, tmp_path: Path
):
    data = boxes.data_of(tmp_path, network)
    with boxes.sandbox(backend, tmp_path, data) as box, Gates(box) as gates:
        rounds = Rounds(box, data, gates)
        empty = boxes.end_state(box)
        rounds.go(delete=False)
        linked = rounds.finish()
        rounds.go(delete=True)
        assert rounds.finish() == empty
        for at in itertools.count(1):
            killed = rounds.go(delete=False, at=at)
            assert rounds.finish() == linked, f"after a first run that was killed at write {at}"
            killed_again = rounds.go(delete=True, at=at)
            assert rounds.finish() == empty, f"after a removal that was killed at write {at}"
            if not (killed or killed_again):
                break
        ours = [
            name for _, _, _, name in linked - empty if name in {"skupper-site", "skupper-site-controller"}
        ]
        assert at > len(ours), "a first run makes at least these"
