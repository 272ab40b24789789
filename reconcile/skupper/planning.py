"""The planner: definitions and live state in, the plan out.

It decides which networks may be planned at all, has the links chosen, lets the engine say what follows for each
network, and holds removals against their budget. One network that is refused or cannot be read changes nothing for
the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper import topology
from reconcile.skupper.definitions import Definitions
from reconcile.skupper.plan import Change, Plan
from reconcile.skupper.v1 import engine, tokens
from reconcile.skupper.world import World


@dataclass(frozen=True, slots=True)
class Topology:
    """The declared networks with their links: depends on the data alone, so it is computed once a run."""

    declared: tuple[engine.Declared, ...]


def lay_out(definitions: Definitions) -> Topology:
    """Choose the links of every network."""
    return Topology(
        tuple(
            engine.declare(network, topology.links(network))
            for network in sorted(definitions.networks, key=lambda network: network.identifier)
        )
    )


def plan(world: World, layout: Topology | None = None) -> Plan:
    """Plan everything; the same world gives the same plan."""
    layout = layout or lay_out(world.definitions)
    secrets = tokens.find(world.views, world.ownership)
    refused = world.refused_networks
    declared = [entry for entry in layout.declared if entry.network.identifier not in refused]
    plans = [engine.plan_network(entry, world, secrets) for entry in declared]
    links = tuple(chain.from_iterable(part.links for part in plans))
    kept = {
        site.key: entry.network.identifier for entry in layout.declared for site in entry.sites if site.live
    }
    removals = engine.plan_removals(declared, kept, links, world, secrets)
    others = [*plans, engine.plan_policies(world)]
    findings = chain.from_iterable(part.findings for part in others)
    changes = [*chain.from_iterable(part.changes for part in others), *removals.changes]
    leaving = removals.sites
    held = _over_budget(changes, world)
    if held:
        changes = _without_removals(changes, removals)
        leaving = tuple(replace(site, state="kept", reason=held[0].message) for site in leaving)
    elif world.awaited:
        changes = [_postponed(change, removals, world) for change in changes]
    return Plan(
        changes=tuple(changes),
        links=links,
        sites=(*chain.from_iterable(part.sites for part in others), *leaving),
        findings=(*world.findings, *findings, *held),
    )


def _over_budget(changes: Sequence[Change], world: World) -> tuple[Finding, ...]:
    count = sum(change.removal for change in changes)
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


def _without_removals(changes: Sequence[Change], removals: Plan) -> list[Change]:
    """All removals or none: a list cut short would take away a part of a site."""
    together = {id(change) for change in removals.changes}
    return [change for change in changes if not change.removal and id(change) not in together]


def _postponed(change: Change, removals: Plan, world: World) -> Change:
    if change.after or not (change.removal or change in removals.changes):
        return change
    return replace(change, after=f"{', '.join(sorted(world.awaited))} has answered")
