"""``python -m codegen`` writes the generated files; with ``--check`` it only says which are out of date."""

import sys

from codegen.files import stale, write
from reconcile.skupper.v1.keys import TABLE

if sys.argv[1:] == ["--check"]:
    sys.exit("\n".join(stale(TABLE)) or None)
write(TABLE)
