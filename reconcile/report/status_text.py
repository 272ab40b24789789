"""The status of all networks as tables: sites, and each declared link as both of its ends see it.

What a run skips (because of a filter, or on a disabled cluster) is only counted, with the reason.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple

from reconcile.report import findings
from reconcile.report.lines import link_summary
from reconcile.report.printable import all_printable
from reconcile.report.tables import ARROW, Row, folded, table
from reconcile.report.wording import age, counted, painted
from reconcile.skupper.plan import (
    LinkObservation,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
    SiteState,
    Verdict,
)

MARKS = {
    SiteState.READY: "✓",
    LinkState.UP: "✓",
    LinkState.STANDBY: "✓",
    SiteState.ABSENT: "✗",
    LinkState.DOWN: "✗",
    LinkState.UNKNOWN: "?",
    SiteState.KEPT: "·",
}
"""One character per state of sites and links; states in progress share ``…``."""

_IN_PROGRESS, _SKIPPED = "…", "·"
_SITES = Row(("SITE", "MODE", "STATE", "VERSION", "AGE"), note="NOTE")
_LINKS = Row(("LINK", "STATE", "SEEN BY DIALLER", "SEEN BY ISSUER", "AGE"), note="NOTE")
_SEEN = {Verdict.UP: "up", Verdict.ABSENT: "absent", Verdict.SILENT: "(edge)", Verdict.UNKNOWN: "unknown"}


_Arrange = Callable[[Sequence[Row]], list[str]]


def text(plan: Plan, now: datetime, *, width: int | None = None, colour: bool = False) -> str:
    """All networks, each with its sites and links, then findings and the summary; no trailing newline.

    `width` is that of the terminal in columns; None means that lines may be of any length.
    """
    plan = all_printable(plan)
    arrange: _Arrange = partial(table, colour=colour)
    if width is not None and _widest(plan, now) > width:
        arrange = partial(folded, width=width, colour=colour)
    blocks = ["\n".join(_network(network, now, arrange, colour=colour)) for network in _networks(plan)]
    notes = [findings.line(finding) for finding in plan.findings]
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else []), _ending(plan)])


def _widest(plan: Plan, now: datetime) -> int:
    """Columns of the widest line of any table; one form is used for all of them."""
    lines = (line for network in _networks(plan) for line in _network(network, now, table))
    return max(map(len, lines), default=0)


class _Network(NamedTuple):
    name: str
    sites: Sequence[SiteReport]
    links: Sequence[LinkReport]


def _networks(plan: Plan) -> list[_Network]:
    """Sites and links by network, sorted by name; undeclared sites last."""
    ordered = sorted(plan.sites, key=lambda site: (not site.network, site.network, site.key))
    return [
        _Network(name, list(sites), [link for link in plan.links if link.network == name])
        for name, sites in groupby(ordered, key=lambda site: site.network)
    ]


def _ending(plan: Plan) -> str:
    """The summary and, if a run would change something, the command that shows what."""
    if not plan.changes:
        return link_summary(plan)
    changes = counted(len(plan.changes), "change")
    return f"{link_summary(plan)}\nA run would apply {changes}. To see what, run: qontract-skupper plan"


def _network(network: _Network, now: datetime, arrange: _Arrange, *, colour: bool = False) -> list[str]:
    name, sites, links = network
    seen_sites = [_site(site, now) for site in sites if site.state is not SiteState.SKIPPED]
    seen_links = [_link(link, now) for link in links if link.managed]
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
    """One line per reason: how many sites and links it concerns."""
    left_sites = Counter(site.reason for site in sites if site.state is SiteState.SKIPPED)
    left_links = Counter(link.reason for link in links if not link.managed)
    mark = painted(_SKIPPED, colour=colour)
    lines = []
    for reason in sorted({*left_sites, *left_links}):
        counts = [(left_sites[reason], "site"), (left_links[reason], "link")]
        what = ", ".join(counted(number, noun) for number, noun in counts if number)
        lines.append(f"  {mark}  skipped: {what} ({reason})")
    return lines


def _site(site: SiteReport, now: datetime) -> Row:
    return Row(
        (str(site.key), site.mode or "-", site.state, site.version or "-", age(site.since, now)),
        mark=MARKS.get(site.state, _IN_PROGRESS),
        note=site.reason,
    )


def _link(link: LinkReport, now: datetime) -> Row:
    cells = (
        f"{link.link.dialler}{ARROW}{link.link.issuer}",
        link.state.value,
        _seen(link.dialler, now),
        _seen(link.issuer, now),
        age(link.since, now),
    )
    return Row(cells, mark=MARKS.get(link.state, _IN_PROGRESS), note=link.reason)


def _seen(observation: LinkObservation, now: datetime) -> str:
    if observation.verdict is Verdict.UNKNOWN and observation.at is None:
        return "-"
    seen = _SEEN[observation.verdict]
    return (
        seen
        if observation.at is None or observation.verdict is Verdict.SILENT
        else f"{seen}, {age(observation.at, now)} ago"
    )
