"""Observed state as the v1 engine sees it: sites and link Secrets, indexed once per plan."""

from collections.abc import Sequence
from functools import cached_property

from reconcile.kinds import SERVICE_ACCOUNT
from reconcile.skupper.blocks import closed_reason
from reconcile.skupper.live import LiveObject
from reconcile.skupper.ownership import INSTANCE
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import legacy, lost_labels, names, provenance, tokens
from reconcile.skupper.v1.adoption import Adoption
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret


class ObservedState:
    """Indexes that the planning modules of this package share."""

    def __init__(self, inputs: PlanInput) -> None:
        self.inputs = inputs
        self._ours: dict[SiteKey, list[LiveObject]] = {}
        self._legacy: dict[SiteKey, list[LiveObject]] = {}
        self._sites: dict[SiteKey, LiveSite] = {}
        declared = self._declared() if inputs.take_over else ()
        for cluster, snapshot in inputs.snapshots.items():
            for live in snapshot.objects.values():
                if not live.key.namespace:
                    continue
                key = SiteKey(cluster, live.key.namespace)
                if provenance.proven(live, inputs.ownership):
                    self._ours.setdefault(key, []).append(live)
                elif key in declared and legacy.labelled(live) and INSTANCE not in live.labels:
                    self._legacy.setdefault(key, []).append(live)

    @cached_property
    def secrets(self) -> Sequence[LinkSecret]:
        """All link Secrets that are ours or are being adopted, on the clusters that could be read."""
        found = [*tokens.find(self.inputs.snapshots, self.inputs.ownership), *self.unlabelled]
        if self.inputs.take_over:
            found += self.adoption.secrets
        return sorted(found, key=lambda secret: (secret.at, secret.name))

    @cached_property
    def unlabelled(self) -> Sequence[LinkSecret]:
        """The link Secrets of ours that have lost their labels, as if they had them."""
        namespaces = self.managed_namespaces | self._wanted
        return tuple(lost_labels.secrets(self.inputs, namespaces))

    @cached_property
    def _by_link(self) -> dict[tuple[SiteKey, SiteKey], list[LinkSecret]]:
        found: dict[tuple[SiteKey, SiteKey], list[LinkSecret]] = {}
        for secret in self.secrets:
            found.setdefault((secret.link.dialler, secret.link.issuer), []).append(secret)
        return found

    @property
    def managed_namespaces(self) -> frozenset[SiteKey]:
        """All namespaces with objects that are proven to be ours."""
        return frozenset(self._ours)

    def site(self, key: SiteKey) -> LiveSite:
        """The namespace seen as a site; its cluster must have been read."""
        if key not in self._sites:
            snapshot = self.inputs.snapshot(key.cluster)
            self._sites[key] = LiveSite(
                key,
                self.inputs.ownership,
                snapshot.objects,
                mine=tuple(self._ours.get(key, ())),
                legacy_objects=tuple(self._legacy.get(key, ())),
                heartbeat_at=snapshot.heartbeat_at,
                clock_ahead=snapshot.clock_ahead,
            )
        return self._sites[key]

    def recorded(self, key: SiteKey, annotation: str) -> str:
        """An annotation in which the ServiceAccount of a site records a fact; empty if there is none to read."""
        if self.inputs.snapshot(key.cluster).problem_in(key.namespace):
            return ""
        account = self.site(key).find(SERVICE_ACCOUNT, names.SITE_CONTROLLER)
        return account.annotations.get(annotation, "") if account else ""

    def network_of(self, key: SiteKey) -> str:
        """The network that declares a site or that last did, else that of a site with which we linked it; or empty."""
        return self._nearby(key) or next(filter(None, map(self._nearby, self._linked_by_us.get(key, ()))), "")

    def _nearby(self, key: SiteKey) -> str:
        return self._networks.get(key) or self.recorded(key, names.NETWORK)

    @cached_property
    def _networks(self) -> dict[SiteKey, str]:
        return {site.key: site.network for site in self.inputs.desired.sites}

    @cached_property
    def _linked_by_us(self) -> dict[SiteKey, list[SiteKey]]:
        """Site -> the sites with which it has a link that we have proof to have made."""
        found: dict[SiteKey, list[SiteKey]] = {}
        for secret in self.secrets:
            if provenance.written(secret.live):
                found.setdefault(secret.link.dialler, []).append(secret.link.issuer)
                found.setdefault(secret.link.issuer, []).append(secret.link.dialler)
        return found

    def secrets_of(self, link: Link) -> Sequence[LinkSecret]:
        """The Secrets of one link at both ends."""
        return self._by_link.get((link.dialler, link.issuer), ())

    def may_write(self, key: SiteKey) -> bool:
        """True if this namespace is readable, on a cluster in the data, not skipped and not foreign."""
        return not closed_reason(key, self.inputs) and not self.site(key).foreign

    @cached_property
    def adoption(self) -> Adoption:
        """The adoption of sites that are declared and readable."""
        return Adoption([self.site(key) for key in sorted(self._declared()) if self.may_write(key)])

    @cached_property
    def _wanted(self) -> frozenset[SiteKey]:
        return frozenset(self.inputs.desired.wanted)

    def _declared(self) -> frozenset[SiteKey]:
        """All sites that should exist, in networks that are not refused."""
        refused = self.inputs.refused_networks
        return frozenset(key for key, network in self.inputs.desired.wanted.items() if network not in refused)
