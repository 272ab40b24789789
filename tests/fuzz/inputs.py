"""A small healthy fleet, and the same with a part of it spoiled.

Two networks share clusters a and b: *shaky*, in whose namespaces bodies are replaced by hostile ones, and *steady*,
which must notice nothing. Every kind that is read is there once at least.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, SECRET, Kind
from reconcile.skupper.definitions import Cluster, Definitions, Network, Policy, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot, LiveObject
from reconcile.skupper.plan import Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import names
from tests.skupper.fakes import NOW, OURS, FakeCluster, body, plan
from tests.skupper.resolving import resolve

SHAKY, STEADY = "net", "calm"
"""Namespaces of the two networks."""
KEY_BYTES = "S0VZLU9GLUEtU0VDUkVU"
"""Stands for a private key in every Secret of the fleet."""


@dataclass(frozen=True)
class Place:
    """One object of the fleet."""

    cluster: str
    kind: Kind
    namespace: str
    name: str


Bodies = Mapping[Place, dict]


def _cluster(name: str, **options) -> Cluster:
    return Cluster(name, f"https://{name}.example.com", **{"private": False, **options})


def _definitions() -> Definitions:
    clusters = {name: _cluster(name) for name in "abc"} | {"e": _cluster("e", private=True)}
    policy = Policy("policy", allowed_services=("vault",))
    secretive = {"consolePassword": KEY_BYTES}
    ingress = {"c": {"ingress": "loadbalancer"}, "a": secretive}
    shaky = [
        SiteDefinition(cluster, SHAKY, config=ingress.get(name, {}), policies=(policy,), cluster_admin=True)
        for name, cluster in clusters.items()
    ]
    steady = [SiteDefinition(clusters[name], STEADY) for name in "ab"]
    return Definitions(
        networks=(
            Network("shaky", "1.9.6", settings={"image": "image"}, sites=tuple(shaky)),
            Network("steady", "1.9.6", settings={"image": "image"}, sites=tuple(steady)),
        ),
        clusters=tuple(clusters.values()),
    )


DEFINITIONS = _definitions()
DESIRED = resolve(DEFINITIONS)


def plan_input(bodies: Bodies) -> PlanInput:
    snapshots = {name: ClusterSnapshot() for name in "abce"}
    for cluster in snapshots:
        found = [_taken_in(place, body) for place, body in bodies.items() if place.cluster == cluster]
        snapshots[cluster] = ClusterSnapshot(objects={live.key: live for live in found})
    return PlanInput(desired=DESIRED, ownership=OURS, now=NOW, snapshots=snapshots)


_known: dict[int, tuple[dict, LiveObject]] = {}


def _taken_in(place: Place, document: dict) -> LiveObject:
    """Bodies of the healthy fleet are read once, which makes a fuzzer several times as fast."""
    body, live = _known.get(id(document), (None, None))
    if live and body is document:
        return live
    live = LiveObject.from_manifest(place.kind, document)
    if healthy.cache_info().currsize and healthy().get(place) is document:
        _known[id(document)] = document, live
    return live


@cache
def healthy() -> Bodies:
    """Bodies of a fleet in which every link is up and nothing is left to do."""
    fakes = {name: FakeCluster(name) for name in "abce"}
    for namespace, clusters in ((SHAKY, "abce"), (STEADY, "ab")):
        for name in clusters:
            fakes[name].add_site(namespace, site_id=f"id-{name}-{namespace}", edge=name == "e")
    fakes["c"].add_load_balancer(SHAKY, f"id-c-{SHAKY}", f"{SHAKY}.c.example.com")
    created = _bodies(fakes)
    found = _applied(created)
    _link(fakes, plan(plan_input(found)))
    _age(fakes)
    applied = {place: document for place, document in found.items() if document is not created.get(place)}
    return {**_bodies(fakes), **applied}


def _bodies(fakes: Mapping[str, FakeCluster]) -> dict[Place, dict]:
    return {
        Place(cluster, *key): document
        for cluster, fake in fakes.items()
        for key, document in fake.bodies.items()
    }


def _applied(bodies: dict[Place, dict]) -> dict[Place, dict]:
    """The fleet after all applies of its plan, as a server would have them."""
    found = dict(bodies)
    for change in plan(plan_input(bodies)).changes:
        if change.body and change.kind != SECRET:
            place = Place(change.cluster, change.kind, change.namespace, change.name)
            document = copy.deepcopy(dict(change.body))
            known = found.get(place, body(change.kind, change.namespace, change.name))
            document["metadata"] = {**known["metadata"], **document["metadata"]}
            if change.kind == CLUSTER_POLICY:
                document["metadata"]["namespace"] = None
            fields = {
                "f:data": {"f:name": {}},
                "f:metadata": {"f:labels": {"f:app.kubernetes.io/managed-by": {}}},
            }
            owned = {"manager": "qontract-skupper", "operation": "Apply", "fieldsV1": fields}
            document["metadata"]["managedFields"] = [{**owned, "time": "2026-03-01T11:59:50Z"}]
            found[place] = document
    return found


def _link(fakes: Mapping[str, FakeCluster], planned: Plan) -> None:
    ends: dict[tuple[str, str], dict[str, list[str]]] = {}
    delivered: dict[tuple[str, str], list[str]] = {}
    for report in planned.links:
        dialler, issuer = report.link.dialler, report.link.issuer
        issued_by = f"id-{issuer.cluster}-{issuer.namespace}"
        fakes[dialler.cluster].add_link_secret(
            dialler.namespace,
            report.credential,
            str(dialler),
            str(issuer),
            issued_by=issued_by,
            host=f"{issuer.namespace}.{issuer.cluster}.example.com",
        )
        delivered.setdefault(dialler, []).append(report.credential)
        ends.setdefault(dialler, {"outgoing": [], "incoming": []})["outgoing"].append(issued_by)
        own = f"id-{dialler.cluster}-{dialler.namespace}"
        ends.setdefault(issuer, {"outgoing": [], "incoming": []})["incoming"].append(own)
    for (cluster, namespace), links in ends.items():
        site_id = f"id-{cluster}-{namespace}"
        fakes[cluster].add_status(namespace, site_id, **links)
        fakes[cluster].add_connectors(namespace, site_id, *delivered.get((cluster, namespace), []))
        lease = {"annotations": {names.LEADER_LOCK: '{"renewTime": "2026-03-01T11:59:55Z"}'}}
        fakes[cluster].add(CONFIG_MAP, body(CONFIG_MAP, namespace, names.LEADER, labels={}, metadata=lease))


def _age(fakes: Mapping[str, FakeCluster]) -> None:
    """Make all of it old enough to be judged, and mark the private keys."""
    for fake in fakes.values():
        for document in fake.bodies.values():
            document["metadata"]["creationTimestamp"] = "2026-03-01T10:00:00Z"
            if "tls.key" in document.get("data", {}):
                document["data"]["tls.key"] = KEY_BYTES


def places() -> Sequence[Place]:
    """All objects that may be spoiled, in a fixed order: the shaky network's and the policies."""
    return [place for place in healthy() if place.namespace != STEADY]


def spoiled(place: Place, spoil: Callable[[dict], object]) -> Bodies:
    """The fleet with one body replaced by what `spoil` makes of a copy of it."""
    found = dict(healthy())
    made = spoil(copy.deepcopy(found[place]))
    found[place] = made if isinstance(made, dict) else {}
    return found


def at(cluster: str, name: str, kind: Kind = CONFIG_MAP, namespace: str = SHAKY) -> Place:
    return Place(cluster, kind, namespace, name)


def token(cluster: str) -> Place:
    """The first delivered token at a site of the shaky network."""
    return next(place for place in places() if place.cluster == cluster and place.name.startswith("link-"))
