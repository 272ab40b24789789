"""The simulated API server answers like a real one: each scene was played to a kube-apiserver, see ``recording``.

On the real back end the same scenes are played again, which shows that the answers that are kept are still true.
"""

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.clusters import assets
from tests.clusters.backends import Backend, Kind
from tests.sandbox.kubernetes.answers import Speaker, hold
from tests.sandbox.kubernetes.recording import ALONE, FILE, SETTLING, VERSION
from tests.sandbox.kubernetes.scenes import SCENES

RECORDED = json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def speaker(backend: Backend) -> Iterator[Speaker]:
    """Speaks to a cluster whose controllers never act, like a kube-apiserver on its own."""
    found = assets.find()
    if backend.kind is Kind.REAL and found and _minor(found.version) != _minor(VERSION):
        pytest.skip(f"the answers are those of {VERSION}, not of {found.version}")
    with backend.clusters([ALONE]) as servers:
        yield Speaker(servers["alone"].url, servers["alone"].token, str(servers.ca_file))


def _minor(version: str) -> list[str]:
    """Major and minor of a version: patches of a release answer alike."""
    return version.split(".")[:2]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.replace(" ", "-"))
def test_answers_are_those_of_a_real_server(speaker: Speaker, backend: Backend, scene: str) -> None:
    answers = hold(speaker, SCENES[scene], f"scene-{uuid.uuid4().hex[:8]}", settling=SETTLING[backend.kind])
    different = {name: (answer, RECORDED[scene].get(name)) for name, answer in answers.items()}
    assert {name: pair for name, pair in different.items() if pair[0] != pair[1]} == {}


def test_every_recorded_answer_is_compared() -> None:
    assert {scene: set(steps) for scene, steps in RECORDED.items()} == {
        scene: {step.name for step in steps} for scene, steps in SCENES.items()
    }
