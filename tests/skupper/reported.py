"""Networks as their sites report them: four sites of the data, three others, and statuses that partly lie."""

import json
from dataclasses import dataclass, field

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1.members import Membership
from reconcile.skupper.v1.observed_state import ObservedState
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.resolving import resolve

Pair = tuple[str, str]
OURS_IDS = ("a", "b", "c", "d")
OTHERS = ("x", "y", "z")
ALL = (*OURS_IDS, *OTHERS)
PAIRS = [(one, other) for one in ALL for other in ALL if one != other]


@dataclass
class ReportedFleet:
    """Sites a to d of the data, one on each cluster, and others x to z; ids are the names."""

    edges: frozenset[str] = frozenset()
    links: frozenset[Pair] = frozenset()
    lost: frozenset[Pair] = frozenset()
    """Links of others that are gone; everyone still remembers the records of those others."""
    left: frozenset[str] = frozenset()
    """Sites that exist though no network declares them."""
    stale: frozenset[str] = frozenset()
    """Sites whose router is down: their status is an old one, which lists everything linked with everything."""
    tokens: frozenset[Pair] = frozenset()
    networks: dict[str, str] = field(default_factory=lambda: dict.fromkeys(OURS_IDS, "n"))
    unread: frozenset[str] = frozenset()
    fakes: dict[str, FakeCluster] = field(default_factory=dict, repr=False)

    def build(self) -> "ReportedFleet":
        for name in OURS_IDS:
            fake = self.fakes[name] = FakeCluster(name)
            fake.add_site("net", site_id=name, edge=name in self.edges)
            if name in self.stale:
                fake.add(DEPLOYMENT, down(name))
                everyone = {one: [(one, other) for other in ALL if other != one] for one in ALL}
                self.write(name, everyone)
            else:
                self.write(name, self.records(name))
        for name in set(OURS_IDS) - self.networks.keys() - self.left:
            # Its site would be missing from the data.
            self.fakes[name] = FakeCluster(name)
        for dialler, issuer in self.tokens:
            self.fakes[dialler].add(SECRET, copied_token("net", f"to-{issuer}", issuer))
        return self

    def records(self, viewer: str) -> dict[str, list[Pair]]:
        """Every member that the viewer lists, with the links that it lists for it."""
        seen = {one: self.own(one) for one in reach(viewer, self.links)}
        for pair in self.lost:
            for other in set(pair) & set(OTHERS) - seen.keys():
                seen[other] = [link for link in self.lost if other in link]
        return seen

    def own(self, site: str) -> list[Pair]:
        listed = [link for link in self.links if site in link]
        return [link for link in listed if link[0] == site or link[0] not in self.edges]

    def write(self, viewer: str, records: dict[str, list[Pair]]) -> None:
        document = {"siteStatus": [self.entry(site, links) for site, links in sorted(records.items())]}
        data = {"NetworkStatus": json.dumps(document)}
        found = body(CONFIG_MAP, "net", "skupper-network-status", labels={}, data=data)
        self.fakes[viewer].add(CONFIG_MAP, found)

    def entry(self, site: str, links: list[Pair]) -> dict[str, object]:
        listed = [
            {"name": f"r-{dialler}", "direction": "incoming"}
            if issuer == site
            else {"name": f"r-{issuer}", "direction": "outgoing"}
            for dialler, issuer in links
        ]
        mode = "edge" if site in self.edges else "interior"
        name = f"{site}-net"
        record = {"identity": site, "name": name, "nameSpace": "net", "startTime": 1_700_000_000_000_000}
        return {
            "site": record,
            "routerStatus": [{"router": {"name": f"0/r-{site}", "mode": mode}, "links": listed}],
        }

    def members(self) -> Membership:
        return Membership(ObservedState(self.inputs()))

    def inputs(self) -> PlanInput:
        networks = tuple(
            Network(
                identifier=network,
                version="1.9.6",
                settings={"image": "image"},
                sites=tuple(self.site(one) for one in OURS_IDS if self.networks.get(one) == network),
            )
            for network in sorted(set(self.networks.values()))
        )
        snapshots = {name: fake.snapshot() for name, fake in self.fakes.items() if name not in self.unread}
        snapshots |= {name: ClusterSnapshot(problem="it is down") for name in self.unread}
        clusters = tuple(Cluster(name, f"https://{name}", private=False) for name in OURS_IDS)
        desired = resolve(Definitions(networks=networks, clusters=clusters))
        return PlanInput(desired=desired, ownership=OURS, now=NOW, snapshots=snapshots)

    def site(self, name: str) -> SiteDefinition:
        cluster = Cluster(name, f"https://{name}", private=False)
        return SiteDefinition(cluster, "net", config={"edge": name in self.edges})


def down(owner: str) -> dict:
    condition = {"type": "Available", "status": "False", "lastTransitionTime": "2026-03-01T11:00:00Z"}
    return body(DEPLOYMENT, "net", "skupper-router", owner=owner, status={"conditions": [condition]})


def copied_token(
    namespace: str, name: str, issuer: str, kind: str = "connection-token", **annotations
) -> dict:
    metadata = {"annotations": {"skupper.io/generated-by": issuer, **annotations}}
    return body(SECRET, namespace, name, labels={"skupper.io/type": kind}, metadata=metadata)


def key(name: str) -> SiteKey:
    return SiteKey(name, "net")


def reach(start: str, links) -> set[str]:
    reached = {start}
    while new := {end for link in links if set(link) & reached for end in link} - reached:
        reached |= new
    return reached


def ours(names) -> set[SiteKey]:
    return {key(name) for name in names if name in OURS_IDS}


def ids(members) -> set[str]:
    return {member.site_id for member in members}
