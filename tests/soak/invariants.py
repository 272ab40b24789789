"""What must hold at every moment of a soak: looked at with each write of ours and each change of links.

A breach is noted and not raised, since it is found on the threads of servers; `Invariants.check` raises it.
"""

import re
import threading
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import networkx

from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, SECRET, Kind
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.skupper.clock import Clock
from reconcile.sandbox.skupper.wire import Wire
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names
from tests.clusters.backends import Clusters
from tests.soak.data import NAMESPACES, PRIVATE, Data

Pair = frozenset[SiteKey]
Place = tuple[str, Kind, str, str]
"""Cluster, kind, namespace and name."""
_DAY = 86400.0
_LONG_WORD = re.compile(rb"[A-Za-z0-9+/]{48,}")
"""Lines of PEM and pieces of base64 look like this, and so do few other words."""


@dataclass
class Moment:
    """How the fleet was when runs began, after events had changed data or clusters."""

    wanted: dict[SiteKey, str] = field(default_factory=dict)
    networks: dict[SiteKey, str] = field(default_factory=dict)
    """Every site that the data has ever wanted -> its last network."""
    approved: set[SiteKey] = field(default_factory=set)
    """Sites whose removal is approved."""
    recreated: set[SiteKey] = field(default_factory=set)
    """Sites of which the data approves a new one."""
    mixed: set[Pair] = field(default_factory=set)
    """Pairs of sites of different networks that are joined, since a site has moved in the data."""
    safe: set[SiteKey] = field(default_factory=set)
    """Sites that no event has broken or moved and that have two live paths: they never lose both."""


class Invariants:
    """Watches one fleet from construction on."""

    def __init__(self, servers: Clusters, wire: Wire, budget: int, clock: Clock) -> None:
        """`budget`: so many sites and policies may be removed in a day without an approval."""
        self._servers, self._wire, self._budget, self._clock = servers, wire, budget, clock
        self._lock = threading.Lock()
        self._breaches: list[str] = []
        self._moment = Moment()
        self._removed: list[tuple[float, str]] = []
        """What was removed without an approval, and when."""
        self._links: set[Pair] = set()
        self._tried: set[bytes] = set()
        """Words that were printed and are no keys."""
        self._paused = True
        self._foreign: dict[Place, dict[str, Any]] = {}
        self._known_tokens: set[str] = set()
        self.writes: list[Call] = []
        """Writes of ours in the runs since the last moment, those that took effect."""
        wire.attach("invariants", self._links_changed)

    def expect_untouched(self, cluster: str, kind: Kind, namespace: str, name: str) -> None:
        """Note an object of somebody else; it stays as it is now."""
        found = self._servers[cluster].find(kind, name, namespace)
        assert found
        self._foreign[cluster, kind, namespace, name] = found

    def forget_foreign(self, cluster: str, kind: Kind, namespace: str, name: str) -> None:
        """Its owner changes or deletes it."""
        self._foreign.pop((cluster, kind, namespace, name), None)

    def pause(self) -> None:
        """Until `begin`, links may come and go: events make and break them."""
        with self._lock:
            self._paused = True

    def begin(self, data: Data, unbroken: set[SiteKey]) -> None:
        """Judge from now on by this data; `unbroken` are the sites that no event has touched."""
        # What is to be removed belongs to its network until then.
        links, wanted, known = self.links(), data.wanted, {**self._moment.networks, **data.wanted}
        linked = set().union(*links)
        # An edge router has one connection at a time: its uplinks on standby show as tokens only.
        private = (key for key in unbroken & linked if key.cluster in PRIVATE)
        paths = links | {pair for key in private for pair in self._dialled(key)}
        # A router that is down now dials again once it runs.
        dialled = {pair for key in known for pair in self._dialled(key)}
        lasting = [pair for pair in paths if pair <= unbroken and _same_network(pair, known)]
        moment = Moment(
            wanted=wanted,
            networks=known,
            approved=data.approved,
            recreated=data.recreated,
            mixed=_mixed(links | dialled, known),
            safe={key for key in unbroken & linked if sum(key in pair for pair in lasting) > 1},
        )
        with self._lock:
            self._moment, self.writes = moment, []
            self._links, self._paused = links, False

    def _dialled(self, key: SiteKey) -> Iterator[Pair]:
        """The sites that one has tokens in use for."""
        tokens = self._servers[key.cluster].objects(SECRET, key.namespace, {names.TYPE: names.TOKEN})
        for token in tokens:
            issuer = SiteKey.parse((token["metadata"].get("annotations") or {}).get(names.ISSUER, ""))
            if issuer and issuer != key:
                yield frozenset({key, issuer})

    def links(self) -> set[Pair]:
        """The pairs of sites with a connection that works now."""
        return {frozenset({SiteKey(*link.dialler), SiteKey(*link.issuer)}) for link in self._wire.links}

    def note(self, call: Call) -> None:
        """Look at a write of ours that has taken effect."""
        with self._lock:
            self.writes.append(call)
        kind, key = call.resource.kind, SiteKey(call.cluster, call.namespace)
        if kind.namespaced and call.namespace not in NAMESPACES:
            self._breach(f"we wrote to {call}")
        if (call.verb, kind, call.name) == ("delete", CONFIG_MAP, names.SITE):
            self._note_removal(key)
        if (call.verb, kind) == ("delete", CLUSTER_POLICY):
            self._count(f"policy {call.name} on {call.cluster}")
        if kind == SECRET:
            self._look_at_tokens(key)
        self._look_at_foreign(call.cluster)

    def check(self, outputs: Iterable[str]) -> None:
        """Raise what was found so far, and private keys in what was printed."""
        for cluster in self._servers:
            self._look_at_foreign(cluster.name)
        words = set().union(*(_LONG_WORD.findall(text.encode()) for text in set(outputs))) - self._tried
        keys = b"\n".join(self._private_keys()) if words else b""
        found = sorted(word for word in words if word in keys)
        self._tried |= words - set(found)
        for word in found:
            self._breach(f"a private key was printed: {word[:12].decode()}…")
        if any("PRIVATE KEY" in text for text in outputs):
            self._breach("a private key was printed")
        with self._lock:
            found, self._breaches = self._breaches, []
        assert not found, "\n".join(found)

    def _breach(self, text: str) -> None:
        with self._lock:
            if text not in self._breaches:
                self._breaches.append(text)

    def _note_removal(self, key: SiteKey) -> None:
        moment = self._moment
        if key in moment.wanted and key not in moment.recreated:
            self._breach(f"we removed {key}, which the data wants")
        if key not in moment.approved | moment.recreated:
            self._count(f"site {key}")

    def _count(self, what: str) -> None:
        """Count a removal without an approval, over all runs of the last 24 hours."""
        now = self._clock.now()
        with self._lock:
            self._removed.append((now, what))
            self._removed = [(at, each) for at, each in self._removed if now - at < _DAY]
            counted = [each for _, each in self._removed]
        if len(counted) > self._budget:
            self._breach(f"{len(counted)} were removed in a day without an approval: {', '.join(counted)}")

    def _look_at_tokens(self, key: SiteKey) -> None:
        """No Secret makes a site dial another one that is not declared in the same network."""
        wanted = self._moment.wanted
        for secret in self._servers[key.cluster].objects(SECRET, namespace=key.namespace):
            metadata = secret["metadata"]
            name, uid, annotations = metadata["name"], metadata["uid"], metadata.get("annotations") or {}
            ends = [SiteKey.parse(annotations.get(end, "")) for end in (names.DIALLER, names.ISSUER)]
            foreign = (key.cluster, SECRET, key.namespace, name) in self._foreign
            if None in ends or foreign or uid in self._known_tokens:
                continue
            self._known_tokens.add(uid)
            if wanted.get(ends[0], "") != wanted.get(ends[1], " "):
                self._breach(f"we made Secret {name} in {key} for {ends[0]} and {ends[1]}")

    def _look_at_foreign(self, cluster: str) -> None:
        for place, expected in tuple(self._foreign.items()):
            where, kind, namespace, name = place
            if where == cluster and self._servers[cluster].find(kind, name, namespace) != expected:
                self._breach(f"{kind.name} {name} of somebody else in {cluster}/{namespace} was changed")
                self._foreign.pop(place, None)

    def _links_changed(self) -> None:
        """Called by threads of the simulation after each change of links."""
        if self._paused:
            return
        moment = self._moment
        with self._lock:
            links, known = self.links(), self._links
            self._links = links
        if links - known:
            for first, second in map(sorted, _mixed(links, moment.networks) - moment.mixed):
                self._breach(f"{first} and {second} were joined, which are not of one network")
        # A site whose own router restarts, as waves do with one after the other, has no link for so long. Links and
        # routers cannot be looked at in one moment, hence twice.
        lonely = self._running(moment.safe.difference(*links))
        for key in self._running(lonely.difference(*self.links()) if lonely else lonely):
            self._breach(f"{key} had two live paths and lost both")

    def _running(self, keys: Iterable[SiteKey]) -> set[SiteKey]:
        """Those of the sites whose router runs now."""
        return {key for key in keys if self._wire.view(key.cluster, key.namespace)}

    def _private_keys(self) -> Iterator[bytes]:
        for cluster in self._servers:
            for secret in cluster.objects(SECRET):
                key = (secret.get("data") or {}).get("tls.key", "").encode()
                yield key
                yield b64decode(key)


def _same_network(sites: Iterable[SiteKey], wanted: dict[SiteKey, str]) -> bool:
    return len({wanted.get(key, str(key)) for key in sites}) == 1


def _mixed(links: set[Pair], wanted: dict[SiteKey, str]) -> set[Pair]:
    """Pairs of sites that are joined by any path and not of one network."""
    graph = networkx.Graph(map(tuple, links))
    mixed = (part for part in networkx.connected_components(graph) if not _same_network(part, wanted))
    pairs = (frozenset(pair) for part in mixed for pair in combinations(part, 2))
    return {pair for pair in pairs if not _same_network(pair, wanted)}
