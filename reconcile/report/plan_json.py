"""A plan or a status as one JSON document; ``docs/json.md`` describes it.

``schema`` is the version of the format: within one version fields may be added, but none is renamed or removed.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reconcile.findings import (
    ClusterSubject,
    Finding,
    FleetSubject,
    NetworkSubject,
    PolicySubject,
    SiteSubject,
    Subject,
)
from reconcile.report.printable import json_printable
from reconcile.skupper.plan import (
    ApprovalReport,
    Change,
    LinkObservation,
    LinkReport,
    Plan,
    SiteReport,
)
from reconcile.skupper.removal_budget import BudgetReport
from reconcile.skupper.review import Item, review
from reconcile.skupper.waits import Wait
from reconcile.skupper.waves import Disruption

SCHEMA = 2

_SUBJECTS: dict[type[Subject], str] = {
    FleetSubject: "fleet",
    NetworkSubject: "network",
    SiteSubject: "site",
    PolicySubject: "policy",
    ClusterSubject: "cluster",
}


def plan(found: Plan, *, bundle: str = "", failures: Sequence[str] = ()) -> str:
    """Changes, links, sites and findings of a plan made from a bundle (its sha), and what could not be read."""
    changes = {
        "review": [_item(item) for item in review(found)],
        "changes": [_change(change) for change in found.changes],
        "refused": [_change(change) for change in found.refused],
        "approvals": [_approval(report) for report in found.approvals],
        "removal_budget": _budget(found.budget) if found.budget else None,
    }
    return _written(bundle, changes, found, failures)


def status(found: Plan, *, bundle: str = "", failures: Sequence[str] = (), one_line: bool = False) -> str:
    """Links, sites and findings, and what could not be read: the state without the changes."""
    return _written(bundle, {}, found, failures, one_line=one_line)


def _written(
    bundle: str, changes: dict[str, Any], found: Plan, failures: Sequence[str], *, one_line: bool = False
) -> str:
    document = {
        "schema": SCHEMA,
        "bundle": bundle,
        **changes,
        "sites": [_site(site) for site in found.sites],
        "links": [_link(link) for link in found.links],
        "findings": [_finding(finding) for finding in found.findings],
        "failures": list(failures),
    }
    return json_printable(json.dumps(document, indent=None if one_line else 2, ensure_ascii=False))


def _item(item: Item) -> dict[str, Any]:
    return {
        "action": item.action.value,
        "kind": item.noun,
        "name": str(item.subject),
        "network": item.network,
        "reason": item.reason,
        "waits_for": _wait(item.waits_for),
        "refused": item.refused,
        "counterpart": str(item.counterpart) if item.counterpart else None,
        "objects": len(item.changes),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.verb.value,
        "network": change.network,
        "cluster": change.cluster,
        "namespace": change.namespace,
        "kind": change.kind.label,
        "name": change.name,
        "reason": change.reason,
        "waits_for": _wait(change.waits_for),
        "disruption": _disruption(change.disruption),
        "removal": change.removal,
        "counts": change.counts.value if change.removal else None,
        "approval": change.approval or None,
        "link": str(change.link) if change.link else None,
        "drift": [
            {"path": list(field.path), "live": field.live, "desired": field.desired} for field in change.drift
        ],
    }


def _approval(report: ApprovalReport) -> dict[str, Any]:
    return {
        "network": report.network,
        "place": report.place,
        "change": report.approval.change.value,
        "sites": list(report.approval.sites),
        "until": report.approval.until,
        "reason": report.approval.reason,
        "used_for": [str(key) for key in report.used_for],
    }


def _budget(report: BudgetReport) -> dict[str, Any]:
    return {
        "most": report.most,
        "used": report.used,
        "next_free": _time(report.next_free),
        "unknown": report.unknown,
        "removals": [
            {
                "what": removal.what,
                "at": _time(removal.at),
                "until": _time(removal.until),
                "recorded_by": [str(key) for key in removal.recorded_by],
                "unproven": removal.unproven,
            }
            for removal in report.removals
        ],
    }


def _disruption(disruption: Disruption | None) -> dict[str, Any] | None:
    """``{"effect": "its router restarts", "downtime_seconds": 30}``."""
    if disruption is None:
        return None
    return {"effect": disruption.effect, "downtime_seconds": int(disruption.downtime.total_seconds())}


def _wait(wait: Wait | None) -> dict[str, str] | None:
    """``{"kind": "issued", "subject": "west/vault -> east/vault", "text": "the token is issued"}``."""
    return {"kind": wait.kind.value, "subject": wait.subject, "text": wait.text} if wait else None


def _site(site: SiteReport) -> dict[str, Any]:
    return {
        "network": site.network,
        "cluster": site.key.cluster,
        "namespace": site.key.namespace,
        "name": site.name,
        "mode": site.mode,
        "state": site.state,
        "reason": site.reason,
        "version": site.version,
        "since": _time(site.since),
        "pending": [setting._asdict() for setting in site.pending],
        "changing": site.changing.reason if site.changing else None,
        "waits_for": _wait(site.waits_for),
        "remove_after": _time(site.remove_after),
        "certificates_expire": _time(site.certificates_expire),
    }


def _link(link: LinkReport) -> dict[str, Any]:
    return {
        "network": link.network,
        "dialler": str(link.link.dialler),
        "issuer": str(link.link.issuer),
        "cost": link.link.cost,
        "role": link.link.role.value if link.link.role else None,
        "state": link.state.value,
        "converged": link.converged,
        "managed": link.managed,
        "reason": link.reason,
        "credential": link.credential,
        "since": _time(link.since),
        "waits_for": _wait(link.waits_for),
        "observations": {"dialler": _observation(link.dialler), "issuer": _observation(link.issuer)},
    }


def _observation(observation: LinkObservation) -> dict[str, Any]:
    return {"verdict": observation.verdict.value, "detail": observation.detail, "at": _time(observation.at)}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "datafile": finding.datafile,
        "pointer": list(finding.pointer),
        "subject": _subject(finding.subject),
    }


def _subject(subject: Subject) -> dict[str, str]:
    """``{"kind": "site", "cluster": ..., "namespace": ..., "network": ...}``."""
    return {"kind": _SUBJECTS[type(subject)], **asdict(subject)}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
