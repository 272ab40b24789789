"""The Secrets of our links on a cluster: requests, issued copies and delivered tokens.

Annotations of each Secret name both ends of its link; its namespace shows which end it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from reconcile.findings import Reason
from reconcile.kinds import SECRET
from reconcile.skupper.live import ClusterSnapshot, LiveObject, instant
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import names, provenance

RENEW_BEFORE = timedelta(days=60)
"""A token this close to its expiry is replaced. They live for five years."""

_CERTIFICATES = ("ca.crt", "tls.crt")
_LONGEST_QUOTE = 100


@dataclass(frozen=True, slots=True)
class LinkSecret:
    """One Secret of one link at one of its ends."""

    link: Link
    at: SiteKey
    live: LiveObject

    @property
    def name(self) -> str:
        return self.live.key.name

    @property
    def delivered(self) -> bool:
        """True at the dialler: this Secret establishes the link."""
        return self.at == self.link.dialler

    @property
    def requested(self) -> bool:
        return self.live.labels.get(names.TYPE) == names.REQUEST

    @property
    def issued(self) -> bool:
        return self.live.labels.get(names.TYPE) == names.TOKEN

    @property
    def parked_at(self) -> datetime | None:
        """Since when this delivered token is out of use; None if it is in use."""
        return instant(self.live.annotations.get(names.PARKED)) if self.parked else None

    @property
    def parked(self) -> bool:
        """True if this delivered token is out of use while the link that replaces it is proven."""
        return provenance.parked(self.live)

    @property
    def failed_replacements(self) -> frozenset[str]:
        """Names of the tokens that were to replace this one and did not connect, so that it was restored."""
        named = "" if self.parked else self.live.annotations.get(names.REPLACEMENT, "")
        return frozenset(filter(None, named.split(",")))

    @property
    def rotated_at(self) -> datetime | None:
        """The time of the order because of which this Secret was made; None if there was none."""
        return instant(self.live.annotations.get(names.ROTATED))

    @property
    def triggered_at(self) -> datetime | None:
        """When the Secret was created or last retriggered."""
        return instant(self.live.annotations.get(names.TRIGGERED)) or self.live.created

    def host(self, *, edge: bool) -> str:
        role = "edge" if edge else "inter-router"
        return self.live.annotations.get(f"{role}-host", "")

    @property
    def malformed(self) -> Reason | None:
        """Why this cannot be a token that Skupper wrote; None for a request, and for a token of any age."""
        if self.requested:
            return None
        if not self.issued and not self.parked:
            known = f"neither {names.REQUEST} nor {names.TOKEN}"
            return f"label {names.TYPE} is {quoted(self.live.labels.get(names.TYPE, ''))}, {known}"
        for entry in _CERTIFICATES:
            certificate = self.live.certificates.get(entry)
            if certificate is None:
                return f"{entry} is missing"
            if certificate.fault:
                return f"{entry} is {certificate.fault}"
        return None

    def fault(self, ca: str, now: datetime) -> Reason | None:
        """Why an issued or delivered token is unusable with an issuer whose CA is `ca`; None if it is usable."""
        if self.malformed or not (self.issued or self.parked):
            return self.malformed or f"label {names.TYPE} is not {names.TOKEN}"
        # Not that of its CA: any other token of this issuer has the same CA.
        expires = self.live.certificates["tls.crt"].expires
        if expires and expires - now < RENEW_BEFORE:
            return f"tls.crt expires on {expires:%Y-%m-%d}"
        if self.live.certificates["ca.crt"].fingerprint != ca:
            return "it was signed by another CA than that of the issuer"
        return None


class Stray(NamedTuple):
    """One of our Secrets that looks like that of a link and belongs to none."""

    at: SiteKey
    name: str
    why: str


def find(snapshots: Mapping[str, ClusterSnapshot], ownership: Ownership) -> list[LinkSecret]:
    """All our link Secrets on the clusters that could be read."""
    return [
        secret
        for cluster, snapshot in sorted(snapshots.items())
        for secret in _in_snapshot(cluster, snapshot, ownership)
        if not secret.live.deleting
    ]


def strays(snapshots: Mapping[str, ClusterSnapshot], ownership: Ownership) -> list[Stray]:
    """All our Secrets that look like those of links and belong to none, sorted by namespace and name."""
    return sorted(
        Stray(SiteKey(cluster, live.key.namespace), live.key.name, _no_link(live))
        for cluster, snapshot in snapshots.items()
        for live in _secrets(snapshot, ownership)
        if not live.deleting and _looks_like_a_link(live) and _link(cluster, live) is None
    )


def quoted(written: str) -> str:
    """Quote foreign text, with bounded length."""
    return repr(written if len(written) <= _LONGEST_QUOTE else f"{written[:_LONGEST_QUOTE]}…")


def _in_snapshot(cluster: str, snapshot: ClusterSnapshot, ownership: Ownership) -> Iterable[LinkSecret]:
    for live in _secrets(snapshot, ownership):
        link = _link(cluster, live)
        if link:
            yield LinkSecret(link, SiteKey(cluster, live.key.namespace), live)


def _secrets(snapshot: ClusterSnapshot, ownership: Ownership) -> Iterable[LiveObject]:
    for key, live in snapshot.objects.items():
        if key.kind == SECRET and live.addressable and ownership.covers(live.labels):
            yield live


def _link(cluster: str, secret: LiveObject) -> Link | None:
    """The link of which this Secret is a part: it names both ends and is at one of them."""
    link = provenance.ends(secret)
    return link if link and SiteKey(cluster, secret.key.namespace) in {link.dialler, link.issuer} else None


def _looks_like_a_link(secret: LiveObject) -> bool:
    marked = {names.DIALLER, names.ISSUER} & secret.annotations.keys()
    return bool(marked) or secret.labels.get(names.TYPE) in {names.REQUEST, names.TOKEN}


def _no_link(secret: LiveObject) -> str:
    for end in (names.DIALLER, names.ISSUER):
        if not provenance.site_named(secret.annotations.get(end, "")):
            return f"annotation {end} names no site ({quoted(secret.annotations.get(end, ''))})"
    ends = " and ".join(quoted(secret.annotations[end]) for end in (names.DIALLER, names.ISSUER))
    if provenance.ends(secret) is None:
        return f"its name or namespace is not that of a link between {ends}"
    return f"it is in neither namespace of its link, {ends}"
