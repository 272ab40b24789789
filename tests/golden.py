"""Golden files: output as it was reviewed, compared whole.

``make golden`` (``UPDATE_GOLDEN=1``) writes them again; the difference is then reviewed like code.
"""

import os
from pathlib import Path


def assert_golden(text: str, file: Path) -> None:
    """Fail unless ``text`` is what ``file`` holds, but for the newline at its end."""
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n", encoding="utf-8")
    assert file.is_file(), f"no golden file {file.name}: write it with `make golden` and review it"
    assert text == file.read_text(encoding="utf-8").removesuffix("\n")
