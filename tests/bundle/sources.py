"""Small bundles, written down in the test or laid over the fixtures of the repository."""

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from reconcile.app_interface.bundle.building import build
from reconcile.app_interface.bundle.loading import load
from reconcile.app_interface.bundle.model import Bundle

REPOSITORY = Path(__file__).parents[2]
FIXTURES = REPOSITORY / "fixtures" / "app-interface"
INVALID = REPOSITORY / "fixtures" / "invalid"
SCHEMAS = REPOSITORY / "schemas"
COMMIT = "c0ffee" * 6 + "c0ff"
TIMESTAMP = "1667779200"


@cache
def from_fixtures() -> Bundle:
    """Give the bundle of the repository's own data."""
    return freshly_made()


def freshly_made() -> Bundle:
    """Make the bundle of the repository's own data once more."""
    return build(FIXTURES / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)


def overlaid(root: Path, overlay: Path) -> Bundle:
    """Make a bundle of the repository's data with the files of ``overlay`` over it; ``root`` is scratch space."""
    shutil.copytree(FIXTURES / "data", root / "data")
    shutil.copytree(overlay, root / "data", dirs_exist_ok=True)
    return build(root / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)


def edited(root: Path, *edits: tuple[str, str, str]) -> Bundle:
    """Make a bundle of the repository's data with texts replaced: (path, old text, new text)."""
    shutil.copytree(FIXTURES / "data", root / "data")
    for path, old, new in edits:
        file = root / "data" / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    return build(root / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)


def served(
    data: dict[str, Any], confs: list[dict[str, Any]], resources: dict[str, Any] | None = None
) -> Bundle:
    """Make a bundle of documents and GraphQL types alone, as the server would load it."""
    content = {
        "data": data,
        "resources": resources or {},
        "schemas": {},
        "graphql": {"$schema": "/app-interface/graphql-schemas-1.yml", "confs": confs},
        "git_commit": COMMIT,
        "git_commit_timestamp": TIMESTAMP,
    }
    return load(json.dumps(content))
