"""The leader among the config-sync side-cars: keeps the site's status and proves that it is alive.

Both ConfigMaps belong to the Deployment ``skupper-router`` and carry no labels (``cmd/config-sync/collector.go``).
The status is written when it changes; it has no heartbeat. The lock has one. A leader that has just started collects
anew what it reports: until then the status lists nothing.
"""

import contextlib
import json

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.openshift.errors import AlreadyExists, ClusterError
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.blueprints import head, owner_of
from reconcile.sandbox.skupper.clock import to_timestamp
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.network_status import FRESH
from reconcile.sandbox.skupper.states import RouterState
from reconcile.sandbox.skupper.surroundings import Surroundings
from reconcile.sandbox.skupper.timing import Duration

RENEWAL = 2.0
"""Seconds between two renewals of the lock."""
_LEASE_SECONDS = 15
_RETRY = 2.0


class Reporter:
    """Writes the two ConfigMaps of one site, for as long as its router lives."""

    def __init__(self, deployment: Json, around: Surroundings, *, renewal: float = RENEWAL) -> None:
        self._owner = owner_of(DEPLOYMENT, deployment)
        self._around = around
        self._renewal = renewal
        self._written = ""
        self._acquired = 0.0
        self._due = 0.0
        """When to renew the lock, or to retry after a failure."""
        self._silent_until = 0.0

    def deadline(self, now: float) -> float:
        """Return when to run again even if nothing happens, in epoch seconds."""
        return min(self._due, self._silent_until) if now < self._silent_until else self._due

    def forget(self, name: str) -> None:
        """Handle a change of one of the ConfigMaps: write it again if it was deleted."""
        if self._around.cached(CONFIG_MAP, name) is not None:
            return
        if name == names.NETWORK_STATUS:
            self._written = ""
        elif name == names.SITE_LEADER:
            self._due = 0.0

    def run(self, router: RouterState, status: str) -> None:
        """Renew the lock and write the status if they are due; the first pod leads."""
        now = self._around.clock.now()
        self._silent_until = self._around.after(router.started, Duration.FIRST_STATUS)
        if now < self._silent_until:
            status = FRESH
        try:
            if now >= self._due:
                self._renew(router.pods[0], now)
                self._due = now + self._renewal
            if status != self._written:
                self._put(names.NETWORK_STATUS, {"data": {names.NETWORK_STATUS_KEY: status}})
                self._written = status
        except ClusterError as error:
            self._due = now + _RETRY
            self._around.say("config-sync", f"Cannot write the status: {error}")

    def _renew(self, holder: str, now: float) -> None:
        self._acquired = self._acquired or now
        lock = {
            "holderIdentity": holder,
            "leaseDurationSeconds": _LEASE_SECONDS,
            "acquireTime": to_timestamp(self._acquired),
            "renewTime": to_timestamp(now),
            "leaderTransitions": 0,
        }
        text = json.dumps(lock, separators=(",", ":"))
        self._put(names.SITE_LEADER, {"metadata": {"annotations": {names.LEADER_ANNOTATION: text}}})

    def _put(self, name: str, part: Json) -> None:
        """Change a part of a ConfigMap, creating it if there is none."""
        if self._around.cached(CONFIG_MAP, name) is None:
            body = head(CONFIG_MAP, name, self._around.namespace, owner=self._owner)
            body["metadata"] |= part.get("metadata", {})
            rest = {"data": part["data"]} if "data" in part else {}
            with contextlib.suppress(AlreadyExists):
                self._around.client.create(CONFIG_MAP, {**body, **rest})
                return
        self._around.client.patch(CONFIG_MAP, name, self._around.namespace, part)
