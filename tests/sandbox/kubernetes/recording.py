"""Writes down what a real kube-apiserver answers, for the conformance test to compare with.

Usage: ``python -m tests.sandbox.kubernetes.recording``, with the programs that ``make kube-assets`` obtains.
"""

import json
import uuid
from pathlib import Path

from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.controllers import Behaviour
from tests.clusters import assets, pool
from tests.clusters.backends import Backend, Kind
from tests.sandbox.kubernetes.answers import Speaker, hold
from tests.sandbox.kubernetes.scenes import SCENES

FILE = Path(__file__).with_name("answers.json")
VERSION = "v1.34.4"
"""Of the server whose answers are kept."""
NEVER = 3600
ALONE = ClusterSpec(
    "alone",
    openshift=False,
    behaviour=Behaviour(delay=NEVER),
    garbage_delay=NEVER,
)
"""A cluster whose controllers never act, like a kube-apiserver on its own."""
SETTLING = {Kind.SIMULATED: 0.0, Kind.REAL: 0.3}
"""Seconds after which a server is sure to know of new rights."""


def main() -> None:
    found = assets.find()
    assert found, "run make kube-assets"
    with pool.serving(found), Backend(Kind.REAL).clusters([ALONE]) as servers:
        speaker = Speaker(servers["alone"].url, servers["alone"].token, str(servers.ca_file))
        answers = {
            scene: hold(speaker, steps, f"scene-{uuid.uuid4().hex[:8]}", settling=SETTLING[Kind.REAL])
            for scene, steps in SCENES.items()
        }
    lines = []
    for scene, steps in answers.items():
        inner = ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(answer, sort_keys=True)}" for name, answer in steps.items()
        )
        lines.append(f" {json.dumps(scene)}: {{\n{inner}\n }}")
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
