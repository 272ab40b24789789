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

from reconcile.kinds import CONFIG_MAP, SECRET, Kind
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.skupper.wire import Wire
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names
from tests.clusters.backends import Clusters
from tests.soak.data import NAMESPACES, PRIVATE, Data

Pair = frozenset[SiteKey]
Place = tuple[str, Kind, str, str]
"""Cluster, kind, namespace and name."""
_LONG_WORD = re.compile(rb"[A-Za-z0-9+/]{48,}")
"""Lines of PEM and pieces of base64 look like this, and so do few other words."""


@dataclass
class Moment:
    """How the fleet was when runs began, after events had changed data or clusters."""

    wanted: dict[SiteKey, str] = field(default_factory=dict)
    approved: set[SiteKey] = field(default_factory=set)
    mixed: set[Pair] = field(default_factory=set)
    """Pairs of sites of different networks that are joined, since a site has moved in the data."""
    safe: set[SiteKey] = field(default_factory=set)
    """Sites that no event has broken or moved and that have two live paths: they never lose both."""


class Invariants:
    """Watches one fleet from construction on."""

    def __init__(self, servers: Clusters, wire: Wire, budget: int) -> None:
        self._servers, self._wire, self._budget = servers, wire, budget
        self._lock = threading.Lock()
        self._breaches: list[str] = []
        self._moment = Moment()
        self._removed: set[SiteKey] = set()
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
        links, wanted = self.links(), data.wanted
        linked = set().union(*links)
        # An edge router has one connection at a time: its uplinks on standby show as tokens only.
        paths = links | {pair for key in unbroken & linked for pair in self._uplinks(key)}
        lasting = [pair for pair in paths if pair <= unbroken and _same_network(pair, wanted)]
        moment = Moment(
            wanted=wanted,
            approved=data.approved,
            mixed=_mixed(links, wanted),
            safe={key for key in unbroken & linked if sum(key in pair for pair in lasting) > 1},
        )
        with self._lock:
            self._moment, self._removed, self.writes = moment, set(), []
            self._paused = False

    def _uplinks(self, key: SiteKey) -> Iterator[Pair]:
        """The sites that one on a private cluster has tokens in use for."""
        tokens = self._servers[key.cluster].objects(SECRET, key.namespace, {names.TYPE: names.TOKEN})
        for token in tokens if key.cluster in PRIVATE else ():
            issuer = SiteKey.parse((token["metadata"].get("annotations") or {}).get(names.ISSUER, ""))
            if issuer:
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
        if kind == SECRET:
            self._look_at_tokens(key)
        self._look_at_foreign(call.cluster)

    def check(self, outputs: Iterable[str]) -> None:
        """Raise what was found so far, and private keys in what was printed."""
        for cluster in self._servers:
            self._look_at_foreign(cluster.name)
        keys = b"\n".join(self._private_keys())
        for text in outputs:
            for word in set(_LONG_WORD.findall(text.encode())):
                if word in keys:
                    self._breach(f"a private key was printed: {word[:12].decode()}…")
            if "PRIVATE KEY" in text:
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
        if key in moment.wanted:
            self._breach(f"we removed {key}, which the data wants")
        self._removed.add(key)
        counted = self._removed - moment.approved
        if len(counted) > self._budget:
            self._breach(
                f"{len(counted)} sites were removed without an approval: {sorted(map(str, counted))}"
            )

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
        moment, links = self._moment, self.links()
        if self._paused:
            return
        fresh = _mixed(links, moment.wanted) - moment.mixed
        for first, second in map(sorted, fresh):
            self._breach(f"{first} and {second} were joined, which are not of one network")
        for key in moment.safe:
            if not any(key in pair for pair in links):
                self._breach(f"{key} had two live paths and lost both")

    def _private_keys(self) -> Iterator[bytes]:
        for cluster in self._servers:
            for secret in cluster.objects(SECRET):
                key = (secret.get("data") or {}).get("tls.key", "").encode()
                yield key
                yield b64decode(key)


def _same_network(pair: Pair, wanted: dict[SiteKey, str]) -> bool:
    return len({wanted.get(key, str(key)) for key in pair}) == 1


def _mixed(links: set[Pair], wanted: dict[SiteKey, str]) -> set[Pair]:
    """Pairs of sites that are joined by any path and not of one network."""
    graph = networkx.Graph(map(tuple, links))
    parts = networkx.connected_components(graph)
    pairs = (frozenset(pair) for part in parts for pair in combinations(part, 2))
    return {pair for pair in pairs if not _same_network(pair, wanted)}
