"""The planner: definitions and live state in, the plan out.

It decides which networks may be planned at all, lets the engine say what follows for each of them, and holds
removals against their budget. One network that is refused or cannot be read changes nothing for the others.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper.declared import Layout
from reconcile.skupper.engine import EngineMaker
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.world import World


def plan(world: World, layout: Layout, make_engine: EngineMaker) -> Plan:
    """Plan everything; the same world gives the same plan."""
    world = replace(world, findings=(*world.findings, *make_engine(world).check(layout)))
    engine = make_engine(world)
    refused = world.refused_networks
    parts = [engine.plan_network(entry) for entry in layout.networks if entry.identifier not in refused]
    links = tuple(chain.from_iterable(part.links for part in parts))
    shared = engine.plan_shared()
    leftovers = engine.plan_leftovers(layout, links)
    made = [*chain.from_iterable(part.changes for part in parts), *_split(shared, removals=False)]
    removals = [*_split(shared, removals=True), *leftovers.changes]
    leaving = leftovers.sites
    held = _over_budget(removals, world)
    if held:
        removals = []
        leaving = tuple(replace(site, state="kept") for site in leaving)
    return Plan(
        changes=(*made, *(_in_time(change, world) for change in removals)),
        links=links,
        sites=(*chain.from_iterable(part.sites for part in parts), *leaving),
        findings=(
            *world.findings,
            *chain.from_iterable(p.findings for p in (*parts, shared, leftovers)),
            *held,
        ),
    )


def _split(shared: Plan, *, removals: bool) -> list[Change]:
    return [change for change in shared.changes if (change.verb is Verb.DELETE) is removals]


def _over_budget(removals: Sequence[Change], world: World) -> tuple[Finding, ...]:
    """All removals or none: a list cut short would take away a part of a site."""
    count = sum(change.removal for change in removals)
    budget = world.removal_budget
    if budget is None or count <= budget:
        return ()
    held = Finding(
        rule="removal-budget",
        message=(
            f"{count} sites, links and policies would be removed, the budget left is {budget}: nothing is "
            "removed. If that is meant, run again with a greater --max-removals"
        ),
    )
    return (held,)


def _in_time(change: Change, world: World) -> Change:
    """Hold a removal until all clusters have answered: only then is everything counted."""
    if change.after or not world.awaited:
        return change
    return replace(change, after=f"{', '.join(sorted(world.awaited))} has answered")
