"""Writes down what a real kube-apiserver answers, for the conformance test to compare with.

Usage: ``python -m tests.sandbox.kubernetes.recording https://127.0.0.1:6443 TOKEN``, where the token belongs to
``system:masters``, no controller-manager runs, the admission plugin ServiceAccount is off, anonymous requests are
refused, authorisation is by RBAC, and ServiceAccount tokens are issued by ``https://kubernetes.default.svc``. The
answers kept in ``answers.json`` are those of Kubernetes 1.20.2.
"""

import json
import sys
import uuid
from pathlib import Path

from tests.sandbox.kubernetes.answers import Speaker, hold
from tests.sandbox.kubernetes.conversation import SCENES

FILE = Path(__file__).with_name("answers.json")


def main(url: str, token: str) -> None:
    speaker = Speaker(url, token, ca_file=None)
    answers = {
        scene: hold(speaker, steps, f"scene-{uuid.uuid4().hex[:8]}", settling=0.3)
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
    main(*sys.argv[1:])
