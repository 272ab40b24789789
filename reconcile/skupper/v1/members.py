"""Who is in a network, by what its sites report, whatever the data says.

The status of a site lists every member of its network, and the links of each. What a member reports about itself beats
what others remember of it: a member that is lost stays listed for a minute, while its neighbours drop the link at once.
So a member counts if a chain of links leads to it that no end denies. A site without a fresh status neither reports nor
denies anything.

Source: ``pkg/flow/collector.go``, ``pkg/network/network.go``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from reconcile.kinds import CONFIG_MAP, SERVICE_ACCOUNT
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import active_tokens, fingerprint, names
from reconcile.skupper.v1.active_tokens import ActiveToken
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.status import NetworkStatus, SeenSite

FORGOTTEN = timedelta(minutes=2)
"""After this no status lists a site that is gone; Skupper purges it after 60 s."""

_CREATION = timedelta(seconds=10)
"""Whose ServiceAccount is older than the site by more than this was recreated: new ones are made in one go."""

Node = SiteKey | str
"""A member: a site that we know, or else the id of an unknown one."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a network, as others see it."""

    site_id: str
    key: SiteKey | None
    """The site of ours or of the data; None for an unknown one."""
    name: str = ""
    namespace: str = ""
    since: datetime | None = None
    edge: bool = False
    seen_by: tuple[SiteKey, ...] = ()
    """Sites whose fresh status lists it."""

    @property
    def gateway(self) -> bool:
        """True for a gateway: a router that a person runs outside of any cluster."""
        return self.site_id.startswith("gateway_") or self.namespace.startswith("gateway-")


class SeenLink(NamedTuple):
    """A link that exists by the statuses, or that a token will make."""

    dialler: Node
    issuer: Node


class Membership:
    """The members of all networks; index it once per plan."""

    def __init__(self, observed: ObservedState) -> None:
        self._observed = observed
        self._inputs = observed.inputs
        self._declared = {site.key: site for site in self._inputs.desired.sites}
        self._edges = {key for key, site in self._declared.items() if site.edge}
        self._networks = {key: site.network for key, site in self._declared.items()}

    def component(self, key: SiteKey) -> frozenset[SiteKey]:
        """All sites that we know and that are connected with this one, or that an active token will connect."""
        return frozenset(node for node in self._every.get(key, {key}) if isinstance(node, SiteKey))

    def unknown_members(self, key: SiteKey) -> tuple[Member, ...]:
        """The members of this site's network that are neither in the data nor managed, by name and id."""
        found = {node for node in self._reported.get(key, ()) if isinstance(node, str)}
        return tuple(sorted((self._unknown[node] for node in found), key=lambda m: (m.name, m.site_id)))

    def seen_by(self, key: SiteKey) -> tuple[Member, ...]:
        """Every member that the status of a site lists, those that are gone for less than a minute included."""
        status = self._fresh.get(key)
        if status is None:
            return ()
        return tuple(
            _member(site_id, self._node(key, site_id, seen), seen, (key,))
            for site_id, seen in sorted(status.sites.items())
        )

    @cached_property
    def links(self) -> frozenset[SeenLink]:
        """Every link that at least one end, or else anyone, reports and that no end denies."""
        return frozenset(self._links())

    @cached_property
    def expected(self) -> frozenset[SeenLink]:
        """The links that are reported, and those that active tokens make or will make."""
        configured = (SeenLink(key, other) for key, found in self.left.items() for other in found.values())
        made = (SeenLink(token.at, target) for token in self.tokens if (target := self.target(token)))
        return self.links | frozenset(made) | frozenset(configured)

    @cached_property
    def left(self) -> Mapping[SiteKey, Mapping[str, SiteKey]]:
        """Site -> connectors of its router for links of ours although the token is gone -> whom they dial."""
        tokens = {(token.at, token.name) for token in self.tokens}
        found: dict[SiteKey, dict[str, SiteKey]] = {}
        for key, live in self._sites.items():
            rest = [name for name in sorted(live.router_config.connectors) if (key, name) not in tokens]
            for other in self._sites if rest else ():
                stem = f"{fingerprint.stem(Link(key, other))}-"
                dialled = {name: other for name in rest if name.startswith(stem)}
                if dialled:
                    found.setdefault(key, {}).update(dialled)
        return found

    @cached_property
    def tokens(self) -> tuple[ActiveToken, ...]:
        """Every Secret with which a declared or managed site dials another, ours or not."""
        return tuple(token for token in active_tokens.find(self._inputs) if token.at in self._sites)

    def target(self, token: ActiveToken) -> Node | None:
        """Whom the site of a token dials with it; None if it does not say."""
        return self._by_id.get(token.issued_by) or token.issuer or token.issued_by or None

    @cached_property
    def _sites(self) -> Mapping[SiteKey, LiveSite]:
        """Every declared or managed namespace that could be read."""
        keys = self._declared.keys() | self._observed.managed_namespaces
        readable = (key for key in sorted(keys) if not self._unread(key))
        return {key: self._observed.site(key) for key in readable}

    @cached_property
    def _by_id(self) -> Mapping[str, SiteKey]:
        """Every site id known, those included of sites whose objects are still being deleted."""
        found: dict[str, SiteKey] = {}
        for key, live in self._sites.items():
            owners = (owner for part in live.mine for owner in part.owners)
            found |= {owner.uid: key for owner in owners if owner.name == names.SITE and owner.uid}
        return found | {site_id: key for key, live in self._sites.items() if (site_id := _id(live))}

    @cached_property
    def _fresh(self) -> Mapping[SiteKey, NetworkStatus]:
        """The statuses that count."""
        return {
            key: live.status
            for key, live in self._sites.items()
            if live.status and _id(live) in live.status.sites and not self._stale(live)
        }

    def _stale(self, live: LiveSite) -> bool:
        return bool(live.router_down(self._inputs.now) or live.silent)

    @cached_property
    def _unknown(self) -> Mapping[str, Member]:
        seen_by: dict[str, list[SiteKey]] = {}
        records: dict[str, SeenSite] = {}
        for key, status in self._fresh.items():
            for site_id, seen in status.sites.items():
                if self._node(key, site_id, seen) == site_id:
                    seen_by.setdefault(site_id, []).append(key)
                    records.setdefault(site_id, seen)
        return {found: _member(found, found, seen, tuple(seen_by[found])) for found, seen in records.items()}

    def _links(self) -> Iterator[SeenLink]:
        for key, status in self._fresh.items():
            nodes = {site_id: self._node(key, site_id, seen) for site_id, seen in status.sites.items()}
            own = _id(self._sites[key])
            for site_id, seen in status.sites.items():
                if site_id != own and nodes[site_id] in self._fresh:
                    # Its own status says what it is linked with.
                    continue
                pairs = [(site_id, other) for other in seen.outgoing]
                pairs += [(other, site_id) for other in seen.incoming]
                for dialler, issuer in pairs:
                    link = SeenLink(nodes[dialler], nodes[issuer])
                    edge = status.sites[dialler].edge or link.dialler in self._edges
                    if site_id == own or not self._deniable(link, edge=edge):
                        yield link

    def _deniable(self, link: SeenLink, *, edge: bool) -> bool:
        """True if an end with a fresh status of its own would list this link; an issuer does not list edge sites."""
        return link.dialler in self._fresh or (link.issuer in self._fresh and not edge)

    @cached_property
    def _reported(self) -> Mapping[Node, frozenset[Node]]:
        return parts(self.links)

    @cached_property
    def _every(self) -> Mapping[Node, frozenset[Node]]:
        return parts(self.expected)

    def _node(self, observer: SiteKey, site_id: str, seen: SeenSite) -> Node:
        """The site that a status lists under this id; by its name if its id cannot be known."""
        if site_id in self._by_id:
            return self._by_id[site_id]
        named = [key for key in self._nameable.get(seen.name, ()) if seen.namespace in {"", key.namespace}]
        network = self._networks.get(observer)
        same = [key for key in named if self._networks[key] == network]
        return next(iter([*same, *named, *self._former(network, seen)]), site_id)

    def _former(self, network: str | None, seen: SeenSite) -> Iterator[SiteKey]:
        """The site of a network that replaced this one just now, perhaps under another name.

        The ServiceAccount of a site outlives it, so what began between the two was the former one. While a site is
        made for the first time, there was none.
        """
        for key in self._recreated.get(seen.namespace, ()):
            account = self._sites[key].find(SERVICE_ACCOUNT, names.SITE_CONTROLLER)
            kept = account.created if account else None
            if kept is None or seen.since is None or self._networks[key] != network:
                continue
            if kept + _CREATION < self._created[key] and kept <= seen.since < self._created[key]:
                yield key

    @cached_property
    def _nameable(self) -> Mapping[str, list[SiteKey]]:
        """Declared sites, by name, that a status may list under an id that we cannot know."""
        found: dict[str, list[SiteKey]] = {}
        for key, site in sorted(self._declared.items()):
            # Others remember the former id of a site that was just recreated.
            if key not in self._created or self._just_created(key):
                found.setdefault(site.name, []).append(key)
        return found

    @cached_property
    def _recreated(self) -> Mapping[str, list[SiteKey]]:
        """Declared sites that were created just now, by namespace."""
        found: dict[str, list[SiteKey]] = {}
        for key in sorted(self._created):
            if self._just_created(key):
                found.setdefault(key.namespace, []).append(key)
        return found

    @cached_property
    def _created(self) -> Mapping[SiteKey, datetime]:
        """Declared site -> when it was created, if it exists."""
        live = {key: self._sites[key].config_map for key in self._declared if key in self._sites}
        return {key: found.created for key, found in live.items() if found and found.created}

    def _just_created(self, key: SiteKey) -> bool:
        return self._inputs.now - self._created[key] < FORGOTTEN

    def _unread(self, key: SiteKey) -> bool:
        return bool(self._inputs.snapshot(key.cluster).problem_in(key.namespace))


def _id(live: LiveSite) -> str:
    """UID of ``skupper-site``, whoever owns it, even while it is being deleted."""
    found = live.find(CONFIG_MAP, names.SITE)
    return found.uid if found else ""


def _member(site_id: str, node: Node, seen: SeenSite, seen_by: tuple[SiteKey, ...]) -> Member:
    return Member(
        site_id=site_id,
        key=node if isinstance(node, SiteKey) else None,
        name=seen.name,
        namespace=seen.namespace,
        since=seen.since,
        edge=seen.edge,
        seen_by=seen_by,
    )


def parts(links: Iterable[SeenLink]) -> Mapping[Node, frozenset[Node]]:
    """Each member of a link -> all that it is connected with, itself included."""
    linked: dict[Node, set[Node]] = {}
    for link in links:
        linked.setdefault(link.dialler, set()).add(link.issuer)
        linked.setdefault(link.issuer, set()).add(link.dialler)
    found: dict[Node, frozenset[Node]] = {}
    for start in linked:
        if start in found:
            continue
        reached, open_ends = {start}, [start]
        while open_ends:
            new = linked[open_ends.pop()] - reached
            reached |= new
            open_ends += new
        found |= dict.fromkeys(reached, frozenset(reached))
    return found
