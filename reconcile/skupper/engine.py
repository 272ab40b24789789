"""The engine interface: what the planner needs from the code for one major version of Skupper.

An engine is created for one plan input and returns plans that do not depend on its Skupper version, so another engine
can be added without changing topology, planner, apply or reports.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from reconcile.findings import Finding
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.plan_input import PlanInput


class Engine(Protocol):
    """Plans one plan input."""

    def check(self, desired: DesiredState) -> tuple[Finding, ...]:
        """Find data that this version of Skupper does not support; an error refuses its site or network.

        Called before anything is planned; does not look at clusters.
        """

    def plan_network(self, resolved: ResolvedNetwork) -> Plan:
        """Plan the wanted sites and the declared links of one network that is not refused."""

    def plan_shared(self) -> Plan:
        """Plan what belongs to whole clusters; a delete among its changes is a removal."""

    def plan_prune(self, desired: DesiredState, links: Sequence[LinkReport]) -> Plan:
        """Plan the removal of everything that is ours and not declared, and report what belongs nowhere.

        `links` say which declared links are up.
        """


EngineMaker = Callable[[PlanInput], Engine]
