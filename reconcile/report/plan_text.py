"""A plan as a person reads it: per network what changes and why, what has to wait, what is wrong, and the count.

Marks: ``+`` is made, ``~`` is changed (with each field, live value -> wanted value), ``-`` is removed, ``.`` comes
later in the same run, when the clusters have done their part.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from reconcile.report import findings
from reconcile.skupper.plan import Change, Plan, Verb

LONGEST_VALUE = 80


def text(plan: Plan, *, title: str = "", colour: bool = False) -> str:
    """The whole plan as text, ending without a newline."""
    lines = [title, ""] if title else []
    ordered = sorted(plan.changes, key=lambda change: change.network)
    for network, changes in groupby(ordered, key=lambda change: change.network):
        lines.append(_heading(plan, network))
        for _, alike in groupby(changes, key=_likeness):
            lines += _block(list(alike), colour=colour)
        lines.append("")
    for finding in plan.findings:
        lines.append(findings.line(finding))
    if plan.findings:
        lines.append("")
    lines.append(summary(plan))
    return "\n".join(lines)


def summary(plan: Plan) -> str:
    """The count line: how much of what, how much of it later, how many links are up."""
    links = f"{_up(plan)} of {len(plan.links)} links up"
    if not plan.changes:
        return f"No changes. {links}."
    counts = {mark: sum(_mark(change) == mark for change in plan.changes) for mark in "+~-"}
    later = len(plan.changes) - len(plan.ready)
    waiting = f", {later} of them later in the same run" if later else ""
    return f"Plan: {counts['+']} to make, {counts['~']} to change, {counts['-']} to remove{waiting}. {links}."


def _up(plan: Plan) -> int:
    return sum(link.settled for link in plan.links)


def _heading(plan: Plan, network: str) -> str:
    if not network:
        return "whole clusters"
    sites = sum(site.network == network for site in plan.sites)
    links = sum(link.network == network for link in plan.links)
    return f"network {network}: {sites} sites, {links} links"


_COLOURS = {"+": "\033[32m", "~": "\033[33m", "-": "\033[31m"}


def _likeness(change: Change) -> tuple[str, ...]:
    """Changes that are alike in this stand in one block."""
    return (change.cluster, change.namespace, _mark(change), change.reason, change.after)


def _block(changes: Sequence[Change], *, colour: bool) -> Iterator[str]:
    """Where and why, once; then what, a line an object."""
    first = changes[0]
    mark = _mark(first)
    shown = f"{_COLOURS[mark]}{mark}\033[0m" if colour else mark
    where = f"{first.cluster}/{first.namespace}" if first.namespace else first.cluster
    after = f"; after {first.after}" if first.after else ""
    yield f"  {'.' if after else ' '}{shown} {where}  # {first.reason}{after}"
    for change in changes:
        yield f"       {change.kind.label} {change.name}"
        for field in change.drift:
            yield f"         {field.dotted}: {_value(field.live)} -> {_value(field.desired)}"


def _mark(change: Change) -> str:
    if change.verb is Verb.DELETE:
        return "-"
    return "~" if change.drift or change.verb is Verb.PATCH else "+"


def _value(value: Any) -> str:
    if value is None:
        return "(absent)"
    written = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return written if len(written) <= LONGEST_VALUE else f"{written[: LONGEST_VALUE - 1]}…"
