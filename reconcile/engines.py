"""The engines of this program, and the checks that they provide."""

from datetime import datetime

from reconcile.findings import Finding
from reconcile.skupper import checks
from reconcile.skupper.definitions import Definitions
from reconcile.skupper.engine import Engines
from reconcile.skupper.v1.engine import V1

ENGINES = Engines(V1())
"""Add an engine here to support another version of Skupper."""


def check_definitions(definitions: Definitions, now: datetime | None = None) -> tuple[Finding, ...]:
    """All findings about the definitions, sorted by datafile; `now` as in ``checks.check``."""
    return checks.check(ENGINES.resolve(definitions), ENGINES, now)
