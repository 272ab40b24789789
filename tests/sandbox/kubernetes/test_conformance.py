"""The simulated API server answers like a real one: each scene was played to a kube-apiserver, see ``recording``."""

import json
from collections.abc import Iterator

import pytest

from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.sandbox.kubernetes.answers import Speaker, hold
from tests.sandbox.kubernetes.conftest import NEVER
from tests.sandbox.kubernetes.conversation import SCENES
from tests.sandbox.kubernetes.recording import FILE

RECORDED = json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    """Speaks to a cluster whose controllers never act, like a kube-apiserver on its own."""
    spec = ClusterSpec("alone", openshift=False, skupper_policy=False, behaviour=NEVER, garbage_delay=3600)
    with ApiServers([spec]) as servers:
        yield Speaker(servers["alone"].url, servers["alone"].token, str(servers.ca_file))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.replace(" ", "-"))
def test_answers_are_those_of_a_real_server(speaker: Speaker, scene: str) -> None:
    answers = hold(speaker, SCENES[scene], f"scene-{list(SCENES).index(scene)}")
    different = {name: (answer, RECORDED[scene].get(name)) for name, answer in answers.items()}
    assert {name: pair for name, pair in different.items() if pair[0] != pair[1]} == {}


def test_every_recorded_answer_is_compared() -> None:
    assert {scene: set(steps) for scene, steps in RECORDED.items()} == {
        scene: {step.name for step in steps} for scene, steps in SCENES.items()
    }
