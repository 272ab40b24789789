"""The status of all networks as tables: sites, and each declared link with what both its ends say."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from reconcile.report import findings
from reconcile.report.ages import age
from reconcile.skupper.plan import Evidence, LinkReport, LinkState, Plan, Sight, SiteReport

MARKS = {
    LinkState.UP: "✓",
    LinkState.STANDBY: "✓",
    LinkState.DOWN: "✗",
    LinkState.UNKNOWN: "?",
    LinkState.LEFT_ALONE: "·",
}
"""One character a state; states on the way up share ``…``."""

_COLOURS = {"✓": "\033[32m", "✗": "\033[31m", "?": "\033[33m", "…": "\033[33m", "·": "\033[2m"}


def text(plan: Plan, now: datetime, *, colour: bool = False) -> str:
    """All networks, each with its sites and links, then findings and the verdict; no trailing newline."""
    blocks = [
        _network(name, list(sites), plan.links, now, colour=colour)
        for name, sites in groupby(
            sorted(plan.sites, key=lambda site: (site.network, site.key)), key=lambda site: site.network
        )
    ]
    notes = "\n".join(findings.line(finding) for finding in plan.findings)
    return "\n\n".join([*blocks, *([notes] if notes else []), verdict(plan)])


def verdict(plan: Plan) -> str:
    """One line: how many declared links are up, how many of them in reserve, and how many are not."""
    managed = [link for link in plan.links if link.managed]
    good = sum(link.settled for link in managed)
    reserve = sum(link.state is LinkState.STANDBY for link in managed)
    left = len(plan.links) - len(managed)
    tail = (f", {reserve} of them on standby" if reserve else "") + (f", {left} left alone" if left else "")
    if good < len(managed):
        return f"{len(managed) - good} of {len(managed)} declared links are not up{tail}."
    return f"All {good} declared links are up{tail}." if managed else f"No declared links{tail}."


def _network(
    name: str, sites: Sequence[SiteReport], links: Sequence[LinkReport], now: datetime, *, colour: bool
) -> str:
    rows = [["SITE", "MODE", "STATE", "VERSION", "AGE", "NOTE"]]
    rows += [
        [str(site.key), site.mode or "-", site.state, site.version or "-", age(site.since, now), site.reason]
        for site in sites
    ]
    own = [link for link in links if link.network == name]
    link_rows = [["", "LINK", "STATE", "DIALLER SAYS", "ISSUER SAYS", "AGE", "NOTE"]]
    link_rows += [_link(link, now) for link in own]
    title = f"network {name}" if name else "not declared"
    parts = [title, *_table(rows, indent="  ", colour=colour)]
    if own:
        parts += ["", *_table(link_rows, indent="  ", colour=colour)]
    return "\n".join(parts)


def _link(link: LinkReport, now: datetime) -> list[str]:
    return [
        MARKS.get(link.state, "…"),
        f"{link.link.dialler} → {link.link.issuer}",
        link.state.value,
        _says(link.dialler, now),
        _says(link.issuer, now),
        age(link.since, now),
        link.reason,
    ]


def _says(evidence: Evidence, now: datetime) -> str:
    if evidence.sight is Sight.UNKNOWN and evidence.at is None:
        return "-"
    word = {Sight.UP: "up", Sight.ABSENT: "absent", Sight.SILENT: "(edge)", Sight.UNKNOWN: "unknown"}
    told = word[evidence.sight]
    return told if evidence.sight is Sight.SILENT else f"{told}, {age(evidence.at, now)} ago"


def _table(rows: Sequence[Sequence[str]], *, indent: str, colour: bool) -> list[str]:
    """Columns aligned by two spaces; the last one may be as long as it wants."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if colour and row[0] in _COLOURS:
            cells[0] = f"{_COLOURS[row[0]]}{row[0]}\033[0m"
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
