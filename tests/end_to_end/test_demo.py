"""The demo on all six clusters of the fixtures, on either back end."""

from pathlib import Path

import pytest

from reconcile.sandbox import demo
from reconcile.sandbox.embedded import Sandbox
from tests.clusters.backends import Backend


def test_the_whole_demo_passes(backend: Backend, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with Sandbox(demo.SOURCE, tmp_path, make=backend.clusters) as box:
        demo.show(box)
        assert len(box.clusters) == 6
    assert "All 15 declared links are up" in capsys.readouterr().out
