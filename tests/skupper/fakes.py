"""Live objects as Skupper leaves them, made by hand: the planner's input without any cluster."""

import json
import pickle
from base64 import b64encode
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from reconcile.engines import ENGINES
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SECRET, SERVICE, SERVICE_ACCOUNT, Kind
from reconcile.skupper import planning
from reconcile.skupper.live import ClusterSnapshot, LiveObject, ObjectKey
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import Plan
from reconcile.skupper.plan_input import PlanInput

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_WRITTEN = {"manager": "qontract-skupper", "operation": "Update"}
OURS = Ownership("test")


def plan(inputs: PlanInput) -> Plan:
    """Plan with the engines of the program."""
    return planning.plan(inputs, ENGINES)


@cache
def certificate(
    subject: str, *, hosts: tuple[str, ...] = (), expires: datetime = NOW + timedelta(days=1800)
) -> str:
    """A self-signed certificate, base64 as in a Secret; the same arguments give the same certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(expires)
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False
        )
    return b64encode(builder.sign(key, SHA256()).public_bytes(Encoding.PEM)).decode()


def body(
    kind: Kind, namespace: str, name: str, *, uid: str = "", labels=None, owner: str = "", **rest
) -> dict:
    """JSON body of an object; `owner` is the UID of the skupper-site that owns it. Ours unless `labels` are given."""
    applied = [{"manager": "qontract-skupper", "operation": "Apply"}]
    owners = [{"kind": "ConfigMap", "name": "skupper-site", "uid": owner}] if owner else []
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": uid or f"uid-of-{name}",
        "labels": OURS.labels if labels is None else labels,
        "creationTimestamp": "2026-03-01T11:59:50Z",
        "ownerReferences": owners,
        "managedFields": applied if labels is None and not owner else [],
        **rest.pop("metadata", {}),
    }
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **rest}


@dataclass
class FakeCluster:
    """Objects of one cluster, added by methods, seen as a view."""

    name: str
    bodies: dict[tuple[Kind, str, str], dict] = field(default_factory=dict)
    heartbeat_at: datetime | None = None
    """When the leases were listed, by the cluster's clock."""
    clock_ahead: timedelta = timedelta()
    gone: dict[str, ObjectKey] = field(default_factory=dict)
    """What was deleted while a run goes on, by UID."""
    _known: dict[tuple[Kind, str, str], tuple[dict, LiveObject]] = field(default_factory=dict)
    """What was read last, and what it was read as."""

    def __deepcopy__(self, _: dict) -> "FakeCluster":
        """Like any other, but what was read is shared: it never changes. Pickling is the fastest copy of JSON."""
        bodies = pickle.loads(pickle.dumps(self.bodies))
        return replace(self, bodies=bodies, gone=dict(self.gone), _known=dict(self._known))

    def add(self, kind: Kind, document: dict) -> dict:
        metadata = document["metadata"]
        self.bodies[kind, metadata["namespace"], metadata["name"]] = document
        return document

    def remove(self, kind: Kind, namespace: str, name: str) -> None:
        del self.bodies[kind, namespace, name]

    def snapshot(self) -> ClusterSnapshot:
        found = [self._read(place, document) for place, document in self.bodies.items()]
        return ClusterSnapshot(
            objects={live.key: live for live in found},
            heartbeat_at=self.heartbeat_at,
            clock_ahead=self.clock_ahead,
            gone=dict(self.gone),
        )

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Delete an object, if it is there, as a run does that still goes on."""
        found = self.bodies.pop((kind, namespace, name), None)
        if found:
            self.gone[found["metadata"]["uid"]] = ObjectKey(kind, namespace, name)

    def _read(self, place: tuple[Kind, str, str], document: dict) -> LiveObject:
        """The object, the same one for as long as it does not change, as from the cache of a run."""
        if place not in self._known or self._known[place][0] != document:
            known = deepcopy(document)
            self._known[place] = known, LiveObject.from_manifest(place[0], known)
        return self._known[place][1]

    def add_site(
        self, namespace: str, *, site_id: str, edge: bool = False, host: str = "", data=None
    ) -> None:
        """A site that is up: everything that the plan looks at."""
        host = host or f"{namespace}.{self.name}.example.com"
        config = {"name": f"{self.name}-{namespace}", "ingress": "none" if edge else "route"}
        config["router-mode"] = "edge" if edge else "interior"
        self.add(CONFIG_MAP, body(CONFIG_MAP, namespace, "skupper-site", uid=site_id, data=data or config))
        for kind, name in ((DEPLOYMENT, "skupper-router"), (DEPLOYMENT, "skupper-service-controller")):
            self.add(kind, body(kind, namespace, name, owner=site_id))
        self.add_connectors(namespace, site_id)
        if not edge:
            ca = certificate(f"ca-of-{site_id}")
            server = certificate(f"server-of-{site_id}", hosts=(host,))
            for name, crt in (("skupper-site-ca", ca), ("skupper-site-server", server)):
                data = {"tls.crt": crt, "tls.key": "c2VjcmV0"}
                self.add(SECRET, body(SECRET, namespace, name, owner=site_id, data=data))
            for name in ("skupper-inter-router", "skupper-edge"):
                self.add(ROUTE, body(ROUTE, namespace, name, owner=site_id, spec={"host": host}))

    def add_connectors(self, namespace: str, site_id: str, *names: str, version: str = "1.9.6") -> None:
        """The ConfigMap in which the service-controller lists the connectors of the router, with its version."""
        config = self.bodies[CONFIG_MAP, namespace, "skupper-site"]["data"]
        mode = config.get("router-mode", "interior")
        listeners = ["amqps", *(["interior-listener", "edge-listener"] if mode == "interior" else [])]
        metadata = json.dumps({"id": site_id, "version": version})
        entities = [
            ["router", {"id": "r", "mode": mode, "metadata": metadata}],
            *(["listener", {"name": name}] for name in listeners),
            *(["connector", {"name": name}] for name in names),
        ]
        data = {"skrouterd.json": json.dumps(entities)}
        self.add(CONFIG_MAP, body(CONFIG_MAP, namespace, "skupper-internal", owner=site_id, data=data))

    def add_account(self, namespace: str, **annotations: str) -> None:
        """The ServiceAccount that carries our marks, with annotations ``qontract-skupper/…``."""
        marks = {f"qontract-skupper/{name}": value for name, value in annotations.items()}
        name = "skupper-site-controller"
        account = body(SERVICE_ACCOUNT, namespace, name, metadata={"annotations": marks})
        self.add(SERVICE_ACCOUNT, account)

    def add_load_balancer(self, namespace: str, owner: str, host: str = "") -> None:
        ingress = [{"hostname": host}] if host else []
        self.add(
            SERVICE,
            body(
                SERVICE,
                namespace,
                "skupper-router",
                owner=owner,
                status={"loadBalancer": {"ingress": ingress}},
            ),
        )

    def add_link_secret(
        self,
        namespace: str,
        name: str,
        dialler: str,
        issuer: str,
        *,
        issued_by: str = "",
        host: str = "",
        **metadata,
    ) -> None:
        """A request, or (`issued_by` a site id) a token."""
        kind_of = "connection-token" if issued_by else "connection-token-request"
        annotations = {"qontract-skupper/dialler": dialler, "qontract-skupper/issuer": issuer}
        data = {}
        if issued_by:
            annotations |= {
                "skupper.io/generated-by": issued_by,
                "inter-router-host": host,
                "edge-host": host,
            }
            data = {
                "ca.crt": certificate(f"ca-of-{issued_by}"),
                "tls.crt": certificate(name),
                "tls.key": "c2VjcmV0",
            }
        labels = {**OURS.labels, "skupper.io/type": kind_of}
        document = body(
            SECRET,
            namespace,
            name,
            labels=labels,
            data=data,
            metadata={"annotations": annotations, "managedFields": [_WRITTEN], **metadata},
        )
        self.add(SECRET, document)

    def add_lease(self, namespace: str, renewed: datetime) -> None:
        """The lease of a router, created long ago, with the time of its last renewal."""
        record = json.dumps({"renewTime": renewed.isoformat()})
        annotations = {"control-plane.alpha.kubernetes.io/leader": record}
        fields = [{"manager": "config-sync", "time": "2026-01-01T00:00:00Z"}]
        metadata = {"annotations": annotations, "managedFields": fields}
        self.add(CONFIG_MAP, body(CONFIG_MAP, namespace, "skupper-site-leader", labels={}, metadata=metadata))

    def add_status(
        self, namespace: str, site_id: str, *, outgoing=(), incoming=(), names=(), elsewhere=(), started=None
    ) -> None:
        """The network as this site sees it: its own links to other site ids.

        `names` are pairs of a site id and a site name, `elsewhere` pairs of two other site ids, the dialler first;
        `started` is when its router started.
        """
        seen = {
            site_id: [(other, "outgoing") for other in outgoing] + [(other, "incoming") for other in incoming]
        }
        for other, _ in list(seen[site_id]):
            seen.setdefault(other, [])
        for dialler, issuer in elsewhere:
            seen.setdefault(dialler, []).append((issuer, "outgoing"))
            seen.setdefault(issuer, [])
        reported = {site_id: f"{self.name}-{namespace}", **dict(names)}
        sites = [
            {
                "site": {"identity": site, **({"name": reported[site]} if site in reported else {})},
                "routerStatus": [
                    {
                        "router": {
                            "name": f"0/router-of-{site}",
                            **(
                                {"startTime": int(started.timestamp() * 1e6)}
                                if started and site == site_id
                                else {}
                            ),
                        },
                        "links": [{"name": f"router-of-{other}", "direction": way} for other, way in links],
                    }
                ],
            }
            for site, links in seen.items()
        ]
        data = {"NetworkStatus": json.dumps({"siteStatus": sites})}
        self.add(CONFIG_MAP, body(CONFIG_MAP, namespace, "skupper-network-status", labels={}, data=data))
