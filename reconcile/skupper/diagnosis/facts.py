"""What checks may know: the plan and its input, further reads of a few namespaces, and what probes found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from reconcile.findings import Reason
from reconcile.kinds import Kind
from reconcile.skupper.certificates import Certificate
from reconcile.skupper.live import LiveObject
from reconcile.skupper.plan import LinkReport, Plan, SiteReport
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link

T = TypeVar("T")


class Address(NamedTuple):
    """Where a router is dialled."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RouterPod:
    """How the router of a dialler runs, for a pod that dials in its place."""

    image: str = ""
    """Empty if there is no router."""
    spec: Mapping[str, Any] = field(default_factory=dict)
    """Fields of its pod that a pod beside it should share: where it may run, how its image is pulled, its DNS."""
    container: str = ""
    """How ``oc exec`` names it: ``deploy/skupper-router -c router``."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """What a link should find where it dials, as its engine computes it from the issuer."""

    address: Address | None = None
    """None if there is none yet."""
    missing: Reason | None = None
    """What the address waits for."""
    certificate: Certificate = Certificate()
    """The certificate that the issuer should present; without a fingerprint if it is not known."""
    inside: bool = False
    """True if the address is known inside of the issuer's cluster only, so that nothing can be tried from here."""
    router: RouterPod = RouterPod()
    """The router that dials."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a probe found at one address. Each step is tried only if the one before succeeded."""

    addresses: tuple[str, ...] = ()
    """What the host resolves to."""
    not_resolved: Reason | None = None
    connected: bool = False
    not_connected: Reason | None = None
    presented: Certificate | None = None
    """The certificate that was presented; None if the handshake did not get so far."""
    no_handshake: Reason | None = None
    origin: SiteKey | None = None
    """In which namespace the pod was that tried it; None: it was this machine."""
    leftover: Reason | None = None
    """Why the Job of that pod is still there."""


@dataclass(frozen=True, slots=True)
class Untried:
    """Why no pod tried an address."""

    origin: SiteKey
    """The namespace of the dialler."""
    reason: Reason
    hint: str = ""
    """What to do about it."""
    arguments: str = ""
    """Of ``oc`` in that namespace, to see more or to mend it; empty if there is nothing to run."""
    leftover: Reason | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Why something could not be read."""

    reason: Reason
    forbidden: bool = False
    """True if a right is missing; the reason names it."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What an account may do in a namespace."""

    rules: tuple[Mapping[str, Any], ...] = ()
    """As in a Role: ``apiGroups``, ``resources``, ``verbs``, ``resourceNames``."""
    incomplete: bool = False
    """True if there may be more, since an authorizer of the server cannot list its rules."""


@dataclass(frozen=True, slots=True)
class Details:
    """What was read of one namespace besides the snapshot of its cluster."""

    objects: Mapping[Kind, tuple[LiveObject, ...]] = field(default_factory=dict)
    """All objects of a kind; empty where the cluster does not serve the kind. A kind that is in neither map was not
    asked for."""
    unread: Mapping[Kind, Unread] = field(default_factory=dict)
    rights: Rights | Unread = Unread("they were not asked for")
    """What the account may do in the namespace, as the API server says."""

    def of(self, kind: Kind) -> tuple[LiveObject, ...] | Unread:
        if kind in self.objects:
            return self.objects[kind]
        return self.unread.get(kind, Unread(f"{kind.plural} were not read"))


@dataclass(frozen=True)
class Facts:
    """Everything that a diagnosis depends on."""

    inputs: PlanInput
    plan: Plan = field(default_factory=Plan)
    details: Mapping[SiteKey, Details] = field(default_factory=dict)
    dialled: Mapping[Link, Dialled] = field(default_factory=dict)
    reached: Mapping[Link, Reach | Untried] = field(default_factory=dict)
    """What probes found; no entry: the address was not dialled."""
    _derived: dict[Callable[["Facts"], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def now(self) -> datetime:
        return self.inputs.now

    def detail(self, key: SiteKey) -> Details:
        return self.details.get(key, Details())

    def site_report(self, key: SiteKey) -> SiteReport | None:
        """The state of a declared site in the plan."""
        return self.derived(_sites).get(key)

    def link_report(self, link: Link) -> LinkReport | None:
        """The state of a declared link in the plan."""
        return self.derived(_links).get(link)

    def derived(self, compute: Callable[["Facts"], T]) -> T:
        """What a pure function makes of these facts, computed once."""
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        found: T = self._derived[compute]
        return found


def _sites(facts: Facts) -> dict[SiteKey, SiteReport]:
    return {report.key: report for report in facts.plan.sites}


def _links(facts: Facts) -> dict[Link, LinkReport]:
    return {report.link: report for report in facts.plan.links}
