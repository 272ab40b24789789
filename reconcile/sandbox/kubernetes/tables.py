"""Tables as a server prints them for ``kubectl get``."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    EVENT,
    INGRESS,
    NETWORK_POLICY,
    POD,
    PROJECT,
)
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.store import Record

Cell = str | int | None
_API_VERSION = "meta.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; those with a priority are shown by ``-o wide`` only."""

    name: str
    cell: Callable[[Object], Cell]
    type: str = "string"
    priority: int = 0

    def definition(self) -> Object:
        """The column as the API describes it."""
        shown = "name" if self.name == "Name" else ""
        return {
            "name": self.name,
            "type": self.type,
            "format": shown,
            "description": self.name,
            "priority": self.priority,
        }


def at(*path: str, default: Cell = "") -> Callable[[Object], Cell]:
    """A cell that shows a field."""

    def cell(obj: Object) -> Cell:
        value: Any = obj
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return default if value is None or isinstance(value, dict | list) else value

    return cell


def table(
    kind: Kind,
    records: Iterable[Record],
    now: datetime.datetime,
    *,
    metadata: Object,
    include: str,
    heading: bool = True,
) -> Object:
    """Objects as a ``Table``; ``include`` is ``None``, ``Metadata`` or ``Object``: what of them goes with each row."""
    columns = (
        *_COLUMNS.get(kind, (_NAME,)),
        *(() if kind in _AGELESS else (_age(now),)),
        *_WIDE.get(kind, ()),
    )
    rows = [_row(record, columns, include) for record in records]
    definitions = [column.definition() for column in columns] if heading else None
    return {
        "kind": "Table",
        "apiVersion": _API_VERSION,
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    }


def partial(record: Record) -> Object:
    """An object of which only the metadata is shown."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": _API_VERSION,
        "metadata": record.object["metadata"],
    }


def _row(record: Record, columns: Iterable[Column], include: str) -> Object:
    shown = {"None": None, "Object": record.object}.get(include, partial(record))
    return {"cells": [column.cell(record.object) for column in columns], "object": shown}


def _age(now: datetime.datetime) -> Column:
    def cell(obj: Object) -> str:
        created = datetime.datetime.fromisoformat(obj["metadata"]["creationTimestamp"])
        return human_duration((now - created).total_seconds())

    return Column("Age", cell)


def human_duration(seconds: float) -> str:
    """A duration as kubectl writes ages: ``45s``, ``3m10s``, ``5h``, ``12d``."""
    total = max(int(seconds), 0)
    if total < 120:
        return f"{total}s"
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if minutes < 10:
        return f"{minutes}m{total % 60}s" if total % 60 else f"{minutes}m"
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    return f"{hours}h" if hours < 48 else f"{days}d"


def _entries(obj: Object) -> int:
    return len(obj.get("data") or {})


def _ready(obj: Object) -> str:
    return f"{(obj.get('status') or {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


def _external(obj: Object) -> str:
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    addresses = [entry.get("ip") or entry.get("hostname", "") for entry in ingress]
    if addresses:
        return ",".join(addresses)
    return "<pending>" if obj["spec"].get("type") == "LoadBalancer" else "<none>"


def _ports(obj: Object) -> str:
    shown = []
    for port in obj["spec"].get("ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def _pairs(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def _containers(field: str) -> Callable[[Object], str]:
    return lambda obj: ",".join(
        container.get(field, "") for container in obj["spec"]["template"]["spec"].get("containers") or ()
    )


def _role(obj: Object) -> str:
    reference = obj.get("roleRef") or {}
    return f"{reference.get('kind', '')}/{reference.get('name', '')}"


def _event_object(obj: Object) -> str:
    involved = obj.get("involvedObject") or {}
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _pod_ready(obj: Object) -> str:
    states = (obj.get("status") or {}).get("containerStatuses") or []
    return f"{sum(bool(state.get('ready')) for state in states)}/{len(obj['spec'].get('containers') or ())}"


def _restarts(obj: Object) -> int:
    return sum(
        state.get("restartCount", 0) for state in (obj.get("status") or {}).get("containerStatuses") or ()
    )


def _hosts(obj: Object) -> str:
    return ",".join(rule.get("host", "*") for rule in obj["spec"].get("rules") or ()) or "*"


_NAME = Column("Name", at("metadata", "name"))
_COLUMNS: dict[Kind, tuple[Column, ...]] = {
    kinds.NAMESPACE: (_NAME, Column("Status", at("status", "phase"))),
    kinds.CONFIG_MAP: (_NAME, Column("Data", _entries, "integer")),
    kinds.SECRET: (_NAME, Column("Type", at("type")), Column("Data", _entries, "integer")),
    kinds.SERVICE: (
        _NAME,
        Column("Type", at("spec", "type")),
        Column("Cluster-IP", at("spec", "clusterIP", default="<none>")),
        Column("External-IP", _external),
        Column("Port(s)", _ports),
    ),
    kinds.SERVICE_ACCOUNT: (_NAME, Column("Secrets", lambda obj: len(obj.get("secrets") or ()), "integer")),
    kinds.DEPLOYMENT: (
        _NAME,
        Column("Ready", _ready),
        Column("Up-to-date", at("status", "updatedReplicas", default=0), "integer"),
        Column("Available", at("status", "availableReplicas", default=0), "integer"),
    ),
    kinds.ROLE: (_NAME, Column("Created At", at("metadata", "creationTimestamp"))),
    kinds.ROLE_BINDING: (_NAME, Column("Role", _role)),
    CLUSTER_ROLE: (_NAME, Column("Created At", at("metadata", "creationTimestamp"))),
    CLUSTER_ROLE_BINDING: (_NAME, Column("Role", _role)),
    kinds.ROUTE: (
        _NAME,
        Column("Host/Port", at("spec", "host")),
        Column("Path", at("spec", "path")),
        Column("Services", at("spec", "to", "name")),
        Column("Port", at("spec", "port", "targetPort", default="<all>")),
        Column("Termination", at("spec", "tls", "termination")),
        Column("Wildcard", at("spec", "wildcardPolicy")),
    ),
    PROJECT: (_NAME, Column("Display Name", lambda _: ""), Column("Status", at("status", "phase"))),
    NETWORK_POLICY: (
        _NAME,
        Column("Pod-Selector", lambda obj: _pairs(obj["spec"]["podSelector"].get("matchLabels"))),
    ),
    INGRESS: (
        _NAME,
        Column("Class", at("spec", "ingressClassName", default="<none>")),
        Column("Hosts", _hosts),
        Column("Address", lambda obj: _external(obj).replace("<none>", "")),
    ),
    POD: (
        _NAME,
        Column("Ready", _pod_ready),
        Column("Status", at("status", "phase")),
        Column("Restarts", _restarts, "integer"),
    ),
    EVENT: (
        Column("Last Seen", at("lastTimestamp", default="<unknown>")),
        Column("Type", at("type")),
        Column("Reason", at("reason")),
        Column("Object", _event_object),
        Column("Message", at("message")),
    ),
}
_AGELESS = frozenset({kinds.ROLE, CLUSTER_ROLE, kinds.ROUTE, PROJECT, EVENT})
_WIDE: dict[Kind, tuple[Column, ...]] = {
    kinds.SERVICE: (Column("Selector", lambda obj: _pairs(obj["spec"].get("selector")), priority=1),),
    kinds.DEPLOYMENT: (
        Column("Containers", _containers("name"), priority=1),
        Column("Images", _containers("image"), priority=1),
        Column("Selector", lambda obj: _pairs(obj["spec"]["selector"].get("matchLabels")), priority=1),
    ),
    POD: (
        Column("IP", at("status", "podIP", default="<none>"), priority=1),
        Column("Node", at("spec", "nodeName", default="<none>"), priority=1),
    ),
}
