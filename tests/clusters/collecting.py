"""Garbage collection where there is no kube-controller-manager: ``setup-envtest`` excludes it.

An object goes when all of its owners are gone. As the real collector does, it asks the API server for an owner that it
does not know before it believes that there is none: watches of different kinds do not keep step.
"""

import queue
import threading
from typing import Any

from reconcile.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    ROLE,
    ROLE_BINDING,
    ROUTE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    Kind,
)
from reconcile.openshift.client import Client
from reconcile.openshift.errors import ClusterError, NotFound
from reconcile.sandbox.skupper.cache import Cache

Json = dict[str, Any]
_KINDS = (CONFIG_MAP, SECRET, DEPLOYMENT, SERVICE, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, ROUTE)
_BY_NAME = {kind.name: kind for kind in _KINDS}


class Collector:
    """Collects on one cluster from construction to ``stop``."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[Kind, str, str], Json] = {}
        self._lock = threading.Lock()
        self._changes: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._cache = Cache(client, self._changed, _KINDS)
        self._thread = threading.Thread(target=self._run, name=f"{client.cluster}-collector", daemon=True)
        self._cache.start()
        self._thread.start()

    def stop(self) -> None:
        self._changes.put(False)
        self._thread.join()
        self._cache.stop()

    def _changed(self, kind: Kind, namespace: str, name: str) -> None:
        found = self._cache.get(kind, namespace, name)
        with self._lock:
            if found is None:
                self._known.pop((kind, namespace, name), None)
            else:
                self._known[kind, namespace, name] = found
        self._changes.put(True)

    def _run(self) -> None:
        while self._changes.get():
            with self._lock:
                known = dict(self._known)
            living = {found["metadata"]["uid"] for found in known.values()}
            for (kind, namespace, name), found in known.items():
                owners = found["metadata"].get("ownerReferences") or []
                if owners and not any(o["uid"] in living or self._lives(o, namespace) for o in owners):
                    self._delete(kind, namespace, name, found["metadata"]["uid"])

    def _lives(self, owner: Json, namespace: str) -> bool:
        kind = _BY_NAME.get(owner["kind"])
        if kind is None:
            return True
        try:
            return self._client.get(kind, owner["name"], namespace)["metadata"]["uid"] == owner["uid"]
        except NotFound:
            return False
        except ClusterError:
            return True

    def _delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        try:
            self._client.delete(kind, name, namespace, uid=uid)
        except ClusterError:
            return  # gone, or recreated meanwhile
