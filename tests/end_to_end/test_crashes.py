"""Killing `run` at any moment loses nothing: the next run ends where an undisturbed one does.

For each network of the fixtures and every k, a first run is killed after its k-th write, and another one finishes it;
then all is declared deleted, that run is killed after its k-th write too, and another one finishes it. The clusters
stay the same from k to k, so each round also starts from what the one before has left: nothing.
"""

import itertools
from functools import partial
from pathlib import Path

import pytest

from reconcile.sandbox.embedded import Sandbox
from tests.clusters.backends import Backend
from tests.end_to_end import boxes
from tests.end_to_end.boxes import Command, Crash, Gates
from tests.gate import Asked, Gate

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


def test_a_run_killed_between_the_writes_to_two_clusters_is_finished_by_the_next(
    backend: Backend, tmp_path: Path
):
    data = boxes.data_of(tmp_path, "vault")
    with boxes.sandbox(backend, tmp_path, data) as box, Gates(box) as gates:
        killed = Command(box, "run", "--wait", "0")
        written: set[Gate] = set()

        def between(gate: Gate, asked: Asked) -> None:
            if asked.write:
                written.add(gate)
                if len(written) > 1:
                    killed.kill()
                    raise ConnectionResetError

        for gate in gates:
            gate.before.append(partial(between, gate))
        killed.finish()
        for gate in gates:
            gate.clear()
        assert len(written) > 1
        code, told = boxes.command(box, "run")
        assert code == 0, told


def test_two_runs_at_the_same_time_end_as_one(backend: Backend, tmp_path: Path):
    with boxes.sandbox(backend, tmp_path, boxes.data_of(tmp_path, "vault")) as box:
        both = [Command(box, "run") for _ in range(2)]
        ended = [command.finish() for command in both]
        assert [code for code, _ in ended] == [0, 0], ended
        code, told = boxes.command(box, "run", "--log-level", "DEBUG")
        assert code == 0, told
        assert told.count(" 0 of them writes") == len(box.clusters)
