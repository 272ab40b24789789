"""A plan as text: per network what changes and why, what has to wait, then findings and the summary.

Marks: ``+`` create, ``~`` update (with each field, live value -> desired value), ``-`` delete, ``.`` follows later in
the same run, once the clusters have done their part.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from reconcile.report import findings
from reconcile.report.lines import link_summary
from reconcile.report.printable import all_printable, printable
from reconcile.report.wording import counted, painted
from reconcile.skupper.drift import FieldDrift, Masked
from reconcile.skupper.plan import Change, Plan, Verb

LONGEST_VALUE = 80


def text(plan: Plan, *, title: str = "", colour: bool = False) -> str:
    """The whole plan as text, ending without a newline."""
    plan = all_printable(plan)
    lines = [title, ""] if title else []
    for _, changes in groupby(sorted(plan.changes, key=_section_key), key=_section_key):
        chapter = list(changes)
        lines.append(_heading(plan, chapter[0]))
        for _, block in groupby(chapter, key=_block_key):
            lines += _block(list(block), colour=colour)
        lines.append("")
    for finding in plan.findings:
        lines.append(findings.line(finding))
    if plan.findings:
        lines.append("")
    lines += [summary(plan), link_summary(plan)]
    return "\n".join(lines)


def summary(plan: Plan) -> str:
    """The count line: how many changes of which kind, how many of them remove something, how many follow later."""
    if not plan.changes:
        return "No changes."
    counts = {mark: sum(_mark(change) == mark for change in plan.changes) for mark in "+~-"}
    lost = sum(change.removal for change in plan.changes)
    # Used-up requests and tokens are deleted all the time; what a reader must not miss is what goes out of service.
    downtime = (
        f", {lost} of them taking a site, link or policy out of service"
        if lost
        else ", no downtime"
        if counts["-"]
        else ""
    )
    later = len(plan.changes) - len(plan.ready)
    following = (
        f" {later} of them (marked .) {'follows' if later == 1 else 'follow'} later in this run."
        if later
        else ""
    )
    summed = f"{counts['+']} to create, {counts['~']} to update, {counts['-']} to delete{downtime}"
    return f"Plan: {summed}.{following}"


def _section_key(change: Change) -> tuple[int, str]:
    """Order: cluster-wide objects, since sites need them; then the networks; then what is not declared."""
    if change.network:
        return 1, change.network
    return (2 if change.namespace else 0), ""


def _heading(plan: Plan, change: Change) -> str:
    if not change.network:
        return "not declared" if change.namespace else "cluster-wide"
    sites = sum(site.network == change.network for site in plan.sites)
    links = sum(link.network == change.network for link in plan.links)
    return f"network {change.network}: {counted(sites, 'site')}, {counted(links, 'link')}"


def _block_key(change: Change) -> tuple[str, ...]:
    """Changes that share this key are printed as one block."""
    return (change.cluster, change.namespace, _mark(change), change.reason, str(change.waits_for or ""))


def _block(changes: Sequence[Change], *, colour: bool) -> Iterator[str]:
    """Location and reason once, then one line per object."""
    first = changes[0]
    where = f"{first.cluster}/{first.namespace}" if first.namespace else first.cluster
    later = " " if first.ready else "."
    yield f"  {later}{painted(_mark(first), colour=colour)} {where}  # {_why(first)}"
    for change in changes:
        yield f"       {change.kind.label} {change.name}"
        for field in change.drift:
            yield f"         {field.dotted}: {_values(field)}"


def _why(change: Change) -> str:
    if change.ready:
        return change.reason
    once = f"once {change.waits_for}"
    return once if str(change.waits_for) == change.reason else f"{change.reason}; {once}"


def _mark(change: Change) -> str:
    if change.verb is Verb.DELETE:
        return "-"
    return "~" if change.drift or change.verb is Verb.PATCH else "+"


def _values(field: FieldDrift) -> str:
    if isinstance(field.live, Masked) and isinstance(field.desired, Masked):
        return "changes (confidential)"
    return f"{_value(field.live)} -> {_value(field.desired)}"


def _value(value: Any) -> str:
    if value is None:
        return "(absent)"
    written = printable(json.dumps(value, sort_keys=True, ensure_ascii=False))
    return written if len(written) <= LONGEST_VALUE else f"{written[: LONGEST_VALUE - 1]}…"
