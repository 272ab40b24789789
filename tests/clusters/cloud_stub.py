"""What a cloud and OpenShift do on a cluster, done on a real API server: it has no nodes, routers or cloud behind it.

Deployments report their replicas as available, Services of type LoadBalancer get an address, Routes are admitted: as
``reconcile.sandbox.kubernetes.controllers`` does on simulated clusters, but by requests.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from reconcile.kinds import DEPLOYMENT, ROUTE, SERVICE, Kind
from reconcile.openshift import paths
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.controllers import (
    MOUNTED,
    Behaviour,
    deployment_status,
    is_done,
    mounts,
    public_address,
)
from reconcile.sandbox.skupper.cache import Cache
from tests.clusters.administration import MERGE, Administrator

Json = dict[str, Any]


class CloudStub:
    """Looks after the objects of one cluster from construction to ``stop``."""

    def __init__(self, administrator: Administrator, client: Client, behaviour: Behaviour) -> None:
        self._administrator = administrator
        self._behaviour = behaviour
        self._lock = threading.Lock()
        self._timers: list[threading.Timer] = []
        self._stopped = False
        self._reactions: dict[Kind, Callable[[Json], None]] = {
            DEPLOYMENT: self._deployment,
            SERVICE: self._service,
            ROUTE: self._route,
        }
        self._cache = Cache(client, self._changed, (*self._reactions, *MOUNTED.values()))
        self._cache.start()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for timer in self._timers:
                timer.cancel()
        for timer in self._timers:
            timer.join()
        self._cache.stop()

    def _changed(self, kind: Kind, namespace: str, name: str) -> None:
        found = self._cache.get(kind, namespace, name)
        if found is None:
            return
        if kind in self._reactions:
            self._later(self._behaviour.delay, self._reactions[kind], found)
            return
        for deployment in self._cache.within(DEPLOYMENT, namespace):
            if (kind, name) in mounts(deployment) and not is_done(deployment):
                self._later(self._behaviour.delay, self._deployment, deployment)

    def _later(self, delay: float, reaction: Callable[[Json], None], found: Json) -> None:
        timer = threading.Timer(delay, reaction, [found])
        with self._lock:
            if not self._stopped:
                self._timers = [*(other for other in self._timers if other.is_alive()), timer]
                timer.start()

    def _deployment(self, found: Json) -> None:
        metadata = found["metadata"]
        found = self._cache.get(DEPLOYMENT, metadata["namespace"], metadata["name"]) or found
        if is_done(found):
            return
        namespace = metadata["namespace"]
        present = all(self._cache.get(kind, namespace, name) for kind, name in mounts(found))
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        status = deployment_status(found, moment, startable=present)
        counts = ("readyReplicas", "availableReplicas", "unavailableReplicas", "replicas", "updatedReplicas")
        if status != found.get("status"):
            self._set(DEPLOYMENT, found, {"status": {**dict.fromkeys(counts), **status}})

    def _service(self, found: Json) -> None:
        wait = self._behaviour.load_balancers
        addressed = ((found.get("status") or {}).get("loadBalancer") or {}).get("ingress")
        if wait == "pending" or found["spec"].get("type") != "LoadBalancer" or addressed:
            return
        self._later(0 if wait == "at once" else float(wait), self._give_address, found)

    def _give_address(self, found: Json) -> None:
        ingress = {"ip": public_address()}
        self._set(SERVICE, found, {"status": {"loadBalancer": {"ingress": [ingress]}}})

    def _route(self, found: Json) -> None:
        if not (found.get("status") or {}).get("ingress"):
            admitted = {"type": "Admitted", "status": "True"}
            ingress = {"host": found["spec"]["host"], "routerName": "default", "conditions": [admitted]}
            self._set(ROUTE, found, {"status": {"ingress": [ingress]}})

    def _set(self, kind: Kind, found: Json, change: Json) -> None:
        """Set the status of this very object; one that is gone meanwhile, or recreated, is skipped."""
        metadata = found["metadata"]
        path = paths.item(kind, metadata["name"], metadata["namespace"])
        body = {"metadata": {"uid": metadata["uid"]}, **change}
        self._administrator.ask("PATCH", f"{path}/status?fieldManager=cluster", body, MERGE)
