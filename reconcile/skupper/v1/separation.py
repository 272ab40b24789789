"""Keeps networks apart while sites move between them: old links go first, and are seen gone, before new ones are made.

Within a network a link is deleted only once others replace it. Across networks the rule is the reverse, since for as
long as a site has links of both, all sites of both networks can reach each other. A link between two networks is
deleted at once: it waits for nothing, and no removal budget holds it. A new link waits until neither of its ends is
connected with a site of another network, by what the sites report and by what their routers may still connect to. The
links of a site that is cut off (``--cut``, or by an order) are deleted at once as well.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from reconcile.findings import Reason
from reconcile.skupper.plan import Change
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import link_steps, names
from reconcile.skupper.v1.guards import Accepted, Readable
from reconcile.skupper.v1.marks import Marks
from reconcile.skupper.v1.members import Membership
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.waits import Wait, WaitKind


class Separation:
    """Which links join networks, and which new ones would; index it once per plan."""

    def __init__(self, observed: ObservedState, members: Membership, marks: Marks) -> None:
        self._observed = observed
        self._members = members
        self._marks = marks
        desired = observed.inputs.desired
        self._declared = {site.key: site.network for site in desired.sites}
        self._cut = observed.inputs.cut
        self._readable = Readable(observed)
        self._accepted = Accepted(desired, observed.inputs)

    @cached_property
    def joining(self) -> frozenset[Link]:
        """The links that have a Secret of ours and join two networks, or a site that is cut off."""
        return frozenset(secret.link for secret in self._observed.secrets if self.joins(secret.link))

    def changes(self) -> Iterator[Change]:
        """Delete every Secret of such a link, as far as its namespace may be changed."""
        for secret in self._observed.secrets:
            if secret.link in self.joining and not self.held(secret.at, secret.link):
                network = self._declared.get(secret.at, "")
                removed = link_steps.remove(secret, network, self._why(secret.link))
                yield replace(removed, link=secret.link, ordered=self._marks.cut(secret.link) is not None)

    def wait(self, link: Link, network: str) -> Wait | None:
        """What a new link of a network waits for; None if it would join no other network."""
        ends = [self._members.component(end) for end in (link.dialler, link.issuer)]
        if ends[0] == ends[1]:
            return None
        for end, sites in zip((link.dialler, link.issuer), ends, strict=True):
            others = sorted(site for site in sites if self.network_of(site) not in {"", network})
            if others:
                text = (
                    f"{end} is no longer connected with {others[0]} of network {self.network_of(others[0])}"
                )
                return Wait(WaitKind.SEPARATED, str(link), text, shown_at=tuple(sorted(ends[0] | ends[1])))
        return None

    def network_of(self, key: SiteKey) -> str:
        """The network that declares a site or, if none does, the one that last did; empty if that is unknown."""
        return self._declared.get(key) or self._observed.recorded(key, names.NETWORK)

    def joins(self, link: Link) -> bool:
        """True if the link, which may be declared, joins two networks, or a site that is cut off."""
        if not self._cut.isdisjoint({link.dialler, link.issuer}) or self._marks.cut(link):
            return True
        networks = {self.network_of(link.dialler), self.network_of(link.issuer)} - {""}
        return len(networks) > 1

    def held(self, at: SiteKey, link: Link) -> Reason | None:
        """Why a link must not be ended even so at this site: nothing may be changed there, or its data is refused."""
        return self._readable.hold(at) or self._accepted.hold_link(link)

    def _why(self, link: Link) -> str:
        cut = self._marks.cut(link)
        if cut:
            return str(cut)
        for site in (link.dialler, link.issuer):
            if site in self._cut:
                return f"{site} is cut off"
            before, now = self._observed.recorded(site, names.NETWORK), self._declared.get(site, "")
            if before and now and before != now:
                return f"{site} moves from network {before} to {now}"
        dialler, issuer = self.network_of(link.dialler), self.network_of(link.issuer)
        return f"{link.dialler} is in network {dialler}, {link.issuer} in network {issuer}"
