"""Which removals have to wait because a site would lose its last working link.

A removal waits for all declared links of both its ends that this run manages, except those that cannot show while a
token is in use that is to be removed: between the same two sites in the opposite direction, or as a standby uplink.
These are proven while the token is parked. A declared link that is skipped (its
cluster disables the integration, a filter excludes it, its namespace does not exist yet, its data is refused) may
never come up. It holds a removal only while the site has no other working link, and a finding reports what is held
and how to end it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconcile import INTEGRATION
from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.plan import LinkObservation, LinkReport, LinkState, Verdict
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import observations
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.observations import Identity
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.waits import Wait, WaitKind


@dataclass(frozen=True, slots=True)
class Hold:
    """Why one removal has to wait."""

    waits_for: Wait
    """What ends the wait, as ``Change.waits_for`` has it."""
    finding: Finding | None = None
    """Set where this run alone cannot end the wait."""


class Converged:
    """A guard over removals: the declared links of every site that loses a link are up, or are not needed."""

    def __init__(self, desired: DesiredState, reports: Iterable[LinkReport], observed: ObservedState) -> None:
        self._observed = observed
        self._inputs = observed.inputs
        self._sites = {site.key: site for entry in desired.networks for site in entry.wanted}
        self._reports: dict[SiteKey, list[LinkReport]] = {}
        for report in reports:
            for end in (report.link.dialler, report.link.issuer):
                self._reports.setdefault(end, []).append(report)

    def hold_token(self, secret: LinkSecret) -> Hold | None:
        """Say why the token of an undeclared link must stay for now; None if it may go."""
        ends = sorted({secret.link.dialler, secret.link.issuer})
        for report in (report for end in ends for report in self._of(end)):
            if report.managed and not report.converged and not self._hidden(report):
                return Hold(_linked(report))
        for end in ends:
            working = any(
                self._works(report, ends) or self._hides(secret, report) for report in self._of(end)
            )
            skipped = [report for report in self._of(end) if not report.managed]
            if skipped and not working:
                consequence = f"the undeclared link {secret.link} remains"
                force = _command(secret.at, f"secret {secret.name}")
                return self._kept(secret.at, end, skipped[0], consequence, force)
        return None

    def hidden(self, secret: LinkSecret) -> list[LinkReport]:
        """The declared links of which it cannot be seen, while this token is in use, whether they work."""
        found = [
            report
            for report in self._of(secret.link.dialler)
            if report.managed and not report.converged and _opposite(secret, report)
        ]
        return found or self._standby(secret)

    def unproven(self, secret: LinkSecret) -> list[LinkReport]:
        """The declared links that still have to come up without this parked token."""
        dialler, ends = secret.link.dialler, (secret.link.dialler, secret.link.issuer)
        reports = self._of(dialler)
        found = [report for report in reports if _opposite(secret, report) and not self._works(report, ends)]
        if found or not self._edge(dialler):
            return found
        uplinks = [report for report in reports if report.link.dialler == dialler]
        # An uplink on standby is not in use either: it counts as working only while another one is.
        used = any(report.state is not LinkState.STANDBY and self._works(report, ends) for report in uplinks)
        return [] if used else uplinks

    def _standby(self, secret: LinkSecret) -> list[LinkReport]:
        """The declared uplinks of an edge site if none of them is in use, but maybe that of this token.

        Another undeclared uplink that is on standby itself hides nothing. It goes first: once the one in use is parked,
        it would take over before the declared ones do.
        """
        dialler = secret.link.dialler
        if self._edge(dialler) and self.seen(secret.link)[0].verdict is Verdict.ABSENT:
            return []
        uplinks = [
            report for report in self._of(dialler) if report.managed and report.link.dialler == dialler
        ]
        unused = self._edge(dialler) and all(report.state is LinkState.STANDBY for report in uplinks)
        return uplinks if unused else []

    def _edge(self, key: SiteKey) -> bool:
        site = self._sites.get(key)
        return site is not None and site.edge

    def seen(self, link: Link) -> tuple[LinkObservation, LinkObservation]:
        """What dialler and issuer of a link report about it."""
        dialler, issuer = self._observed.site(link.dialler), self._observed.site(link.issuer)
        now = self._inputs.now
        return (
            observations.of_dialler(dialler, issuer, now),
            observations.of_issuer(dialler, issuer, now, dialler_is_edge=self._edge(link.dialler)),
        )

    def hold_site(self, live: LiveSite) -> Hold | None:
        """Say why a site must stay for a neighbour whose own Secrets cannot be seen; None if it may go."""
        for end in self._unseen_neighbours(live):
            reports = self._of(end)
            if reports and not any(self._works(report, [live.key]) for report in reports):
                force = _command(live.key, "configmap skupper-site")
                return self._kept(live.key, end, reports[0], f"the site {live.key} remains", force)
        return None

    def _of(self, end: SiteKey) -> Sequence[LinkReport]:
        return self._reports.get(end, ())

    def _hidden(self, report: LinkReport) -> bool:
        """True if any token that is to be removed keeps a declared link from showing."""
        return any(self._hides(secret, report) for secret in self._opposite_tokens(report))

    def _opposite_tokens(self, report: LinkReport) -> Iterator[LinkSecret]:
        opposite = Link(report.link.issuer, report.link.dialler)
        return (secret for secret in self._observed.secrets_of(opposite) if secret.delivered)

    def _hides(self, secret: LinkSecret, report: LinkReport) -> bool:
        """True if a declared link does not show because this one runs the other way between the same sites.

        Two routers show one record for all connections between them, so the declared link shows when this one is
        gone. It is ready as soon as the router that dials has its connector.
        """
        return (
            _opposite(secret, report)
            and bool(report.credential)
            and report.credential in self._observed.site(report.link.dialler).router_config.connectors
        )

    def _works(self, report: LinkReport, near: Sequence[SiteKey]) -> bool:
        """True if a declared link is up; one that is skipped is judged by the sites that can still be read.

        Every site reports the whole network as it sees it. The ends of the link and the sites `near` it are consulted.
        """
        if report.managed:
            return report.converged
        dialler, issuer = self._identity(report.link.dialler), self._identity(report.link.issuer)
        verdicts = {
            observations.of_any(self._observed.site(observer), dialler, issuer, self._inputs.now)
            for observer in {report.link.dialler, report.link.issuer, *near}
            if self._readable(observer)
        }
        return Verdict.UP in verdicts and Verdict.ABSENT not in verdicts

    def _unseen_neighbours(self, live: LiveSite) -> Iterator[SiteKey]:
        """Declared sites in namespaces that this run may not change and that this site reports links with."""
        if not live.site_id or live.router_down(self._inputs.now):
            return
        names = observations.neighbours(live)
        for key, site in self._sites.items():
            if site.name in names and not self._observed.may_write(key):
                yield key

    def _identity(self, key: SiteKey) -> Identity:
        site = self._sites.get(key)
        site_id = self._observed.site(key).site_id if self._readable(key) else ""
        return Identity(site_id, site.name if site else "", edge=site is not None and site.edge)

    def _readable(self, key: SiteKey) -> bool:
        return not self._inputs.snapshot(key.cluster).problem_in(key.namespace)

    def _kept(self, at: SiteKey, end: SiteKey, report: LinkReport, consequence: str, force: str) -> Hold:
        state = f"is {report.state}" if report.managed else "is skipped"
        message = (
            f"{consequence}: without it {end} has no link that is known to work, since its declared link {report.link} "
            f"{state} ({report.reason}). {self._next_step(report)}; to delete it anyway, run {force}"
        )
        finding = Finding(
            rule="last-link",
            severity=Severity.WARNING,
            message=message,
            subject=SiteSubject(at.cluster, at.namespace, report.network),
        )
        return Hold(_linked(report, f" ({state.removeprefix('is ')}: {report.reason})"), finding)

    def _next_step(self, report: LinkReport) -> str:
        for key in (report.link.dialler, report.link.issuer):
            cluster = self._inputs.desired.clusters.get(key.cluster)
            if cluster and cluster.disabled:
                return f"Remove {INTEGRATION} from disable.integrations of cluster {key.cluster}"
            if cluster and not self._inputs.selection.covers(cluster, key.namespace):
                return f"Run without {self._inputs.selection.text}"
            if key.namespace in self._inputs.snapshot(key.cluster).missing_namespaces:
                return f"Create namespace {key.namespace} on cluster {key.cluster}"
        return "Fix that so that the link can come up"


def _opposite(secret: LinkSecret, report: LinkReport) -> bool:
    return (report.link.dialler, report.link.issuer) == (secret.link.issuer, secret.link.dialler)


def _linked(report: LinkReport, why_not: str = "") -> Wait:
    return Wait(WaitKind.LINKED, str(report.link), f"the declared link {report.link} is up{why_not}")


def _command(at: SiteKey, what: str) -> str:
    return f"on cluster {at.cluster}: oc -n {at.namespace} delete {what}"
