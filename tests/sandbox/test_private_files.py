"""Files with credentials of the sandbox are for their owner alone."""

import stat
from pathlib import Path

import pytest

from reconcile.sandbox import private_files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "config.toml"
    private_files.write(file, b"content")
    assert (file.read_bytes(), mode(file), caplog.messages) == (b"content", 0o600, [])


def test_a_file_that_others_could_read_is_corrected_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("older and longer content")
    file.chmod(0o644)
    private_files.write(file, b"content")
    assert (file.read_bytes(), mode(file)) == (b"content", 0o600)
    assert caplog.messages == [f"{file} was open to group or others (mode 0644); its mode is 0600 now"]
