"""Orders: what somebody asks for by a command, beside what the data declares.

An order is recorded on the clusters before anything else follows from it, so that a later run finishes what a killed
one has begun. A plan with an order has only the changes of the links that it concerns: whoever rotates the tokens of a
site does not upgrade it by that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from reconcile.findings import ClusterSubject, Finding, NetworkSubject, PolicySubject, SiteSubject
from reconcile.skupper.plan import Change, LinkReport, Plan
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link


class OrderKind(StrEnum):
    """What is asked for."""

    ROTATE = "rotate"
    """Replace the credentials of all links of the sites."""
    CUT = "cut"
    """Delete the links of the sites; there are none until that is ended."""
    REVOKE = "revoke"
    """Have the sites refuse all credentials that they have issued so far, and issue new ones."""
    END_CUT = "end-cut"
    """Link the sites again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order."""

    kind: OrderKind
    sites: frozenset[SiteKey]
    """The declared sites that it is about."""
    at: datetime
    """When it was given, by the clock of whoever gave it."""
    by: str = ""
    """Who gave it, for people."""

    def covers(self, link: Link) -> bool:
        """True if an end of this link is among the sites."""
        return not self.sites.isdisjoint({link.dialler, link.issuer})


def narrow_changes(changes: Iterable[Change], order: Order) -> tuple[Change, ...]:
    """The changes that follow from an order: what it says itself, and the steps of the links that it concerns."""
    return tuple(
        change for change in changes if change.ordered or (change.link and order.covers(change.link))
    )


def narrow(plan: Plan, order: Order) -> Plan:
    """The part of a plan that follows from an order: its marks, the links that it concerns, and their two sites."""
    links = tuple(report for report in plan.links if order.covers(report.link))
    keys = order.sites | {end for report in links for end in (report.link.dialler, report.link.issuer)}
    return replace(
        plan,
        changes=narrow_changes(plan.changes, order),
        links=links,
        sites=tuple(site for site in plan.sites if site.key in keys),
        findings=tuple(found for found in plan.findings if _concerns(found, keys, links)),
        refused=tuple(change for change in plan.refused if change.link and order.covers(change.link)),
        approvals=(),
    )


def _concerns(finding: Finding, keys: frozenset[SiteKey], links: Iterable[LinkReport]) -> bool:
    match finding.subject:
        case SiteSubject(cluster, namespace):
            return SiteKey(cluster, namespace) in keys
        case ClusterSubject(cluster):
            return cluster in {key.cluster for key in keys}
        case NetworkSubject(network):
            return network in {report.network for report in links}
        case PolicySubject():
            return False
    return True
