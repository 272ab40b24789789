"""The plan: all changes in order with their reasons, the state of every declared site and link, and findings.

Plain values, independent of the Skupper version. Apply, report and the command line all work with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from reconcile.findings import Finding, Severity
from reconcile.kinds import Kind
from reconcile.skupper.drift import FieldDrift
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link

MISSING_NAMESPACE = "missing-namespace"
"""Rule of the finding about a site whose namespace does not exist: fine in a plan, since the same change of the data
may create the namespace; an error at the end of a run."""


class Verb(StrEnum):
    """The verb of a change, as action lines print it."""

    APPLY = "apply"
    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"


class Source(NamedTuple):
    """The Secret whose data a delivery copies; read only for the delivery, never stored."""

    cluster: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write to one cluster."""

    verb: Verb
    cluster: str
    namespace: str
    kind: Kind
    name: str
    reason: str
    """Why, as a clause: ``the site does not exist``."""
    network: str = ""
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    """What to apply, create or patch; never holds secret data."""
    uid: str = ""
    """UID of the object to delete; the API server rejects the delete if another object has this name by now."""
    drift: tuple[FieldDrift, ...] = ()
    source: Source | None = None
    """Set for a delivery: where the token's data is copied from."""
    waits_for: str = ""
    """What must be observed on the clusters first, as a clause that goes with "once": ``the token is issued``; empty if
    the change can be applied now."""
    removal: bool = False
    """True if it takes a site, link or policy out of service: counts against the removal budget."""

    @property
    def ready(self) -> bool:
        return not self.waits_for

    @property
    def privileged(self) -> bool:
        """True if it needs the cluster-admin account: the automation account has no rights outside of namespaces."""
        return not self.kind.namespaced

    @property
    def work_key(self) -> tuple[str, str]:
        """Changes with the same key are applied one after another, others in parallel."""
        return self.cluster, self.namespace


class LinkState(StrEnum):
    """The state of a declared link."""

    WAITING = "waiting"
    REQUESTED = "requested"
    ISSUED = "issued"
    DELIVERED = "delivered"
    UP = "up"
    STANDBY = "standby"
    """Counts as up: an edge router has one active uplink and keeps the others on standby."""
    DOWN = "down"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What one end of a link reports about it."""

    UP = "up"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    SILENT = "silent"
    """This end never lists such a link: an issuer does not list the edge sites that dial it."""


@dataclass(frozen=True, slots=True)
class LinkObservation:
    """What one end reports, and when it last reported."""

    verdict: Verdict
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """The state of one declared link, with the observations of both ends."""

    network: str
    link: Link
    state: LinkState
    reason: str = ""
    """Why it is not up, or what it waits for; empty if up."""
    secret: str = ""
    """Name of the Secret of the current token; empty while the issuer is not ready."""
    dialler: LinkObservation = LinkObservation(Verdict.UNKNOWN)
    issuer: LinkObservation = LinkObservation(Verdict.UNKNOWN)
    since: datetime | None = None
    """When the step that this link waits for has started; None if nothing is in progress."""

    @property
    def converged(self) -> bool:
        """True if the link is as declared."""
        return self.state in {LinkState.UP, LinkState.STANDBY}

    @property
    def managed(self) -> bool:
        """False for a link that this run skips."""
        return self.state is not LinkState.SKIPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """One site, declared or left over."""

    network: str
    key: SiteKey
    name: str
    mode: str
    """``edge`` or ``interior``."""
    state: str
    """``ready``, ``absent``, ``starting``, ``down``, ``removing``, ``kept``, ``unknown`` or ``skipped``."""
    reason: str = ""
    version: str = ""
    since: datetime | None = None

    @property
    def coming(self) -> bool:
        """True if the site is declared and not complete yet."""
        return self.state in {"absent", "starting"}

    @property
    def leaving(self) -> bool:
        """True if the site is being removed and not gone yet."""
        return self.state == "removing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Changes to apply now and later, and the state of sites and links."""

    changes: tuple[Change, ...] = ()
    links: tuple[LinkReport, ...] = ()
    sites: tuple[SiteReport, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def ready(self) -> tuple[Change, ...]:
        """The changes that can be applied now."""
        return tuple(change for change in self.changes if change.ready)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)
