"""Finds the files that come with the program: its schemas, and the data that the sandbox starts with.

A wheel has them in the package, where ``pyproject.toml`` puts them; a checkout has them beside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def schemas() -> Path:
    """Return the directory laid out as qontract-schemas."""
    return _root() / "schemas"


def fixtures() -> Path:
    """Return the directory with ``data`` and ``resources`` of an app-interface made up for the sandbox."""
    return _root() / "fixtures" / "app-interface"


def _root() -> Path:
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent
