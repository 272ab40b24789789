"""The transcript of the demo: what the program prints today."""

from pathlib import Path

from tests.clusters.backends import Backend
from tests.docs import transcript
from tests.end_to_end.cli_harness import command, sandbox


def test_the_plan_in_the_transcript_is_what_plan_prints(tmp_path: Path, backend: Backend) -> None:
    shown = transcript.written().partition("$ qontract-skupper plan\n")[2].partition("\n== ")[0]
    with sandbox(backend, tmp_path) as box:
        code, printed = command(box, "plan")
    assert code == 0
    # The addresses of the clusters are part of the bundle, so its name differs each time.
    real = transcript.cut("== \n\n" + printed).splitlines()[2:]
    assert real[1:] == shown.splitlines()[1:], "run `make docs`"


def test_every_line_left_out_is_marked() -> None:
    output = "== A step\n\n$ qontract-skupper plan\ncluster-wide\n   + a  # new\n\n"
    output += "network vault: 1 site\n   + b  # new\n\nPlan: 2 to create\n"
    shown = "== A step\n\n$ qontract-skupper plan\n…\nnetwork vault: 1 site\n…\n\nPlan: 2 to create\n"
    assert transcript.cut(output) == shown
