"""The engine for Skupper v1; see ``reconcile.skupper.engine`` for the interface."""

from collections.abc import Sequence
from functools import cached_property

from reconcile.findings import Finding
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import plan_policies, prune, site_config
from reconcile.skupper.v1.networks import NetworkPlanner
from reconcile.skupper.v1.observed_state import ObservedState


class V1:
    """Plans Skupper v1 sites for one plan input."""

    def __init__(self, inputs: PlanInput) -> None:
        self._inputs = inputs

    @cached_property
    def _observed(self) -> ObservedState:
        return ObservedState(self._inputs)

    def check(self, desired: DesiredState) -> tuple[Finding, ...]:
        return tuple(site_config.check(desired))

    def plan_network(self, resolved: ResolvedNetwork) -> Plan:
        return NetworkPlanner(resolved, self._observed).plan()

    def plan_shared(self) -> Plan:
        return plan_policies.plan(self._inputs)

    def plan_prune(self, desired: DesiredState, links: Sequence[LinkReport]) -> Plan:
        return prune.plan(desired, links, self._observed)
