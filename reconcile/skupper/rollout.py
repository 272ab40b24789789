"""Makes the changes of a network that disrupt sites wait for their turn (``waves``), and says what they interrupt.

The same for every engine: an engine says of a change how it disrupts its site, and of a site what is not over yet.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconcile.findings import Finding, NetworkSubject, Severity, SiteSubject
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.plan import (
    PENDING_SETTINGS,
    RECREATE_SITE,
    Change,
    LinkReport,
    LinkState,
    PendingSetting,
    Plan,
    SiteReport,
    SiteState,
    pending_text,
)
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.waits import Wait, WaitKind
from reconcile.skupper.waves import Disruption, Obstacle, Paths, Situation, Turn, turns

PASSES_WITHIN = timedelta(minutes=5)
"""What takes longer than this is broken: a site is created in two minutes, a link is up two minutes after that."""

_MOST = 3


def in_turns(part: Plan, network: ResolvedNetwork, selection: Selection, now: datetime) -> Plan:
    """The plan of one network with every disruption in its wave; findings say what is interrupted, and what stops.

    Whether a site works that the `selection` excludes is unknown, so none of the others is disrupted.
    """
    wanted = _wanted(part.changes)
    declared = Paths([report.link for report in part.links], _edges(network))
    excluded = list(_excluded(network, selection)) if wanted else []
    found = turns(wanted, _situation(part, wanted, declared, excluded, now)) if wanted else {}
    rollout = _Rollout(network.identifier, wanted, found, declared, _steps(part.changes))
    sites = tuple(map(rollout.pending, part.sites))
    return replace(
        part,
        changes=tuple(map(rollout.wait, part.changes)),
        sites=sites,
        findings=(*part.findings, *_pending(sites), *rollout.findings(), *_skew(network.identifier, sites)),
    )


def _excluded(network: ResolvedNetwork, selection: Selection) -> Iterator[Obstacle]:
    for site in network.wanted:
        if not selection.covers(site.cluster, site.namespace):
            text = f"{selection.text} excludes {site.key}: run without it"
            yield Obstacle(frozenset({site.key}), text)


def _situation(
    part: Plan, wanted: Container[SiteKey], declared: Paths, excluded: list[Obstacle], now: datetime
) -> Situation:
    # A link that cannot be made before one of its ends is recreated must not hold up just that.
    links = [link for link in part.links if link.state is not LinkState.WAITING or not _of(link, wanted)]
    return Situation(
        declared=declared,
        up=Paths([report.link for report in part.links if report.converged], declared.edges),
        obstacles=[*excluded, *_obstacles(part.sites, links, now)],
        now=now,
    )


def _of(report: LinkReport, sites: Container[SiteKey]) -> bool:
    return report.link.dialler in sites or report.link.issuer in sites


def _wanted(changes: Iterable[Change]) -> dict[SiteKey, Disruption]:
    by_site: dict[SiteKey, list[Disruption]] = {}
    for change in changes:
        if change.disruption:
            by_site.setdefault(SiteKey(change.cluster, change.namespace), []).append(change.disruption)
    return {key: Disruption.worst(found) for key, found in by_site.items()}


def _steps(changes: Iterable[Change]) -> dict[SiteKey, frozenset[str]]:
    found: dict[SiteKey, frozenset[str]] = {}
    for change in changes:
        if change.disruption:
            key = SiteKey(change.cluster, change.namespace)
            found[key] = found.get(key, frozenset()) | {change.disruption.step}
    return found


def _edges(network: ResolvedNetwork) -> frozenset[SiteKey]:
    return frozenset(site.key for site in network.sites if site.edge)


def _obstacles(sites: Iterable[SiteReport], links: Iterable[LinkReport], now: datetime) -> Iterator[Obstacle]:
    """Whatever is not as declared, or not known to be. What a run skips is neither: its links do not count as up."""
    for site in sites:
        own = frozenset({site.key})
        recent = bool(site.changing and is_recent(site.changing.since, now))
        if site.changing and (recent or not site.unfinished):
            yield Obstacle(own, f"{site.key}: {site.changing.reason}", passing=recent)
        elif site.coming:
            recent = site.since is None or is_recent(site.since, now)
            yield Obstacle(own, f"{site.key} is {site.state}: {site.reason}", passing=recent)
        elif site.unfinished and not site.cut_off:
            yield Obstacle(own, f"{site.key} is {site.state}: {site.reason}")
    for link in links:
        if link.managed and not link.converged:
            ended = link.state in {LinkState.DOWN, LinkState.UNKNOWN}
            yield Obstacle(
                frozenset({link.link.dialler, link.link.issuer}),
                f"link {link.link} is {link.state}: {link.reason}",
                passing=not ended and is_recent(link.since, now),
            )


def is_recent(since: datetime | None, now: datetime) -> bool:
    """True if what began then is likely to end by itself."""
    return since is not None and abs(now - since) < PASSES_WITHIN


@dataclass(frozen=True, slots=True)
class _Rollout:
    """The disruptions of one network with their turns."""

    network: str
    wanted: Mapping[SiteKey, Disruption]
    turns: Mapping[SiteKey, Turn]
    declared: Paths
    steps: Mapping[SiteKey, frozenset[str]]
    """Site -> the steps of pending settings that its disruptions put into effect."""

    def wait(self, change: Change) -> Change:
        """A change that disrupts its site: with what it interrupts, and deferred until it is its turn."""
        key = SiteKey(change.cluster, change.namespace)
        turn = self.turns.get(key)
        if change.disruption is None or turn is None:
            return change
        reason = change.reason + self._consequence(key, change.disruption)
        if turn.now or change.waits_for:
            return replace(change, reason=reason)
        held = f" ({turn.obstacle.reason})" if turn.obstacle and not turn.obstacle.passing else ""
        latest = self.wanted[key].latest
        if held and latest:
            held += f", or at {latest:%H:%M} UTC"
        wait = Wait(
            WaitKind.STOPPED if turn.stopped else WaitKind.TURN,
            str(key),
            f"{turn} begins{held}",
            shown_at=tuple(sorted(turn.obstacle.sites)) if turn.obstacle else (),
        )
        return replace(change, reason=reason, waits_for=wait)

    def _consequence(self, key: SiteKey, disruption: Disruption) -> str:
        around = sorted(self.declared.of(key))
        if not disruption.breaks_links or not around:
            return ""
        links = f"{len(around)} links are" if len(around) > 1 else "only link is"
        return f"; its {links} down for about {_seconds(disruption)}"

    def pending(self, site: SiteReport) -> SiteReport:
        """A site whose settings wait for its turn says so."""
        turn = self.turns.get(site.key)
        if turn is None or turn.now:
            return site
        steps = self.steps[site.key]
        pending = tuple(
            PendingSetting(name, f"{step}: {turn}" if step in steps else step) for name, step in site.pending
        )
        return replace(site, pending=pending)

    def findings(self) -> Iterator[Finding]:
        """What is interrupted without a second path, and what keeps waves from going on."""
        for key, turn in self.turns.items():
            if turn.interrupts:
                yield self._interruption(key, turn)
        stopped = [key for key, turn in self.turns.items() if turn.stopped]
        if not stopped or len(stopped) < len(self.turns):
            return
        obstacle = self.turns[stopped[0]].obstacle
        yield Finding(
            rule="stopped-waves",
            severity=Severity.WARNING,
            message=(
                f"network {self.network}: {_some(stopped)} wait to be changed, one site at a time, and "
                f"{obstacle.reason if obstacle else ''}. Repair that, or take what is given up out of the data. To "
                "see all, run: qontract-skupper status"
            ),
            subject=NetworkSubject(self.network),
        )

    def _interruption(self, key: SiteKey, turn: Turn) -> Finding:
        disruption = self.wanted[key]
        return Finding(
            rule="interruption",
            severity=Severity.WARNING,
            message=(
                f"{key}: {disruption.effect} in {turn}, and {_some(turn.interrupts)} have no path of links without it: "
                f"they are cut off for about {_seconds(disruption)}. To avoid that, give them a second link "
                "(redundancy of the network) first"
            ),
            subject=SiteSubject(key.cluster, key.namespace, self.network),
        )


def _pending(sites: Iterable[SiteReport]) -> Iterator[Finding]:
    for site in sites:
        if site.pending:
            yield Finding(
                rule=PENDING_SETTINGS,
                severity=Severity.WARNING,
                message=f"{site.key}: {pending_text(site.pending)}{_approvable(site.pending)}",
                subject=SiteSubject(site.key.cluster, site.key.namespace, site.network),
            )


def _approvable(pending: Iterable[PendingSetting]) -> str:
    if all(setting.step != RECREATE_SITE for setting in pending):
        return ""
    return (
        ". A run recreates the site once approvals of its network have an entry for it with change: recreate"
    )


def _skew(network: str, sites: Iterable[SiteReport]) -> Iterator[Finding]:
    """Report sites of one network that run different versions, as long as they do."""
    versions: dict[str, list[SiteKey]] = {}
    for site in sites:
        if site.version and site.state is not SiteState.SKIPPED:
            versions.setdefault(site.version, []).append(site.key)
    if len(versions) > 1:
        each = "; ".join(f"{version} at {_some(keys)}" for version, keys in sorted(versions.items()))
        yield Finding(
            rule="version-skew",
            severity=Severity.WARNING,
            message=f"the sites of network {network} run different versions: {each}",
            subject=NetworkSubject(network),
        )


def _seconds(disruption: Disruption) -> str:
    return f"{int(disruption.downtime.total_seconds())} s"


def _some(keys: Sequence[SiteKey]) -> str:
    more = f" and {len(keys) - _MOST} more" if len(keys) > _MOST else ""
    return ", ".join(map(str, sorted(keys)[:_MOST])) + more
