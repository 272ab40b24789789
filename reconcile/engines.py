"""The engines that this program has, and the rules that follow from them."""

from reconcile.findings import Finding
from reconcile.skupper import checks
from reconcile.skupper.definitions import Definitions
from reconcile.skupper.engine import Engines
from reconcile.skupper.v1.engine import V1

ENGINES = Engines(V1())
"""To support another line of Skupper is to add its engine here."""


def check_definitions(definitions: Definitions) -> tuple[Finding, ...]:
    """All findings about the definitions, sorted by datafile."""
    return checks.check(ENGINES.resolve(definitions), ENGINES)
