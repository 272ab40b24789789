"""Which sites and links a diagnosis is about: a network, a site or a link of the data, or several, or everything.

A site comes with its links, and a link with its two sites. The other end of a site's link is not checked itself, but
its cluster is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from reconcile.skupper.definitions import Cluster
from reconcile.skupper.desired import DesiredState, ResolvedNetwork
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link

ARROW = "->"


class UnknownSubjectError(Exception):
    """The data has no such network, site or link. The text is ready to be shown."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Sites and links to check, in the order of the data."""

    sites: tuple[Site, ...]
    links: tuple[tuple[str, Link], ...]
    """With the identifier of their network."""

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters that have to be read."""
        named = {site.cluster.name for site in self.sites}
        ends = {end.cluster for _, link in self.links for end in (link.dialler, link.issuer)}
        return tuple(sorted(named | ends))

    def within(self, selection: Selection, clusters: Mapping[str, Cluster]) -> "Scope":
        """What the filters of the command line leave of it: sites that they cover, and links of such a site if both of
        their clusters are read.
        """

        def covers(link: Link) -> bool:
            ends = (link.dialler, link.issuer)
            read = all(selection.covers_cluster(clusters[end.cluster]) for end in ends)
            return read and any(selection.covers(clusters[end.cluster], end.namespace) for end in ends)

        return Scope(
            tuple(site for site in self.sites if selection.covers(site.cluster, site.namespace)),
            tuple((network, link) for network, link in self.links if covers(link)),
        )


def resolve(words: Sequence[str], desired: DesiredState) -> Scope:
    """The scope that words name: identifiers of networks, ``cluster/namespace``, or two of these with an arrow between.

    No word means everything. Raises ``UnknownSubjectError``.
    """
    networks = desired.networks
    if not words:
        words = [network.identifier for network in networks]
    sites: dict[SiteKey, Site] = {}
    links: dict[Link, str] = {}
    for word in (each.replace("→", ARROW) for each in words):
        for network, found_sites, found_links in _named(word, networks):
            sites |= {site.key: site for site in found_sites}
            links |= dict.fromkeys(found_links, network.identifier)
    every = ((network.identifier, link) for network in networks for link in network.links if link in links)
    ordered = (site for network in networks for site in network.wanted if site.key in sites)
    return Scope(tuple(ordered), tuple(every))


_Named = tuple[ResolvedNetwork, Iterable[Site], Iterable[Link]]


def _named(word: str, networks: Sequence[ResolvedNetwork]) -> list[_Named]:
    if ARROW in word:
        return [_link(word, networks)]
    if "/" in word:
        return [_site(word, networks)]
    found: list[_Named] = [
        (network, network.wanted, network.links) for network in networks if network.identifier == word
    ]
    if not found:
        raise UnknownSubjectError(_unknown("network", word, (network.identifier for network in networks)))
    return found


def _site(word: str, networks: Sequence[ResolvedNetwork]) -> _Named:
    key = SiteKey.parse(word)
    for network in networks:
        for site in network.wanted:
            if site.key == key:
                links = (link for link in network.links if key in {link.dialler, link.issuer})
                return network, (site,), tuple(links)
    known = (str(site.key) for network in networks for site in network.wanted)
    raise UnknownSubjectError(_unknown("site", word, known))


def _link(word: str, networks: Sequence[ResolvedNetwork]) -> _Named:
    ends = tuple(SiteKey.parse(end.strip()) for end in word.split(ARROW))
    for network in networks:
        for link in network.links:
            if (link.dialler, link.issuer) == ends:
                sites = tuple(site for site in network.wanted if site.key in ends)
                return network, sites, (link,)
    known = (str(link) for network in networks for link in network.links)
    raise UnknownSubjectError(_unknown("link", word, known))


def _unknown(what: str, word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    suggestion = f" Did you mean {close[0]!r}?" if close else ""
    return f"the data declares no {what} {word!r}.{suggestion}"
