"""The planner: definitions and observed state in, the plan out.

It skips refused networks, has the engine plan each of the others, and checks removals against their budget. A network
that is refused or cannot be read does not affect the others.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.engine import EngineMaker
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.plan_input import PlanInput


def plan(inputs: PlanInput, desired: DesiredState, make_engine: EngineMaker) -> Plan:
    """Plan everything; the same input gives the same plan."""
    inputs = replace(inputs, findings=(*inputs.findings, *make_engine(inputs).check(desired)))
    engine = make_engine(inputs)
    refused = inputs.refused_networks
    parts = [engine.plan_network(entry) for entry in desired.networks if entry.identifier not in refused]
    links = tuple(chain.from_iterable(part.links for part in parts))
    shared = engine.plan_shared()
    pruned = engine.plan_prune(desired, links)
    made = [*chain.from_iterable(part.changes for part in parts), *_split(shared, removals=False)]
    removals = [*_split(shared, removals=True), *pruned.changes]
    leaving = pruned.sites
    deferred = _over_budget(removals, inputs)
    if deferred:
        removals = []
        leaving = tuple(replace(site, state="kept") for site in leaving)
    return Plan(
        changes=(*made, *(_deferred(change, inputs) for change in removals)),
        links=links,
        sites=(*chain.from_iterable(part.sites for part in parts), *leaving),
        findings=(
            *inputs.findings,
            *chain.from_iterable(p.findings for p in (*parts, shared, pruned)),
            *deferred,
        ),
    )


def _split(shared: Plan, *, removals: bool) -> list[Change]:
    return [change for change in shared.changes if (change.verb is Verb.DELETE) is removals]


def _over_budget(removals: Sequence[Change], inputs: PlanInput) -> tuple[Finding, ...]:
    """All removals or none: some of them would remove only a part of a site."""
    count = sum(change.removal for change in removals)
    budget = inputs.removal_budget
    if budget is None or count <= budget:
        return ()
    deferred = Finding(
        rule="removal-budget",
        message=(
            f"{count} sites, links and policies would be removed, the budget left is {budget}: nothing is "
            "removed. If this is intended, raise --max-removals"
        ),
    )
    return (deferred,)


def _deferred(change: Change, inputs: PlanInput) -> Change:
    """Defer a removal until all clusters have answered: only then is everything counted."""
    if change.waits_for or not inputs.awaited:
        return change
    return replace(change, waits_for=f"{', '.join(sorted(inputs.awaited))} has answered")
