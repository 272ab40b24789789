"""Files with credentials of the sandbox: for their owner alone, also where a file of that name was there before."""

import logging
import os
import stat
from pathlib import Path

_log = logging.getLogger(__name__)

_MODE = 0o600


def write(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; reports a mode that had to be corrected."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & 0o077:
            os.fchmod(descriptor, _MODE)
            _log.warning(
                "%s was open to group or others (mode %04o); its mode is %04o now", path, mode, _MODE
            )
        file.write(content)
