"""What the terminal at stdout can show."""

import os
import shutil
import sys


def colour() -> bool:
    """True if colours may be used: not in a file or pipe, nor with ``NO_COLOR`` (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """Columns of the terminal; None if lines may have any length."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def redraws() -> bool:
    """True if the screen can be cleared to show something again in the same place."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
