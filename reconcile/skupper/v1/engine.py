"""The engine for Skupper v1: one world in, plain plans out (``reconcile.skupper.engine`` says what is asked of it)."""

from collections.abc import Sequence
from functools import cached_property

from reconcile.findings import Finding
from reconcile.skupper.declared import Declared, Layout
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.v1 import leftovers, policy_life, site_config
from reconcile.skupper.v1.networks import NetworkPlanner
from reconcile.skupper.v1.survey import Survey
from reconcile.skupper.world import World


class V1:
    """Plans one world of Skupper v1 sites."""

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def _survey(self) -> Survey:
        return Survey(self._world)

    def check(self, layout: Layout) -> tuple[Finding, ...]:
        return tuple(site_config.check(layout))

    def plan_network(self, declared: Declared) -> Plan:
        return NetworkPlanner(declared, self._survey).plan()

    def plan_shared(self) -> Plan:
        return policy_life.plan(self._world)

    def plan_leftovers(self, layout: Layout, links: Sequence[LinkReport]) -> Plan:
        return leftovers.plan(layout, links, self._survey)
