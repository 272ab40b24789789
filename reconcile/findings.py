"""Findings: problems in the data or on a cluster, described so that a person can act on them.

Findings are values that are collected, never raised, so that one problem does not hide the others. A finding names its
location: a datafile of the bundle with the path inside it, or an object on a cluster.
"""

from dataclasses import dataclass
from enum import StrEnum

Pointer = tuple[str | int, ...]
"""Path inside a document: mapping keys and list indices."""


class Severity(StrEnum):
    """How much a finding matters: an error refuses its subject, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: its location, the rule it breaks and the next step."""

    rule: str
    """Name of the rule in kebab case, for example ``router-logging``."""
    message: str
    """What is wrong, the value found, and the next step, in one sentence or two."""
    severity: Severity = Severity.ERROR
    datafile: str = ""
    """Bundle path of the datafile (``/dependencies/skupper/vault.yml``); empty for a live object."""
    pointer: Pointer = ()
    """Path inside that datafile; empty for the whole file."""
    network: str = ""
    """Identifier of the network that is refused (error) or concerned (warning); empty if none."""
    cluster: str = ""
    namespace: str = ""
    policy: str = ""
    """Identifier of the policy that is refused (error); empty if none. The sites that use it are not."""

    @property
    def dotted(self) -> str:
        """The pointer as a person writes it: ``skupper.config.routerLogging``, ``policies[0]``."""
        text = ""
        for step in self.pointer:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
        return text
