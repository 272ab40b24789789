"""A plan in the terms of a reviewer: which sites, links and policies it creates, updates and deletes, and why.

``review(plan)`` is the whole answer. Every change of the plan belongs to exactly one of its items. ``links`` finds the
reasons of links, which follow from the plan as a whole: one link is often deleted because another one replaces it.
"""

from collections.abc import Iterable, Iterator, Sequence

from reconcile.kinds import CLUSTER_POLICY
from reconcile.skupper.plan import Change, Plan, SiteReport, SiteState, Verb
from reconcile.skupper.review.items import Action, Item
from reconcile.skupper.review.links import LinkItems
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.waits import Wait

__all__ = ["Action", "Item", "review"]


def review(plan: Plan) -> tuple[Item, ...]:
    """All items: policies and grants, then sites, then links; each kind in the order of the plan."""
    steps = [*((change, False) for change in plan.changes), *((change, True) for change in plan.refused)]
    shared = [(change, refused) for change, refused in steps if not change.link and not change.namespace]
    in_sites = [(change, refused) for change, refused in steps if not change.link and change.namespace]
    policies = list(_cluster_wide(shared))
    sites = [*_sites(plan.sites, in_sites), *_later_sites(plan.sites)]
    links = LinkItems(plan.sites, plan.links, sites)
    return (*policies, *sites, *links.items([(c, refused) for c, refused in steps if c.link]))


def _cluster_wide(steps: Iterable[tuple[Change, bool]]) -> Iterator[Item]:
    """Policies and grants; the role and the binding of a grant have one name."""
    grouped: dict[tuple[str, str, bool, bool], list[Change]] = {}
    for change, refused in steps:
        key = (change.cluster, change.name, change.kind == CLUSTER_POLICY, refused)
        grouped.setdefault(key, []).append(change)
    for (cluster, name, _, refused), changes in grouped.items():
        yield Item(
            action=_by_verbs(changes),
            subject=f"{name} on {cluster}",
            network=changes[0].network,
            reason=_reasons(changes),
            changes=tuple(changes),
            waits_for=_wait(changes),
            refused=refused,
        )


def _sites(reports: Iterable[SiteReport], steps: Iterable[tuple[Change, bool]]) -> Iterator[Item]:
    reported = {report.key: report for report in reports}
    grouped: dict[tuple[SiteKey, str, bool], list[Change]] = {}
    for change, refused in steps:
        key = SiteKey(change.cluster, change.namespace)
        grouped.setdefault((key, change.network, refused), []).append(change)
    for (key, network, refused), changes in grouped.items():
        action = _of_site(reported.get(key), changes)
        yield Item(
            action=action,
            subject=key,
            network=network,
            reason="new site" if action is Action.CREATE else _reasons(changes),
            changes=tuple(changes),
            waits_for=_wait(changes),
            refused=refused,
        )


def _later_sites(reports: Iterable[SiteReport]) -> Iterator[Item]:
    """Sites that a later run creates: nothing can be written for them yet."""
    for report in reports:
        if report.waits_for:
            yield Item(
                action=Action.CREATE,
                subject=report.key,
                network=report.network,
                reason="new site",
                waits_for=report.waits_for,
            )


def _of_site(report: SiteReport | None, changes: Sequence[Change]) -> Action:
    """A site that is complete and lacks one object is updated, not created."""
    if report is None:
        return _by_verbs(changes)
    if report.leaving or report.state is SiteState.KEPT:
        return Action.DELETE
    return Action.CREATE if report.state is SiteState.ABSENT else Action.UPDATE


def _by_verbs(changes: Sequence[Change]) -> Action:
    if all(change.verb is Verb.DELETE for change in changes):
        return Action.DELETE
    created = all(change.verb in {Verb.APPLY, Verb.CREATE} and not change.drift for change in changes)
    return Action.CREATE if created else Action.UPDATE


def _reasons(changes: Iterable[Change]) -> str:
    return "; ".join(dict.fromkeys(change.reason for change in changes))


def _wait(changes: Sequence[Change]) -> Wait | None:
    """What the first of the changes waits for; None if one of them can be applied now."""
    return None if any(change.ready for change in changes) else changes[0].waits_for
