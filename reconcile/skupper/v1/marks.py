"""Marks of orders: annotations on our ServiceAccounts, which Skupper does not copy to pods, so that nothing restarts.

A site whose tokens are to be replaced has one mark with the time of the order; tokens that were asked for since carry
that time (``link_steps``), and all others are stale. The links of a site that is cut off are marked at both ends, each
mark with the site that it is about: a link whose site cannot be read, or has lost its mark, stays cut at the other
end. A mark concerns only the links of the site that carries it, so that nobody cuts off others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from reconcile.findings import Finding, Reason, Severity, SiteSubject
from reconcile.kinds import SERVICE_ACCOUNT
from reconcile.skupper.blocks import closed_reason
from reconcile.skupper.live import LiveObject, instant
from reconcile.skupper.orders import OrderKind
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import commands, names, provenance
from reconcile.skupper.v1.observed_state import ObservedState

_RENEWAL = " renewal"
_LONGEST = 100
"""Characters that are shown of the name of whoever gave an order."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A site that is cut off by an order."""

    site: SiteKey
    since: datetime | None
    by: str

    def __str__(self) -> str:
        since = f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""
        return f"{self.site} is cut off{since}{f' by {self.by}' if self.by else ''}"

    @property
    def ended_by(self) -> str:
        """The command that ends it."""
        return commands.end_cut(self.site)


@dataclass(frozen=True, slots=True)
class RevocationOrder:
    """An order to have a site refuse the tokens that it has issued before."""

    at: datetime
    renewal: bool = False
    """True if only the end of its certificates asks for it, so that it waits for whatever is broken."""

    def __str__(self) -> str:
        """The value of its mark."""
        return f"{self.at.isoformat()}{_RENEWAL if self.renewal else ''}"

    @classmethod
    def read(cls, value: str) -> "RevocationOrder | None":
        """Read a mark; None if it is not one."""
        at = instant(value.removesuffix(_RENEWAL))
        return cls(at, renewal=value.endswith(_RENEWAL)) if at else None


class Marks:
    """The marks on the clusters, and those that the order of this run adds or takes away."""

    def __init__(self, observed: ObservedState) -> None:
        self._observed = observed
        self._inputs = observed.inputs
        self._order = observed.inputs.order

    def rotate_after(self, link: Link) -> datetime | None:
        """Tokens of a link that were not asked for since then are stale; None if none was ordered to be replaced."""
        times = [instant(self._observed.recorded(end, names.ROTATE)) for end in (link.dialler, link.issuer)]
        # A time to come is that of a runner whose clock was wrong.
        found = [time for time in times if time and time <= self._inputs.now]
        if self._ordered(OrderKind.ROTATE) and self._order and self._order.covers(link):
            found.append(self._order.at)
        return max(found, default=None)

    def revocation(self, site: SiteKey) -> RevocationOrder | None:
        """What is ordered about the tokens that a site has issued; None if nothing is."""
        if self._order and self._ordered(OrderKind.REVOKE) and site in self._order.sites:
            return RevocationOrder(self._order.at)
        found = RevocationOrder.read(self._observed.recorded(site, names.REVOKE))
        return found if found and found.at <= self._inputs.now else None

    def cut(self, link: Link) -> Cut | None:
        """The cut because of which a link must not exist; None if there is none."""
        ends = (link.dialler, link.issuer)
        return next(filter(None, (self._cut(site, ends) for site in ends)), None)

    @cached_property
    def cuts(self) -> dict[SiteKey, Cut]:
        """All declared sites that are cut off, each with its cut."""
        found = {}
        for entry in self._inputs.desired.networks:
            for link in entry.links:
                cut = self.cut(link)
                if cut:
                    found[cut.site] = cut
            for site in entry.wanted:
                cut = self._cut(site.key, (site.key,))
                if cut:
                    found[site.key] = cut
        return found

    def changes(self) -> Iterator[Change]:
        """Record the order of this run, and clear the marks of an order that has ended."""
        if self._order and self._ordered(OrderKind.ROTATE):
            for key in sorted(self._order.sites):
                reason = "the rotation of its tokens is ordered"
                yield from self._set(key, names.ROTATE, self._order.at.isoformat(), reason)
        if self._order and self._ordered(OrderKind.CUT):
            for site in sorted(self._order.sites):
                value = f"{site} {self._order.at.isoformat(timespec='seconds')} {self._order.by}".strip()
                for key in sorted({site, *self._neighbours(site)}):
                    if not self._account_mark(key, site):
                        yield from self._set(key, mark_of(site), value, f"{site} is cut off by an order")
        yield from self._ended()

    def revoke(self, site: SiteKey, order: RevocationOrder, reason: Reason) -> Iterator[Change]:
        """Record that the tokens of a site are to be revoked."""
        yield from self._set(site, names.REVOKE, str(order), reason)

    def revoked(self, site: SiteKey) -> Iterator[Change]:
        """Clear that mark: it is done, or cannot be. Whoever touches a Secret in years must not restart a router."""
        yield from self._set(site, names.REVOKE, None, "the revocation of its tokens has ended")

    def findings(self, network: str) -> Iterator[Finding]:
        """Report the sites of a network that are cut off, and those on which an order could not be recorded."""
        for site, cut in sorted(self.cuts.items()):
            if self._inputs.desired.wanted.get(site) == network:
                yield Finding(
                    rule="cut-site",
                    severity=Severity.WARNING,
                    message=f"{cut}: it has no links. {self._copies(site)}To link it again, {cut.ended_by}",
                    subject=SiteSubject(site.cluster, site.namespace, network),
                )
        for site in sorted(self._order.sites if self._order else ()):
            lacking = self._not_recorded(site)
            if lacking and self._inputs.desired.wanted.get(site) == network:
                yield lacking

    def _copies(self, site: SiteKey) -> str:
        """What whoever cuts a site off has to know; scheduled runs do not repeat it."""
        links = (link for entry in self._inputs.desired.networks for link in entry.links)
        issuers = sorted({link.issuer for link in links if link.dialler == site})
        if not self._ordered(OrderKind.CUT) or not issuers:
            return ""
        steps = "; ".join(map(commands.revoke, issuers))
        return f"A copy of a token that it dialled with stays valid until the CA of the issuer changes: {steps}. "

    def _cut(self, site: SiteKey, ends: tuple[SiteKey, ...]) -> Cut | None:
        """The cut of a site as its marks at these sites have it."""
        if self._order and site in self._order.sites:
            if self._ordered(OrderKind.END_CUT):
                return None
            if self._ordered(OrderKind.CUT):
                marked = next(filter(None, (self._account_mark(end, site) for end in ends)), None)
                return marked or Cut(site, self._order.at, self._order.by)
        return next(filter(None, (self._account_mark(end, site) for end in ends)), None)

    def _account_mark(self, at: SiteKey, site: SiteKey) -> Cut | None:
        value = self._marked[at].get(mark_of(site)) if at in self._marked else None
        return _read(site, value) if value else None

    @cached_property
    def _marked(self) -> dict[SiteKey, dict[str, str]]:
        """The marks of cuts by the site that carries them. Few do, and each link of a plan is looked up."""
        found = {}
        for key in {*self._observed.managed_namespaces, *self._inputs.desired.wanted}:
            if self._inputs.snapshot(key.cluster).problem_in(key.namespace):
                continue
            account = self._observed.site(key).find(SERVICE_ACCOUNT, names.SITE_CONTROLLER)
            marks = {
                name: value
                for name, value in (account.annotations.items() if account else ())
                if name.startswith(names.CUT)
            }
            if marks:
                found[key] = marks
        return found

    def _ordered(self, kind: OrderKind) -> bool:
        return self._order is not None and self._order.kind is kind

    def _neighbours(self, site: SiteKey) -> Iterator[SiteKey]:
        """The sites with which a site has a declared link, or a Secret of one."""
        links = [link for entry in self._inputs.desired.networks for link in entry.links]
        for link in (*links, *(secret.link for secret in self._observed.secrets)):
            if site in {link.dialler, link.issuer}:
                yield from {link.dialler, link.issuer} - {site}

    def _ended(self) -> Iterator[Change]:
        """Take away the marks of cuts that this order ends, and of sites that the data has removed since."""
        for key in sorted(self._observed.managed_namespaces):
            account = self._account(key)
            for name, value in sorted(account.annotations.items() if account else ()):
                site = _site(name, value)
                if site is None:
                    continue
                if self._order and self._ordered(OrderKind.END_CUT) and site in self._order.sites:
                    yield from self._set(key, name, None, f"{site} is no longer cut off")
                elif self._gone(site):
                    yield from self._set(key, name, None, f"{site}, which was cut off, is removed")

    def _gone(self, site: SiteKey) -> bool:
        """True if the data does not want a site, and nothing of it is left on its cluster."""
        return (
            site not in self._inputs.desired.wanted
            and site not in self._observed.managed_namespaces
            and not self._inputs.snapshot(site.cluster).problem_in(site.namespace)
            and site.cluster in self._inputs.desired.clusters
        )

    def _account(self, key: SiteKey) -> LiveObject | None:
        """Our ServiceAccount of a site, if it may be changed."""
        if not self._observed.may_write(key):
            return None
        account = self._observed.site(key).find(SERVICE_ACCOUNT, names.SITE_CONTROLLER)
        ours = account and not account.deleting and provenance.proven(account, self._inputs.ownership)
        return account if ours else None

    def _set(self, key: SiteKey, name: str, value: str | None, reason: Reason) -> Iterator[Change]:
        account = self._account(key)
        if account and account.annotations.get(name) != value:
            yield Change(
                verb=Verb.PATCH,
                cluster=key.cluster,
                namespace=key.namespace,
                kind=SERVICE_ACCOUNT,
                name=names.SITE_CONTROLLER,
                network=self._inputs.desired.wanted.get(key, ""),
                reason=reason,
                body={"metadata": {"annotations": {name: value}}},
                ordered=True,
            )

    def _not_recorded(self, site: SiteKey) -> Finding | None:
        """Report that an order cannot be recorded on a site that it is about."""
        if self._account(site):
            return None
        why = closed_reason(site, self._inputs) or (
            f"its ServiceAccount {names.SITE_CONTROLLER} is not ours or does not exist"
        )
        then = {
            OrderKind.ROTATE: "links of it that this run does not rotate keep their tokens",
            OrderKind.REVOKE: "its tokens stay valid",
            OrderKind.CUT: "only its neighbours keep it cut off, and tokens there are deleted by a later run",
            OrderKind.END_CUT: "a mark there keeps it cut off",
        }
        kind = self._order.kind if self._order else OrderKind.ROTATE
        return Finding(
            rule="order-not-recorded",
            message=(
                f"the order cannot be recorded on {site}: {why}; {then[kind]}. Fix that, then run the command again"
            ),
            subject=SiteSubject(site.cluster, site.namespace, self._inputs.desired.wanted.get(site, "")),
        )


def mark_of(site: SiteKey) -> str:
    """The annotation that marks a link of this site as cut; its value names the site, which may be too long for it."""
    return f"{names.CUT}{sha256(str(site).encode()).hexdigest()[:8]}"


def _site(name: str, value: str) -> SiteKey | None:
    """The site that a mark is about; None if an annotation is no such mark."""
    site = SiteKey.parse(value.partition(" ")[0]) if name.startswith(names.CUT) else None
    return site if site and name == mark_of(site) else None


def _read(site: SiteKey, value: str) -> Cut:
    """Read a mark. One that somebody has changed is still one."""
    _, _, rest = value.partition(" ")
    since, _, by = rest.partition(" ")
    return Cut(site, instant(since), by[:_LONGEST])
