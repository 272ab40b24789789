"""The plan: all changes in order with their reasons, the state of every declared site and link, and findings.

Plain values, independent of the Skupper version. Apply, report and the command line all work with them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from reconcile.findings import Finding, Reason, Severity
from reconcile.kinds import Kind
from reconcile.skupper.definitions import Approval, ApprovedChange
from reconcile.skupper.drift import FieldDrift
from reconcile.skupper.removal_budget import BudgetReport
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.waits import Wait
from reconcile.skupper.waves import Disruption

MISSING_NAMESPACE = "missing-namespace"
"""Rule of the finding about a site whose namespace does not exist: fine in a plan, since the same change of the data
may create the namespace; an error at the end of a run."""


class Verb(StrEnum):
    """The verb of a change, as action lines print it."""

    APPLY = "apply"
    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"


class Counts(StrEnum):
    """How the removal budget counts a removal."""

    ONE = "one"
    """As one site, link or policy."""
    WITH_SITE = "with-site"
    """Not at all: it is a link of a site that is removed, and the site counts."""
    APPROVED = "approved"
    """Not at all: an approval in the data names the site."""
    UNPROVEN = "unproven"
    """Apart from all others: only labels, annotations and a name, which anybody may copy, show that it is ours."""


class ObjectRef(NamedTuple):
    """An object on a cluster."""

    cluster: str
    kind: Kind
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an object must not be handed over, and what to do. Quotes nothing of the object, which has private keys."""

    reason: str
    """A clause: ``tls.key does not match tls.crt``."""
    advice: str
    """The next step, with a command."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """How an object of one cluster becomes an object of another cluster.

    The source has private keys: it is read only for the hand-over, never stored, and not part of a plan.
    """

    source: ObjectRef
    compose: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any] | Refusal]
    """(body of the change, body of the source) -> body to create, or why there is none. Defined by the engine; total
    and pure; equal in equal plans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """A certificate that is made when a change is applied, so that its key is part of no plan."""

    subject: str
    """Its common name."""
    hosts: tuple[str, ...] = ()
    """DNS names and IP addresses that it is valid for."""
    signer: ObjectRef | None = None
    """The Secret whose CA signs it; None for a CA, which signs itself."""


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
    """UID of the object to delete; the API server rejects the delete if another object has this name by now. A
    patch that takes an object out of use has it as well, to say which one that is."""
    expects: str = ""
    """``resourceVersion`` that the object of a patch must still have, else nothing is written and it is read again."""
    drift: tuple[FieldDrift, ...] = ()
    hand_over: HandOver | None = None
    """Set if the object is composed from one of another cluster."""
    issuance: Issuance | None = None
    """Set if a patch also replaces the data of a Secret by a new certificate with its key."""
    waits_for: Wait | None = None
    """What must be observed on the clusters first; None if the change can be applied now."""
    admin: bool = False
    """True if it needs the cluster-admin account."""
    removal: bool = False
    """True if it takes a site, link or policy out of service."""
    counts: Counts = Counts.ONE
    """How the removal budget counts it, if it is a removal."""
    approval: str = ""
    """Where the data approves it, ``/dependencies/n.yml approvals[0]``; empty if it does not."""
    by_absence: bool = False
    """True if the only reason for it is that the data does not mention a site, marked ``delete`` or not."""
    link: Link | None = None
    """The link that it is a step of; None if it is about a site or a policy."""
    recorded: bool = False
    """True for a removal that the clusters record, so that the next plan counts it."""

    ordered: bool = False
    """True if an order asks for it, or records one: no guard over removals holds it."""
    disruption: Disruption | None = None
    """How it interrupts its site, which other sites of the network wait for; None if it does not."""

    if_forbidden: str = ""
    """The next step if the account may not make it, a clause; empty if the missing right says it all."""

    attended: bool = False
    """True if a run must see its effect: it is started only while the run may still wait."""

    @property
    def ready(self) -> bool:
        return self.waits_for is None

    @property
    def approved_site(self) -> SiteKey | None:
        """The site that an approval is used for by it; None if none is. The links of a site are part of its change."""
        return SiteKey(self.cluster, self.namespace) if self.approval and not self.link else None

    @property
    def counted(self) -> bool:
        """True if it counts against the removal budget as one."""
        return self.removal and self.counts is Counts.ONE

    @property
    def work_key(self) -> tuple[str, str]:
        """Changes with the same key are applied one after another, others in parallel."""
        return self.cluster, self.namespace


AGING_SITE = "aging-site"
"""Rule of the finding about certificates that expire in some months, which a run does not repeat."""

PENDING_SETTINGS = "pending-settings"
"""Rule of the finding about declared settings that are not in effect."""


RECREATE_SITE = "recreate site"
RESTART_CONTROLLER = "restart site-controller"
RECREATE_DEPLOYMENTS = "recreate both Deployments"
"""Steps that put a pending setting into effect."""


class PendingSetting(NamedTuple):
    """A declared setting that is not in effect."""

    name: str
    step: str
    """What puts it into effect: ``recreate site``."""


def pending_text(pending: Iterable[PendingSetting]) -> str:
    """For example ``pending: router-memory, routers (recreate both Deployments)``; empty if nothing is."""
    steps: dict[str, list[str]] = {}
    for setting in pending:
        steps.setdefault(setting.step, []).append(setting.name)
    found = "; ".join(f"{', '.join(settings)} ({step})" for step, settings in steps.items())
    return f"pending: {found}" if found else ""


class Changing(NamedTuple):
    """A change of a site that was made and has not taken effect yet."""

    reason: Reason
    """A clause: ``its router is being replaced``."""
    since: datetime | None


class SiteState(StrEnum):
    """The state of a site, declared or being removed."""

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    DOWN = "down"
    REMOVING = "removing"
    KEPT = "kept"
    """Not removed, because a guard over removals holds it."""
    MISSING = "missing"
    """Not declared, and not marked ``delete``: a later run removes it, unless it is declared again."""
    UNKNOWN = "unknown"
    """It could not be read."""
    SKIPPED = "skipped"
    """Nothing is written there: it is excluded, its data has an error, or it is foreign."""


class LinkState(StrEnum):
    """The state of a declared link."""

    WAITING = "waiting"
    REQUESTED = "requested"
    ISSUED = "issued"
    DELIVERED = "delivered"
    UP = "up"
    STANDBY = "standby"
    """Counts as up: an edge router has one active uplink and keeps the others on standby."""
    CUTTING = "cutting"
    """One of its sites is cut off by an order, and it is not seen gone yet."""
    CUT = "cut"
    """One of its sites is cut off by an order, so it must not exist."""
    SETTLING = "settling"
    """A router has just restarted: for two minutes its links may be missing in what both ends report."""
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
    began: datetime | None = None
    """When the link that it reports was established, by the clock of its router; None if it reports none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """The state of one declared link, with the observations of both ends."""

    network: str
    link: Link
    state: LinkState
    reason: str = ""
    """Why it is not up, or what it waits for; empty if up."""
    credential: str = ""
    """Name of the object with its credential, the same at both ends; empty while the issuer is not ready."""
    dialler: LinkObservation = LinkObservation(Verdict.UNKNOWN)
    issuer: LinkObservation = LinkObservation(Verdict.UNKNOWN)
    since: datetime | None = None
    """When the step that this link waits for has started; None if nothing is in progress."""
    waits_for: Wait | None = None
    """Set if a later run will create the link, once this is observed."""

    @property
    def converged(self) -> bool:
        """True if the link is as declared."""
        return self.state in {LinkState.UP, LinkState.STANDBY}

    @property
    def managed(self) -> bool:
        """False for a link that this run skips, or that is cut."""
        return self.state not in {LinkState.SKIPPED, LinkState.CUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """One site, declared or being removed."""

    network: str
    key: SiteKey
    name: str
    mode: str
    """``edge`` or ``interior``: what the router runs as, or will if there is none yet."""
    state: SiteState
    reason: str = ""
    version: str = ""
    """The version that runs."""
    since: datetime | None = None
    pending: tuple[PendingSetting, ...] = ()
    """Declared settings that are not in effect."""
    changing: Changing | None = None
    """What interrupts the site, or may still do so; no other site of its network is disrupted meanwhile."""
    cut_off: bool = False
    """True if it is down for no other reason than that none of its links works."""
    waits_for: Wait | None = None
    """Set if a later run will create the site, once this is observed."""
    remove_after: datetime | None = None
    """Of a missing site that is marked: when a run may remove it."""
    approvable: frozenset[ApprovedChange] = frozenset()
    """The changes that it needs, and gets only with an approval in the data."""
    certificates_expire: datetime | None = None
    """When the first of its own certificates expires; None if none could be read."""

    @classmethod
    def of(cls, site: Site, state: SiteState, reason: str = "", **rest: Any) -> Self:
        """Report a declared site."""
        mode = rest.pop("mode", "") or ("edge" if site.edge else "interior")
        return cls(
            network=site.network, key=site.key, name=site.name, mode=mode, state=state, reason=reason, **rest
        )

    @property
    def coming(self) -> bool:
        """True if the site is declared and not complete yet."""
        return self.state in {SiteState.ABSENT, SiteState.STARTING}

    @property
    def leaving(self) -> bool:
        """True if the site is being removed and not gone yet."""
        return self.state is SiteState.REMOVING

    @property
    def unfinished(self) -> bool:
        """True if the site is declared and not ready, or is being removed. What a run skips or keeps is neither."""
        return self.state in {
            SiteState.ABSENT,
            SiteState.STARTING,
            SiteState.DOWN,
            SiteState.UNKNOWN,
            SiteState.REMOVING,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalReport:
    """One approval that is valid now, and what uses it."""

    network: str
    place: str
    """Where it is in the data: ``/dependencies/n.yml approvals[0]``."""
    approval: Approval
    used_for: tuple[SiteKey, ...] = ()
    """The sites that the plan changes by it, now or in a later wave; empty if it is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Changes to apply now and later, and the state of sites and links."""

    changes: tuple[Change, ...] = ()
    links: tuple[LinkReport, ...] = ()
    sites: tuple[SiteReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    refused: tuple[Change, ...] = ()
    """Removals that a guard over the whole plan holds: shown, and not applied."""
    approvals: tuple[ApprovalReport, ...] = ()
    """The approvals in the data that are valid now."""
    budget: BudgetReport | None = None
    """The removal budget; None if there is none, or if nothing may be changed at all."""

    @property
    def ready(self) -> tuple[Change, ...]:
        """The changes that can be applied now."""
        return tuple(change for change in self.changes if change.ready)

    @property
    def unfinished(self) -> tuple[SiteReport | LinkReport, ...]:
        """The links that are not up and the sites that are not in their declared state, without those skipped."""
        links = (link for link in self.links if link.managed and not link.converged)
        return (*links, *(site for site in self.sites if site.unfinished))

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)
