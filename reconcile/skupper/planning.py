"""The planner: desired state and observed state in, the plan out.

It skips refused networks, has the engine of each of the others plan it, and checks removals against the guards. A
network that is refused or cannot be read does not affect the others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from reconcile.findings import Finding
from reconcile.skupper import blocks
from reconcile.skupper.engine import Engine, Engines
from reconcile.skupper.guards import AllRead, InBudget
from reconcile.skupper.plan import Change, LinkReport, Plan, SiteReport, SiteState, Verb
from reconcile.skupper.plan_input import PlanInput


@dataclass(slots=True)
class _Parts:
    """The plans of the engines so far, removals separate from all other changes."""

    changes: list[Change] = field(default_factory=list)
    removals: list[Change] = field(default_factory=list)
    links: list[LinkReport] = field(default_factory=list)
    sites: list[SiteReport] = field(default_factory=list)
    leaving: list[SiteReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def plan(inputs: PlanInput, engines: Engines) -> Plan:
    """Plan everything; the same input gives the same plan."""
    parts = _Parts()
    for engine in engines:
        _add(parts, engine, inputs)
    held = InBudget(inputs.removal_budget).finding(parts.removals)
    refused: tuple[Change, ...] = ()
    if held:
        refused = tuple(parts.removals)
        # All removals or none: some of them would remove only a part of a site.
        parts.removals = []
        parts.leaving = [replace(site, state=SiteState.KEPT) for site in parts.leaving]
    return Plan(
        changes=(*parts.changes, *map(AllRead(inputs.awaited).apply, parts.removals)),
        links=tuple(parts.links),
        sites=(*parts.sites, *parts.leaving),
        findings=(*inputs.findings, *parts.findings, *([held] if held else [])),
        refused=refused,
    )


def _add(parts: _Parts, engine: Engine, inputs: PlanInput) -> None:
    """Plan the networks of one engine, what they share, and its prune."""
    planner = engine.planner(replace(inputs, desired=inputs.desired.seen_by(engine.name)))
    refused = inputs.refused_networks
    accepted = [entry for entry in inputs.desired.of(engine.name) if entry.identifier not in refused]
    networks = [planner.plan_network(network) for network in accepted]
    links = list(chain.from_iterable(part.links for part in networks))
    shared, prune = planner.plan_shared(), planner.plan_prune(links)
    # Before the steps of links, which wait until networks are separated.
    parts.changes += planner.plan_separation().changes
    parts.changes += chain.from_iterable(part.changes for part in networks)
    parts.changes += _deletes(shared.changes, wanted=False)
    parts.changes += (change for change in prune.changes if not _takes_away(change))
    parts.removals += [*_deletes(shared.changes, wanted=True), *filter(_takes_away, prune.changes)]
    parts.links += links
    parts.sites += chain.from_iterable(part.sites for part in networks)
    parts.leaving += prune.sites
    parts.findings += chain.from_iterable(blocks.findings(network, inputs) for network in accepted)
    parts.findings += chain.from_iterable(part.findings for part in (*networks, shared, prune))


def _takes_away(change: Change) -> bool:
    """False for what puts something back into service: it waits for no guard."""
    return change.verb is Verb.DELETE or change.removal


def _deletes(changes: Iterable[Change], *, wanted: bool) -> Iterator[Change]:
    return (change for change in changes if (change.verb is Verb.DELETE) is wanted)
