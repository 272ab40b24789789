"""Guards over removals that look at one object, one namespace or one link of v1: one class each.

A removal must pass all of them, and those of ``reconcile.skupper.guards`` that look at the whole plan. Each returns the
reason that prevents a removal, or None: the object is **owned** by this app-interface and **proven** to be created by
it or for it, its namespace is **readable** and may be changed by this run, its data is **accepted**, and the links that
replace it have **converged** (``replacements``).
"""

from dataclasses import dataclass
from functools import cached_property

from reconcile.findings import Reason
from reconcile.skupper.blocks import closed_reason
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.live import LiveObject
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import provenance
from reconcile.skupper.v1.observed_state import ObservedState


@dataclass(frozen=True, slots=True)
class Owned:
    """The object has the labels of this app-interface."""

    ownership: Ownership

    def hold(self, live: LiveObject) -> Reason | None:
        return None if self.ownership.covers(live.labels) else provenance.owner_of(live)


@dataclass(frozen=True, slots=True)
class Proven:
    """More than labels, which anybody may copy, shows that we created the object, or Skupper for a managed site."""

    ownership: Ownership

    def hold(self, live: LiveObject) -> Reason | None:
        return None if provenance.proven(live, self.ownership) else "only its labels show that it is ours"


@dataclass(frozen=True, slots=True)
class Readable:
    """The namespace is readable, selected, on a cluster in the data, and without a foreign site."""

    observed: ObservedState

    def hold(self, key: SiteKey) -> Reason | None:
        closed = closed_reason(key, self.observed.inputs)
        if closed:
            return closed
        return "its ConfigMap skupper-site is not ours" if self.observed.site(key).foreign else None


@dataclass(frozen=True)
class Accepted:
    """The data about the site or link is accepted: what refused data would declare without its errors is unknown."""

    desired: DesiredState
    inputs: PlanInput

    def hold_link(self, link: Link) -> Reason | None:
        """Why an undeclared link stays: the network, cluster or (between declared sites) site of an end is refused."""
        ends = {link.dialler, link.issuer}
        refused = self.networks_of(link) & self.inputs.refused_networks
        if refused:
            return f"the data of network {min(refused)} has an error"
        refused_clusters = self.inputs.refused_clusters.keys() & {end.cluster for end in ends}
        if refused_clusters:
            return f"the data of cluster {min(refused_clusters)} has an error"
        refused_sites = self.inputs.refused_sites.keys() & ends
        if refused_sites and self.desired.wanted.keys() >= ends:
            return f"the data of {min(refused_sites)} has an error"
        return None

    def hold_site(self, key: SiteKey) -> Reason | None:
        """Why a site that is marked ``delete`` stays: its network is refused."""
        network = self.network_of.get(key)
        return (
            f"the data of network {network} has an error" if network in self.inputs.refused_networks else None
        )

    def networks_of(self, link: Link) -> set[str]:
        """The networks that name one of the ends of a link."""
        return {self.network_of[end] for end in (link.dialler, link.issuer) if end in self.network_of}

    @cached_property
    def network_of(self) -> dict[SiteKey, str]:
        """Every site of the data, those marked ``delete`` included -> its network."""
        return {site.key: site.network for site in self.desired.sites}
