"""All findings about a bundle: faults of the data, the rules of networks over its valid part, what a run needs.

The rules read a bundle through the queries and models that a run uses, answered without a server.
"""

from datetime import datetime
from functools import partial

from reconcile.app_interface.bundle import requirements, rules
from reconcile.app_interface.bundle.answering import Answers, MisfitError
from reconcile.app_interface.bundle.building import GRAPHQL_FILE
from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.bundle.validation import ordered, validate
from reconcile.engines import check_definitions
from reconcile.findings import Finding
from reconcile.skupper.definitions import Definitions


def check(bundle: Bundle, now: datetime | None = None) -> list[Finding]:
    """List all findings about a bundle, in the order of files and lines; without `now` none that depends on it."""
    found = validate(bundle)
    # Without valid types there is nothing to query; that they are invalid is among the faults.
    if not any(fault.datafile == GRAPHQL_FILE for fault in found):
        try:
            found += _over_sound_part(bundle, found, now)
        except MisfitError as error:
            found.append(Finding("graphql-types", str(error), datafile=GRAPHQL_FILE))
    return ordered(bundle, found)


def read(bundle: Bundle) -> Definitions:
    """Read the definitions of a sound bundle; raises ``MisfitError`` if its types are not those of our schemas."""
    return Answers(bundle).definitions


def _over_sound_part(bundle: Bundle, faults: list[Finding], now: datetime | None) -> list[Finding]:
    """What breaks a rule, and what a run would refuse; raises ``MisfitError``."""
    asked: list[Answers] = []

    def read_part(part: Bundle) -> Definitions:
        asked.append(Answers(part))
        return asked[-1].definitions

    found = rules.check(bundle, faults, read=read_part, judge=partial(check_definitions, now=now))
    for answers in asked:
        found += requirements.check(bundle, answers, faults)
    return found
