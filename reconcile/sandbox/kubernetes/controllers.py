"""The few controllers without which nothing on a cluster becomes ready.

Deployments report their replicas as available once what their pods mount is there, Services of type LoadBalancer get an
address, Routes are admitted, terminating namespaces are emptied and removed. Of pods there are only those of Jobs
(`jobs`). Controllers react to events after a short delay.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import count
from typing import Literal

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes import jobs
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.deletion import DeleteOptions
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.jobs import Container, Jobs
from reconcile.sandbox.kubernetes.store import Event, Record
from reconcile.sandbox.kubernetes.writes import Options, Target, Writer

_ADDRESSES = ip_network("203.0.0.0/16")
_allocated = count(1)


def public_address() -> str:
    """An address that no other Service has, on whatever cluster of this process: all clusters share the internet."""
    return str(_ADDRESSES[next(_allocated) % _ADDRESSES.num_addresses])


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the controllers of a cluster behave; delays in seconds."""

    delay: float = 0.02
    """Between an event and what a controller does about it."""
    load_balancers: Literal["at once", "pending"] | float = "at once"
    """When a Service of type LoadBalancer gets its address: after that many seconds, or never (``pending``)."""
    run: Container | None = jobs.run
    """What the container of a Job's pod does; None: no node takes such a pod."""


class Controllers:
    """The controllers of one cluster."""

    def __init__(self, writer: Writer, behaviour: Behaviour, apps_domain: str, pods: Resource) -> None:
        self.behaviour = behaviour
        self._writer = writer
        self._store = writer.store
        self._apps_domain = apps_domain
        self._reactions: dict[Kind, Callable[[Record], None]] = {
            kinds.DEPLOYMENT: self._deployment,
            kinds.SERVICE: self._service,
            kinds.ROUTE: self._route,
            kinds.NAMESPACE: self._namespace,
            kinds.JOB: lambda seen: self._jobs.start(seen, self.behaviour.run),
        }
        self._jobs = Jobs(writer, pods)
        self._store.listen(self._on_event)

    def behave(self, behaviour: Behaviour) -> None:
        """Change the behaviour, also towards what exists already."""
        self.behaviour = behaviour
        for kind, reaction in self._reactions.items():
            for record in self._store.records(kind):
                self._later(behaviour.delay, reaction, record)

    def _on_event(self, event: Event) -> None:
        record = event.record
        if event.type == "DELETED":
            self._emptied(record)
            return
        if event.type == "ADDED" and record.resource.kind in MOUNTED.values():
            self._mounted(record)
        if reaction := self._reactions.get(record.resource.kind):
            self._later(self.behaviour.delay, reaction, record)

    def _later(self, delay: float, reaction: Callable[[Record], None], record: Record) -> None:
        asyncio.get_running_loop().call_later(delay, reaction, record)

    def _current(self, seen: Record) -> Record | None:
        record = self._store.get(seen.resource.kind, *seen.key)
        return record if record is not None and record.uid == seen.uid else None

    def _set_status(self, record: Record, status: Object, manager: str) -> None:
        target = Target(record.resource, record.namespace, record.name, "status")
        self._writer.replace(target, {**record.object, "status": status}, Options(manager=manager))

    # -- workloads and addresses -----------------------------------------------------------------------------------

    def _deployment(self, seen: Record) -> None:
        record = self._current(seen)
        if record is None or is_done(record.object):
            return
        present = all(self._store.get(kind, record.namespace, name) for kind, name in mounts(record.object))
        status = deployment_status(record.object, self._writer.now(), startable=present)
        if status != record.object.get("status"):
            self._set_status(record, status, "kube-controller-manager")

    def _mounted(self, added: Record) -> None:
        """Something that pods may be waiting for is there."""
        for record in self._store.records(kinds.DEPLOYMENT, added.namespace):
            if not is_done(record.object):
                self._later(self.behaviour.delay, self._deployment, record)

    def _service(self, seen: Record) -> None:
        wait = self.behaviour.load_balancers
        if wait == "pending" or not _wants_address(seen):
            return
        self._later(0 if wait == "at once" else float(wait), self._give_address, seen)

    def _give_address(self, seen: Record) -> None:
        record = self._current(seen)
        if record is None or not _wants_address(record):
            return
        ingress = {"ip": public_address()}
        status = {**record.object.get("status", {}), "loadBalancer": {"ingress": [ingress]}}
        self._set_status(record, status, "cloud-controller-manager")

    def _route(self, seen: Record) -> None:
        record = self._current(seen)
        if record is None:
            return
        host = record.object["spec"]["host"]
        known = (record.object.get("status") or {}).get("ingress") or [{}]
        if known[0].get("host") == host:
            return
        admitted = {"type": "Admitted", "status": "True", "lastTransitionTime": self._writer.now()}
        ingress = {
            "host": host,
            "routerName": "default",
            "conditions": [admitted],
            "wildcardPolicy": "None",
            "routerCanonicalHostname": f"router-default.{self._apps_domain}",
        }
        self._set_status(record, {"ingress": [ingress]}, "openshift-router")

    # -- namespaces ------------------------------------------------------------------------------------------------

    def _namespace(self, seen: Record) -> None:
        record = self._current(seen)
        if record is None or not record.object["metadata"].get("deletionTimestamp"):
            return
        content = self._content(record.name)
        for item in content:
            if not item.object["metadata"].get("deletionTimestamp"):
                self._writer.delete(
                    Target(item.resource, item.namespace, item.name), DeleteOptions(uid=item.uid)
                )
        if not self._content(record.name):
            spec = {**record.object["spec"], "finalizers": []}
            target = Target(record.resource, "", record.name, "finalize")
            self._writer.replace(
                target, {**record.object, "spec": spec}, Options(manager="kube-controller-manager")
            )

    def _content(self, namespace: str) -> list[Record]:
        return [record for record in self._store.everything() if record.namespace == namespace]

    def _emptied(self, gone: Record) -> None:
        """A terminating namespace may have lost its last object."""
        namespace = self._store.get(kinds.NAMESPACE, "", gone.namespace) if gone.namespace else None
        if namespace is not None and namespace.object["metadata"].get("deletionTimestamp"):
            self._later(self.behaviour.delay, self._namespace, namespace)


def _wants_address(record: Record) -> bool:
    status = record.object.get("status") or {}
    return record.object["spec"].get("type") == "LoadBalancer" and not (status.get("loadBalancer") or {}).get(
        "ingress"
    )


MOUNTED = {"secret": kinds.SECRET, "configMap": kinds.CONFIG_MAP}
"""What a volume of a pod holds, by the field that says so."""


def mounts(deployment: Object) -> list[tuple[Kind, str]]:
    """Return kind and name of all without which the pods of a Deployment do not start."""
    volumes = deployment["spec"]["template"]["spec"].get("volumes") or ()
    return [
        (kind, str(volume[field].get("secretName") or volume[field].get("name")))
        for volume in volumes
        for field, kind in MOUNTED.items()
        if volume.get(field) and not volume[field].get("optional")
    ]


def is_done(deployment: Object) -> bool:
    """Return whether the status of a Deployment is that of its spec, and its pods run."""
    status = deployment.get("status") or {}
    observed = status.get("observedGeneration") == deployment["metadata"]["generation"]
    return observed and bool(status.get("readyReplicas", 0) == deployment["spec"].get("replicas", 1))


def deployment_status(deployment: Object, now: str, *, startable: bool) -> Object:
    """Return the status of a Deployment after its rollout.

    It is available if it has the pods that it wants: also if it wants none. ``now`` is the time at which it became so
    or not, ``startable``: whether pods can start.
    """
    replicas = deployment["spec"].get("replicas", 1)
    counts = dict.fromkeys(("replicas", "updatedReplicas"), replicas)
    available = startable or not replicas
    ready = ("readyReplicas", "availableReplicas") if available else ("unavailableReplicas",)
    minimum = "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable"
    condition = {
        "type": "Available",
        "status": str(available),
        "reason": minimum,
        "message": f"Deployment {'has' if available else 'does not have'} minimum availability.",
    }
    conditions = (deployment.get("status") or {}).get("conditions") or [{}]
    times = ("lastTransitionTime", "lastUpdateTime")
    same = conditions[0].get("status") == condition["status"]
    condition |= {key: conditions[0].get(key, now) if same else now for key in times}
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        **({**counts, **dict.fromkeys(ready, replicas)} if replicas else {}),
        "conditions": [condition],
    }
