"""An observed site, assembled from the objects in its namespace."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from reconcile.findings import Reason
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE_ACCOUNT, Kind
from reconcile.skupper.certificates import Certificate
from reconcile.skupper.live import (
    LiveObject,
    ObjectKey,
    instant,
    last_write,
    strings,
)
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import legacy, lost_labels, names, router_config, status
from reconcile.skupper.v1.deployments import (
    ROLLOUT,
    Downtime,
    changed_at,
    downtime,
    pod_annotations,
    rolled_out,
)
from reconcile.skupper.v1.endpoints import Endpoint, endpoint
from reconcile.skupper.v1.router_config import RouterConfig
from reconcile.skupper.v1.status import NetworkStatus

LEASE = timedelta(seconds=60)
"""How old the lease of a router may be before its status counts for nothing; it is renewed every two seconds."""

SETTLING = timedelta(minutes=2)
"""How long after the start of a router its links may still be missing in what both ends report."""

CLOCKS_APART = timedelta(seconds=2)
"""How far the clocks of an API server and of a router may be apart; the former notes writes by the second."""


@dataclass(frozen=True)
class LiveSite:
    """One namespace of one readable cluster, seen as a (possible) site.

    Parsed values are cached: a plan uses each site once for every link.
    """

    key: SiteKey
    ownership: Ownership
    objects: Mapping[ObjectKey, LiveObject]
    """All objects of the cluster."""
    mine: tuple[LiveObject, ...]
    """Objects in this namespace that are proven to be ours: created by us, or by Skupper from our ConfigMap."""
    legacy_objects: tuple[LiveObject, ...] = ()
    """With ``--take-over``: objects in this namespace that belong to ``skupper_network``."""
    heartbeat_at: datetime | None = None
    """When the leases were listed, by the cluster's clock; None if their age proves nothing."""
    clock_ahead: timedelta = timedelta()
    """By how much the cluster's clock is ahead of ours."""
    _parts: dict[tuple[Kind, str], LiveObject | None] = field(default_factory=dict, init=False, compare=False)

    def find(self, kind: Kind, name: str) -> LiveObject | None:
        return self.objects.get(ObjectKey(kind, self.key.namespace, name))

    @cached_property
    def config_map(self) -> LiveObject | None:
        """``skupper-site``, whoever owns it."""
        found = self.find(CONFIG_MAP, names.SITE)
        return None if found is None or found.deleting else found

    @cached_property
    def foreign(self) -> bool:
        """True if there is a ``skupper-site`` that is not ours and is not being adopted."""
        found = self.config_map
        if found is None or self.ownership.covers(found.labels) or self.adopted(found):
            return False
        return not lost_labels.config_map(found, self.mine)

    @property
    def being_adopted(self) -> bool:
        """True while ``skupper-site`` belongs to ``skupper_network`` and is being adopted."""
        return self.config_map is not None and self.adopted(self.config_map)

    def adopted(self, live: LiveObject) -> bool:
        """True for a legacy object that is being adopted."""
        return live in self.legacy_objects and legacy.applied(live)

    @cached_property
    def site_id(self) -> str:
        """UID of the ConfigMap; empty if there is no site of ours."""
        return self.config_map.uid if self.config_map and not self.foreign else ""

    @cached_property
    def config(self) -> Mapping[str, str]:
        return strings(self.config_map.content.get("data")) if self.config_map else {}

    def part(self, kind: Kind, name: str) -> LiveObject | None:
        """An object that Skupper created for the *current* site.

        After a site was recreated, objects of the old one stay until they are garbage-collected. A CA that was created
        beforehand has no owner and counts.
        """
        if (kind, name) not in self._parts:
            self._parts[kind, name] = self._part(kind, name)
        return self._parts[kind, name]

    def _part(self, kind: Kind, name: str) -> LiveObject | None:
        found = self.find(kind, name)
        if found is None or found.deleting:
            return None
        current = not found.owners or any(owner.uid == self.site_id for owner in found.owners)
        return found if current else None

    @cached_property
    def authority(self) -> Certificate:
        """The site's CA, which signs its tokens."""
        return self.certificate(names.SITE_CA)

    @property
    def ca(self) -> str:
        """Fingerprint of the site's CA; empty if there is none yet."""
        return self.authority.fingerprint

    @property
    def routers_know_the_ca(self) -> bool:
        """True if all routers have started since CA and server certificate were last written.

        A router reads both once, at its start. Either their times say so, or they were restarted for the order because
        of which the CA was replaced.
        """
        authority = self.part(SECRET, names.SITE_CA)
        server = self.part(SECRET, names.SITE_SERVER)
        times = [last_write(found) for found in (authority, server) if found]
        ordered = authority.annotations.get(names.REVOKED) if authority else None
        if ordered_at := instant(ordered):
            # What was written for an order was not written before it, whatever its owners say.
            times.append(ordered_at + self.clock_ahead)
        written = max((time for time in times if time), default=None)
        own = self.status.sites.get(self.site_id) if self.status else None
        if written and own and own.oldest and own.oldest - written > CLOCKS_APART:
            return True
        router = self.part(DEPLOYMENT, names.ROUTER)
        return bool(router and ordered and ordered == self.router_restarted_for and rolled_out(router))

    @property
    def router_restarted_for(self) -> str:
        """The order for which the pods of the router are those that were started last; empty if there is none."""
        router = self.part(DEPLOYMENT, names.ROUTER)
        return pod_annotations(router).get(names.REVOKED, "") if router else ""

    @cached_property
    def server(self) -> Certificate:
        """The certificate that the site presents to diallers."""
        return self.certificate(names.SITE_SERVER)

    def certificate_fault(self, secret: str) -> Reason | None:
        """Why a Secret of the site's own certificates is unusable; None if it is usable or does not exist yet."""
        return self.certificate(secret).fault

    def lost(self, secret: str) -> bool:
        """True if a Secret of the site's own certificates is gone.

        Skupper creates them before the service-controller, and never again.
        """
        complete = self.part(DEPLOYMENT, names.SERVICE_CONTROLLER) is not None
        mode = self.router_config.mode or self.config.get("router-mode")
        return complete and mode != "edge" and self.find(SECRET, secret) is None

    def certificate(self, secret: str) -> Certificate:
        """The certificate in a Secret of the current site; empty if there is none."""
        found = self.part(SECRET, secret)
        if found is None:
            return Certificate()
        certificate = found.certificates.get("tls.crt")
        if certificate is None:
            return Certificate(fault="tls.crt is missing")
        if not certificate.fault:
            return certificate
        return replace(certificate, fault=f"tls.crt is {certificate.fault}")

    def endpoint(self, *, edge: bool) -> Endpoint:
        return endpoint(self.objects, self.key.namespace, self.config, edge=edge)

    @cached_property
    def router_config(self) -> RouterConfig:
        """The router configuration that the service-controller wrote; empty if there is no router yet."""
        internal = self.part(CONFIG_MAP, names.INTERNAL)
        return internal.derived(router_config.of) if internal else RouterConfig()

    @cached_property
    def status(self) -> NetworkStatus | None:
        """The network as this site reports it; None if it reports nothing."""
        found = self.find(CONFIG_MAP, names.NETWORK_STATUS)
        return found.derived(status.of) if found and not found.deleting else None

    @cached_property
    def status_at(self) -> datetime | None:
        """When the status was last maintained: the leader's lease, else the last write."""
        found = self.find(CONFIG_MAP, names.NETWORK_STATUS)
        return self._renewed or (last_write(found) if found else None)

    @cached_property
    def _renewed(self) -> datetime | None:
        """When the router renewed its lease.

        By the clock of its node: when the server stored a renewal is not known, since ``managedFields`` keep the time
        at which a manager last got another set of fields.
        """
        lease = self.find(CONFIG_MAP, names.LEADER)
        if lease is None or lease.deleting:
            return None
        try:
            record = json.loads(lease.annotations.get(names.LEADER_LOCK, "{}"))
            return instant(record.get("renewTime"))
        except (ValueError, AttributeError, RecursionError):
            return None

    @property
    def silent(self) -> Reason | None:
        """Why the status is not current; None if it is, or if the lease was not read.

        The time in the lease is compared with the clock of the cluster at the moment when the lease was read, since
        that of this machine may be off by minutes.
        """
        if self.heartbeat_at is None:
            return None
        if self._renewed:
            old = self.heartbeat_at - self._renewed > LEASE
            return f"it has not reported since {self._renewed:%Y-%m-%d %H:%M} UTC" if old else None
        router = self.part(DEPLOYMENT, names.ROUTER)
        started = router.created if router else None
        if started is None or self.heartbeat_at - started < ROLLOUT:
            return None
        return f"its router maintains no status: ConfigMap {names.LEADER} is missing"

    @property
    def missing_part(self) -> Reason | None:
        """What the site still lacks; None once the service-controller, which is created last, exists."""
        if not self.site_id:
            return "ConfigMap skupper-site"
        for kind, name in (
            (CONFIG_MAP, names.INTERNAL),
            (DEPLOYMENT, names.ROUTER),
            (DEPLOYMENT, names.SERVICE_CONTROLLER),
        ):
            if self.part(kind, name) is None:
                return f"{kind.name} {name}"
        return None

    @property
    def lost_deployment(self) -> str:
        """Name of a Deployment that a complete site had and that is gone, unless we have deleted it; else empty.

        Skupper creates ``skupper-internal`` after the router, and only a service-controller adds connectors to it.
        """
        internal = self.part(CONFIG_MAP, names.INTERNAL)
        if internal is None:
            return ""
        if self.part(DEPLOYMENT, names.ROUTER) is None:
            return names.ROUTER
        gone = self.part(DEPLOYMENT, names.SERVICE_CONTROLLER) is None and not self.recreated
        return names.SERVICE_CONTROLLER if gone and self.router_config.connectors else ""

    @property
    def recreated(self) -> frozenset[str]:
        """What we have recorded of Deployments that are being recreated (``recreation_steps``); empty if none is."""
        account = self.find(SERVICE_ACCOUNT, names.SITE_CONTROLLER)
        return frozenset(account.annotations.get(names.RECREATED, "").split()) if account else frozenset()

    def downtime(self, name: str, now: datetime) -> Downtime | None:
        """Why the router or the service-controller of this site does not run; None if it does, or may soon."""
        found = self.part(DEPLOYMENT, name)
        return downtime(found, now + self.clock_ahead) if found else None

    def router_down(self, now: datetime) -> Reason | None:
        """Why this site has no router; None if it has one, or may soon.

        A router that is gone leaves its last status behind, which then proves nothing (``cmd/config-sync``).
        """
        if self.lost_deployment == names.ROUTER:
            return f"deployment {names.ROUTER} is gone"
        found = self.downtime(names.ROUTER, now)
        return found.reason if found else None

    def restarted_at(self, now: datetime) -> datetime | None:
        """When the router was last restarted, if its links may be missing because of that; by our clock."""
        router = self.part(DEPLOYMENT, names.ROUTER)
        own = self.status.sites.get(self.site_id) if self.status else None
        times = [own.started if own else None, changed_at(router) if router else None]
        latest = max((time - self.clock_ahead for time in times if time), default=None)
        return latest if latest and now - SETTLING < latest <= now + SETTLING else None

    @property
    def orphans(self) -> tuple[LiveObject, ...]:
        """Objects of a former site in this namespace: those owned by another UID."""
        return tuple(
            live
            for live in self.mine
            if live.owners and any(o.name == names.SITE and o.uid != self.site_id for o in live.owners)
        )
