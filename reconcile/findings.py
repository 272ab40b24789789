"""Findings: problems in the data or on a cluster, described so that a person can act on them.

Findings are values that are collected, never raised, so that one problem does not hide the others. A finding names its
location: a datafile of the bundle with the path inside it, or an object on a cluster.
"""

from dataclasses import dataclass
from enum import StrEnum

Pointer = tuple[str | int, ...]
"""Path inside a document: mapping keys and list indices."""


Reason = str
"""Why something is wrong or waits, as a clause; None if nothing is."""


class Severity(StrEnum):
    """How much a finding matters: an error refuses its subject, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class FleetSubject:
    """The data as a whole, for example a broken file. An error refuses nothing by itself."""


@dataclass(frozen=True, slots=True)
class NetworkSubject:
    """A network; an error refuses it as a whole."""

    network: str


@dataclass(frozen=True, slots=True)
class SiteSubject:
    """A site, or a namespace with managed objects; an error refuses that site alone."""

    cluster: str
    namespace: str
    network: str = ""
    """Empty for a namespace that no network names."""


@dataclass(frozen=True, slots=True)
class PolicySubject:
    """A policy; an error refuses it, but not the sites that refer to it."""

    policy: str


@dataclass(frozen=True, slots=True)
class ClusterSubject:
    """A whole cluster; an error about its data refuses all that is on it, one about its live objects nothing."""

    cluster: str


Subject = FleetSubject | NetworkSubject | SiteSubject | PolicySubject | ClusterSubject
"""What a finding is about."""


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
    subject: Subject = FleetSubject()
    """What the finding is about; an error refuses it."""

    @property
    def dotted(self) -> str:
        """The pointer as a person writes it: ``skupper.config.routerLogging``, ``policies[0]``."""
        text = ""
        for step in self.pointer:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
        return text
