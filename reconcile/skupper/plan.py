"""The plan: every change in order with its reason, the state of every declared link, everything wrong.

Plain values. They know nothing of a Skupper version, execute nothing and print nothing; apply, report and the
command line all work from them.
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
"""Rule of the finding about a site whose namespace does not exist: a plan may go on, for the namespace may be part of
the same change of the data; a run that ends so has not made what is declared."""


class Verb(StrEnum):
    """What a change does; the words of action lines."""

    APPLY = "apply"
    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"


class Source(NamedTuple):
    """The Secret whose data a delivery carries; read only at that moment, never stored."""

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
    """Why, in half a sentence: ``the site does not exist``."""
    network: str = ""
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    """What to apply, create or patch; never holds secret data."""
    uid: str = ""
    """Of the object to delete; the cluster refuses if another one has taken its name."""
    drift: tuple[FieldDrift, ...] = ()
    source: Source | None = None
    """Set for a delivery: where the token's data comes from."""
    waits_for: str = ""
    """What has to happen first, on the clusters, not in this plan, as a clause that goes with "once": ``the token is
    issued``; empty if the change can be made now."""
    removal: bool = False
    """True if it takes a site or a declared member out of service: counts against the deletion budget."""

    @property
    def ready(self) -> bool:
        return not self.waits_for

    @property
    def privileged(self) -> bool:
        """True if it needs the cluster-admin account: the automation account has no rights outside of namespaces."""
        return not self.kind.namespaced

    @property
    def work_key(self) -> tuple[str, str]:
        """Changes of one lane are made one after another, different lanes at the same time."""
        return self.cluster, self.namespace


class LinkState(StrEnum):
    """Where a declared link is in its life."""

    WAITING = "waiting"
    REQUESTED = "requested"
    ISSUED = "issued"
    DELIVERED = "delivered"
    UP = "up"
    STANDBY = "standby"
    """As good as up: an edge router has one active uplink and keeps its other ones in reserve."""
    DOWN = "down"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What one end of a link says about it."""

    UP = "up"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    SILENT = "silent"
    """This end never lists such a link: an issuer does not see the edge sites that dial it."""


@dataclass(frozen=True, slots=True)
class LinkObservation:
    """What one end says, and when it last said anything."""

    verdict: Verdict
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """The state of one declared link and what it rests on."""

    network: str
    link: Link
    state: LinkState
    reason: str = ""
    """Why it is not up, or what it waits for; empty if up."""
    secret: str = ""
    """Name of the Secret of the current generation; empty while the issuer is not ready."""
    dialler: LinkObservation = LinkObservation(Verdict.UNKNOWN)
    issuer: LinkObservation = LinkObservation(Verdict.UNKNOWN)
    since: datetime | None = None
    """When the last thing happened that this link waits on; None if nothing is under way."""

    @property
    def converged(self) -> bool:
        """True if the link is as it should be."""
        return self.state in {LinkState.UP, LinkState.STANDBY}

    @property
    def managed(self) -> bool:
        """False for a link that this run leaves alone."""
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
        """True if the site is declared and not all there yet."""
        return self.state in {"absent", "starting"}

    @property
    def leaving(self) -> bool:
        """True if the site is to go and is not gone yet."""
        return self.state == "removing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to change now and later, and how things stand."""

    changes: tuple[Change, ...] = ()
    links: tuple[LinkReport, ...] = ()
    sites: tuple[SiteReport, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def ready(self) -> tuple[Change, ...]:
        """The changes that can be made now."""
        return tuple(change for change in self.changes if change.ready)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)
