"""What the planner asks of an engine: the part that knows one line of Skupper.

An engine is made for one world and answers in plain plans. Nothing of its Skupper version shows in them, so a
second engine can stand beside the first one without a change to topology, planner, apply or reports.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from reconcile.findings import Finding
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.plan_input import PlanInput


class Engine(Protocol):
    """Plans one world."""

    def check(self, desired: DesiredState) -> tuple[Finding, ...]:
        """Find what this line of Skupper cannot take of the data; an error refuses its site or network.

        It is asked before anything is planned, and looks at no cluster.
        """

    def plan_network(self, resolved: ResolvedNetwork) -> Plan:
        """Plan the live sites and the declared links of one network that is not refused."""

    def plan_shared(self) -> Plan:
        """Plan what belongs to whole clusters; a delete among its changes is a removal."""

    def plan_prune(self, desired: DesiredState, links: Sequence[LinkReport]) -> Plan:
        """Plan the removal of all that is ours and not declared, and tell what fits nowhere.

        `links` tell which declared links are up.
        """


EngineMaker = Callable[[PlanInput], Engine]
