"""The demo on all six clusters of the fixtures, on either back end."""

from pathlib import Path

import pytest

from reconcile.sandbox import demo
from reconcile.sandbox.embedded import Sandbox
from tests.cli.processes import COMMAND, program
from tests.clusters.backends import Backend, Kind


@pytest.fixture(autouse=True)
def _forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the demo run its commands as processes that need not import anything."""
    assert demo.COMMAND == COMMAND
    monkeypatch.setattr(demo, "COMMAND", (program(),))


def test_the_whole_demo_passes(backend: Backend, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    if backend.kind is Kind.SIMULATED:
        # As `make demo` does; it makes its own sandbox.
        assert demo.main() == 0
    else:
        with Sandbox(demo.SOURCE, tmp_path, make=backend.clusters) as box:
            demo.show(box)
            assert len(box.clusters) == 6
    told = capsys.readouterr().out
    assert "All 15 declared links are up" in told
