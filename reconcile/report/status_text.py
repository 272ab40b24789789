"""The status of all networks as tables: sites, and each declared link as both of its ends see it.

What is broken comes first: networks, and sites and links within each. A cause is shown once, in the first row that it
applies to; other rows refer to that row. What a run skips (because of a filter, or on a disabled cluster) is
only counted, with the reason.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from reconcile.findings import Finding
from reconcile.report import findings, narrowing
from reconcile.report.lines import link_summary
from reconcile.report.printable import all_printable, printable
from reconcile.report.tables import ARROW, NARROWEST, Row, folded, table, wrapped
from reconcile.report.wording import age, counted, painted
from reconcile.skupper.plan import (
    PENDING_SETTINGS,
    LinkObservation,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
    SiteState,
    Verdict,
    pending_text,
)

MARKS = {
    SiteState.READY: "✓",
    LinkState.UP: "✓",
    LinkState.STANDBY: "✓",
    SiteState.ABSENT: "✗",
    LinkState.DOWN: "✗",
    LinkState.UNKNOWN: "?",
    SiteState.KEPT: "·",
    SiteState.MISSING: "?",
}
"""One character per state of sites and links; states in progress share ``…``."""

_IN_PROGRESS, _SKIPPED = "…", "·"
_ORDER = "✗?…✓·"
"""Marks in the order of their rows."""
_SITES = Row(("SITE", "MODE", "STATE", "VERSION", "AGE"), note="NOTE")
_LINKS = Row(("LINK", "STATE", "SEEN BY DIALLER", "SEEN BY ISSUER", "AGE"), note="NOTE")
_SEEN = {Verdict.UP: "up", Verdict.ABSENT: "absent", Verdict.SILENT: "(edge)", Verdict.UNKNOWN: "unknown"}


_Arrange = Callable[[Sequence[Row]], list[str]]


def text(
    plan: Plan,
    now: datetime,
    *,
    width: int | None = None,
    colour: bool = False,
    only_broken: bool = False,
) -> str:
    """All networks, each with its sites and links, then findings and the summary; no trailing newline.

    `width` is that of the terminal in columns; None means that lines may be of any length. With `only_broken` what is
    as declared is left out of the tables; the summary counts it.
    """
    plan = all_printable(plan)
    ending = _ending(plan)
    if only_broken:
        plan = narrowing.of_broken(plan)
    arrange: _Arrange = partial(table, colour=colour)
    if width is not None and _widest(plan, now) > width:
        arrange = partial(folded, width=width, colour=colour)
    blocks = ["\n".join(_network(network, now, arrange, colour=colour)) for network in _networks(plan)]
    # What is pending stands beside its site.
    others = [finding for finding in plan.findings if finding.rule != PENDING_SETTINGS]
    notes = [line for finding in others for line in _finding(finding, width)]
    if width is not None:
        ending = "\n".join(
            part for line in ending.splitlines() for part in wrapped(line, max(width, NARROWEST))
        )
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else []), ending])


def _finding(finding: Finding, width: int | None) -> list[str]:
    """One line; on a narrow terminal several, with the rule before the message, since that may end in a command."""
    line = findings.line(finding)
    if width is None or len(line) <= width:
        return [line]
    where = f"{finding.datafile}: " if finding.datafile else ""
    at = f" at {finding.dotted}" if finding.pointer else ""
    head = f"{where}{finding.severity} [{finding.rule}]{at}: {printable(finding.message)}"
    return wrapped(head, max(width, NARROWEST), rest="  ")


def _widest(plan: Plan, now: datetime) -> int:
    """Columns of the widest line of any table; one form is used for all of them."""
    lines = (line for network in _networks(plan) for line in _network(network, now, table))
    return max(map(len, lines), default=0)


class _Network(NamedTuple):
    name: str
    sites: Sequence[SiteReport]
    links: Sequence[LinkReport]


def _networks(plan: Plan) -> list[_Network]:
    """Sites and links by network: first what is broken, then by name; undeclared sites last."""
    names = {site.network for site in plan.sites} | {link.network for link in plan.links}
    found = [
        _Network(
            name,
            sorted(
                (site for site in plan.sites if site.network == name),
                key=lambda site: (_rank(site), site.key),
            ),
            sorted((link for link in plan.links if link.network == name), key=_rank),
        )
        for name in sorted(names)
    ]
    return sorted(found, key=lambda network: (not network.name, _worst(network)))


def _rank(report: SiteReport | LinkReport) -> int:
    """Orders rows of a table: broken, unknown, in progress, as declared."""
    mark = MARKS.get(report.state, _IN_PROGRESS)
    return _ORDER.index(mark)


def _worst(network: _Network) -> int:
    return min((*map(_rank, network.sites), *map(_rank, network.links)), default=len(_ORDER))


def _ending(plan: Plan) -> str:
    """The summary and, if a run would change something, the command that shows what."""
    if not plan.changes:
        return link_summary(plan)
    changes = counted(len(plan.changes), "change")
    return f"{link_summary(plan)}\nA run would apply {changes}. To see what, run: qontract-skupper plan"


def _network(network: _Network, now: datetime, arrange: _Arrange, *, colour: bool = False) -> list[str]:
    name, sites, links = network
    causes = _Causes(sites)
    seen_sites = [_site(site, causes, now) for site in sites if site.state is not SiteState.SKIPPED]
    seen_links = [_link(link, causes, now) for link in links if link.managed]
    lines = [f"network {name}" if name else "not declared"]
    if seen_sites:
        lines += arrange([_SITES, *seen_sites])
    if seen_links:
        lines += ["", *arrange([_LINKS, *seen_links])]
    left = _skipped(sites, links, colour=colour)
    if left and (seen_sites or seen_links):
        lines.append("")
    return [*lines, *left]


def _skipped(sites: Sequence[SiteReport], links: Sequence[LinkReport], *, colour: bool) -> list[str]:
    """One line per state and reason: how many sites and links it concerns."""
    left_sites = Counter((site.state.value, site.reason) for site in sites if site.state is SiteState.SKIPPED)
    left_links = Counter((link.state.value, link.reason) for link in links if not link.managed)
    mark = painted(_SKIPPED, colour=colour)
    lines = []
    for state, reason in sorted({*left_sites, *left_links}):
        counts = [(left_sites[state, reason], "site"), (left_links[state, reason], "link")]
        what = ", ".join(counted(number, noun) for number, noun in counts if number)
        lines.append(f"  {mark}  {state}: {what} ({reason})")
    return lines


class _Causes:
    """Which causes have been shown in the tables of one network, and where."""

    def __init__(self, sites: Sequence[SiteReport]) -> None:
        self._sites = {site.key: site.reason for site in sites if site.reason}
        self._shown: dict[str, str] = {}

    def once(self, reason: str, at: str) -> str:
        """The reason, or the row that shows it."""
        first = self._shown.setdefault(reason, at) if reason else at
        return reason if first == at else f"see {first}"

    def of_link(self, link: LinkReport) -> str:
        """Why a link is not up; a cause that lies with one of its sites is shown there, in full."""
        for key in (link.link.dialler, link.link.issuer):
            full = self._sites.get(key, "")
            short = link.reason.removeprefix("issuer ").removeprefix(f"{key}: ")
            if full and short and full.startswith(short):
                return f"see {key}"
        return self.once(link.reason, str(link.link))


def _site(site: SiteReport, causes: _Causes, now: datetime) -> Row:
    return Row(
        (str(site.key), site.mode or "-", site.state, site.version or "-", age(site.since, now)),
        mark=MARKS.get(site.state, _IN_PROGRESS),
        note="; ".join(filter(None, (causes.once(site.reason, str(site.key)), pending_text(site.pending)))),
    )


def _link(link: LinkReport, causes: _Causes, now: datetime) -> Row:
    cells = (
        f"{link.link.dialler}{ARROW}{link.link.issuer}",
        link.state.value,
        _seen(link.dialler, now),
        _seen(link.issuer, now),
        age(link.since, now),
    )
    return Row(cells, mark=MARKS.get(link.state, _IN_PROGRESS), note=causes.of_link(link))


def _seen(observation: LinkObservation, now: datetime) -> str:
    if observation.verdict is Verdict.UNKNOWN and observation.at is None:
        return "-"
    seen = _SEEN[observation.verdict]
    return (
        seen
        if observation.at is None or observation.verdict is Verdict.SILENT
        else f"{seen}, {age(observation.at, now)} ago"
    )
