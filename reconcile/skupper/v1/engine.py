"""The engine for Skupper v1; see ``reconcile.skupper.engine`` for the interface."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from reconcile.findings import Finding
from reconcile.kinds import Kind
from reconcile.skupper.census import LiveSites
from reconcile.skupper.definitions import Network, SiteDefinition
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.engine import Redact
from reconcile.skupper.list_requests import Reading
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import (
    checks,
    diagnosis,
    left_connectors,
    list_requests,
    live_sites,
    policy_readers,
    prune,
    sites,
)
from reconcile.skupper.v1.clocks import Clocks
from reconcile.skupper.v1.marks import Marks
from reconcile.skupper.v1.members import Membership
from reconcile.skupper.v1.networks import NetworkPlanner, Shared
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.rotation import Rotations
from reconcile.skupper.v1.separation import Separation
from reconcile.skupper.v1.undeclared import Undeclared

_LATER_LINE = re.compile(r"v?([2-9]|[1-9][0-9]+)([.-].*)?")


class V1:
    """Skupper v1: a site-controller in each namespace, and tokens that are delivered as Secrets."""

    name = "v1"
    redactions: Mapping[Kind, Redact] = {}
    """Only Secrets are confidential."""
    diagnostics = diagnosis.DIAGNOSTICS

    def serves(self, network: Network) -> bool:
        """Versions are image tags, so any that does not name a later line counts: ``1.9.6``, ``main``, a digest."""
        return not _LATER_LINE.fullmatch(network.version)

    def resolve_site(self, network: Network, definition: SiteDefinition) -> Site:
        return sites.resolve_site(network, definition)

    def check(self, networks: Sequence[ResolvedNetwork]) -> Iterator[Finding]:
        return checks.check(networks)

    def reading(self, sites: Sequence[Site], ownership: Ownership, *, take_over: bool) -> Reading:
        return list_requests.reading(sites, ownership, take_over=take_over)

    def planner(self, inputs: PlanInput) -> "Planner":
        return Planner(inputs)


class Planner:
    """Plans the v1 networks of one plan input."""

    def __init__(self, inputs: PlanInput) -> None:
        self._inputs = inputs

    @cached_property
    def _observed(self) -> ObservedState:
        return ObservedState(self._inputs)

    @cached_property
    def _rotations(self) -> Rotations:
        """Shared by all networks: at most one rotation at a time among neighbouring sites."""
        delivered = [secret for secret in self._observed.secrets if secret.delivered]
        declared = [link for network in self._inputs.desired.networks for link in network.links]
        return Rotations(
            [*declared, *(secret.link for secret in delivered)],
            (secret.link for secret in delivered if secret.parked),
        )

    @cached_property
    def _undeclared(self) -> Undeclared:
        return Undeclared(self._observed, self._members)

    @cached_property
    def _members(self) -> Membership:
        return Membership(self._observed)

    @cached_property
    def _marks(self) -> Marks:
        return Marks(self._observed)

    @cached_property
    def _separation(self) -> Separation:
        return Separation(self._observed, self._members, self._marks)

    def plan_network(self, network: ResolvedNetwork) -> Plan:
        shared = Shared(self._observed, self._undeclared, self._rotations, self._separation, self._marks)
        return NetworkPlanner(network, shared).plan()

    def plan_separation(self) -> Plan:
        left = left_connectors.changes(self._observed, self._members, self._separation)
        return Plan(changes=(*self._marks.changes(), *self._separation.changes(), *left))

    def plan_shared(self) -> Plan:
        shared = policy_readers.plan(self._inputs)
        return replace(shared, findings=(*shared.findings, *Clocks(self._inputs).findings()))

    def plan_prune(self, links: Sequence[LinkReport]) -> Plan:
        return prune.plan(
            self._inputs.desired, links, self._observed, self._rotations, self._separation.joining
        )

    def live_sites(self) -> LiveSites:
        return live_sites.find(self._observed)
