"""A plan as text: per network what happens to which site and link and why, then findings and the totals.

Marks: ``+`` create, ``~`` update (with each field, live value -> desired value), ``-`` delete; in front of them ``.``
follows later, once the clusters have done their part or a namespace exists, and ``!`` is refused. The objects that are
written for a site or link are listed below it on demand only.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from reconcile.report import findings
from reconcile.report.lines import link_summary
from reconcile.report.printable import all_printable, printable
from reconcile.report.tables import ARROW
from reconcile.report.wording import counted, painted
from reconcile.skupper.drift import FieldDrift, Masked
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.removal_budget import BudgetReport
from reconcile.skupper.review import Action, Item, review
from reconcile.skupper.topology import Link
from reconcile.skupper.waits import WaitKind

LONGEST_VALUE = 80

_MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
_LEGEND = {
    "+": "create",
    "~": "update",
    "-": "delete",
    ".": "follows later",
    "!": "refused",
}
_OWN_STEPS = {WaitKind.ACCEPTS_LINKS, WaitKind.ISSUED, WaitKind.DELIVERED}
"""What every new link waits for; its mark says enough."""


def text(plan: Plan, *, title: str = "", colour: bool = False, verbose: bool = False) -> str:
    """The whole plan as text, ending without a newline; `verbose` lists the objects of each site and link."""
    plan = all_printable(plan)
    items = sorted(review(plan), key=_section_key)
    lines = [title, ""] if title else []
    if items:
        lines += [f"Marks: {', '.join(_legend(items))}", ""]
    for _, section in groupby(items, key=_section_key):
        chapter = list(section)
        lines.append(_heading(plan, chapter[0]))
        widths: dict[str, int] = {}
        for item in chapter:
            widths[item.noun] = max(widths.get(item.noun, 0), len(_name(item)))
        for item in chapter:
            lines += _item(item, widths[item.noun], colour=colour, verbose=verbose)
        lines.append("")
    for finding in plan.findings:
        lines.append(findings.line(finding))
    if plan.findings:
        lines.append("")
    lines += [*_approvals(plan), *_budget(plan.budget)]
    lines += [*summary(plan), link_summary(plan)]
    return "\n".join(lines)


def _approvals(plan: Plan) -> list[str]:
    """One line for each approval that the plan uses, and an empty one."""
    found = [
        f"Approval {report.place} ({report.approval.change}, until {report.approval.until}): "
        f"{uses(len(report.used_for))}."
        for report in plan.approvals
        if report.used_for
    ]
    return [*found, ""] if found else []


def _budget(report: BudgetReport | None) -> list[str]:
    """What was removed in the last 24 hours, and an empty line; nothing if nothing was."""
    if report is None or not report.used:
        return []
    free = (
        f"; the next place becomes free at {report.next_free:%Y-%m-%d %H:%M} UTC" if report.next_free else ""
    )
    return [f"Removal budget: {report.used} of {report.most} used in the last 24 hours{free}.", ""]


def uses(sites: int) -> str:
    """How often an approval is used."""
    return f"used for {counted(sites, 'site')}"


def overview(plan: Plan) -> list[str]:
    """One line for each site, link and policy that the plan changes, with the reason."""
    items = sorted(review(all_printable(plan)), key=_section_key)
    return [f"{_prefix(item).strip()}{_MARKS[item.action]} {_name(item)}: {_why(item)}" for item in items]


def summary(plan: Plan) -> list[str]:
    """The totals: sites, links and policies first, then the objects that are written for them."""
    items = review(plan)
    if not items:
        return ["No changes."]
    made = [item for item in items if not item.refused]
    totals = [
        f"{_counted(chosen)} to {action}"
        for action in Action
        if (chosen := [item for item in made if item.action is action])
    ]
    refused = [item for item in items if item.refused]
    if refused:
        totals.append(f"{_counted(refused)} not deleted (refused)")
    later = [item for item in items if item.later]
    if later:
        totals[0] += f" ({_counted(later)} of them by a later run)"
    return [f"Plan: {', '.join(totals)}.", *_objects(plan, items)]


def _objects(plan: Plan, items: Sequence[Item]) -> Iterator[str]:
    if not plan.changes:
        return
    counts = Counter(_mark(change) for change in plan.changes)
    # Used-up requests and tokens are deleted all the time; what a reader must not miss is what goes out of service.
    removed = any(item.action is Action.DELETE for item in items)
    downtime = ", no downtime" if counts["-"] and not removed else ""
    later = len(plan.changes) - len(plan.ready)
    following = (
        f" {later} of them {'follows' if later == 1 else 'follow'} later in this run." if later else ""
    )
    summed = f"{counts['+']} to create, {counts['~']} to update, {counts['-']} to delete{downtime}"
    yield f"Objects: {summed}.{following}"


def _counted(items: Sequence[Item]) -> str:
    """``1 policy, 2 sites and 3 links``."""
    counts = Counter(item.noun for item in items)
    *others, last = (
        counted(counts[noun], noun) for noun in ("policy", "grant", "site", "link") if counts[noun]
    )
    return f"{', '.join(others)} and {last}" if others else last


def _legend(items: Sequence[Item]) -> Iterator[str]:
    used = {_MARKS[item.action] for item in items} | {_prefix(item) for item in items}
    return (f"{mark} {meaning}" for mark, meaning in _LEGEND.items() if mark in used)


def _section_key(item: Item) -> tuple[int, str]:
    """Order: cluster-wide policies, since sites need them; then the networks; then what is not declared."""
    if item.network:
        return 1, item.network
    return (0 if item.cluster_wide else 2), ""


def _heading(plan: Plan, item: Item) -> str:
    if not item.network:
        return "cluster-wide" if item.cluster_wide else "not declared"
    sites = sum(site.network == item.network for site in plan.sites)
    links = sum(link.network == item.network for link in plan.links)
    return f"network {item.network}: {counted(sites, 'site')}, {counted(links, 'link')}"


def _item(item: Item, width: int, *, colour: bool, verbose: bool) -> Iterator[str]:
    """The line of one site, link or policy; below it the fields that change, or all objects."""
    mark = painted(_MARKS[item.action], colour=colour)
    yield f"  {_prefix(item)}{mark} {_name(item):{width}}  {_why(item)}"
    for change in item.changes:
        if verbose:
            yield f"       {' ' if change.ready else '.'}{_mark(change)} {_object(change)}  # {_steps(change)}"
        elif change.drift:
            yield f"         {change.kind.label} {change.name}"
        for field in change.drift:
            yield f"           {field.dotted}: {_values(field)}"


def _name(item: Item) -> str:
    subject = item.subject
    name = f"{subject.dialler}{ARROW}{subject.issuer}" if isinstance(subject, Link) else str(subject)
    return f"{item.noun} {name}"


def _prefix(item: Item) -> str:
    if item.refused:
        return "!"
    return "." if item.waits_for else " "


def _why(item: Item) -> str:
    if item.refused:
        return f"{item.reason}; refused: over the removal budget"
    own = item.waits_for is not None and item.waits_for.kind in _OWN_STEPS
    return item.reason if own else _once(item.reason, item.waits_for)


def _object(change: Change) -> str:
    place = f"{change.cluster}/{change.namespace}" if change.namespace else change.cluster
    return f"{place} {change.kind.label} {change.name}"


def _steps(change: Change) -> str:
    return _once(change.reason, change.waits_for)


def _once(reason: str, waits_for: object) -> str:
    if waits_for is None:
        return reason
    once = f"once {waits_for}"
    return once if str(waits_for) == reason else f"{reason}; {once}"


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
