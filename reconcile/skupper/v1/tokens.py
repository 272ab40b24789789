"""The Secrets of our links on a cluster: requests, issued copies and delivered tokens.

Both ends of a link are written into each of its Secrets; where the Secret lies tells which end it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconcile.kinds import SECRET
from reconcile.skupper.live import ClusterView, LiveObject, instant
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import provenance, words

RENEW_BEFORE = timedelta(days=60)
"""A token this close to its expiry is replaced. They live for five years."""


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
        """True at the dialler: this Secret makes the link."""
        return self.at == self.link.dialler

    @property
    def requested(self) -> bool:
        return self.live.labels.get(words.TYPE) == words.REQUEST

    @property
    def issued(self) -> bool:
        return self.live.labels.get(words.TYPE) == words.TOKEN

    @property
    def touched(self) -> datetime | None:
        """When the request was made or last touched."""
        return instant(self.live.annotations.get(words.TOUCHED)) or self.live.created

    def host(self, *, edge: bool) -> str:
        role = "edge" if edge else "inter-router"
        return self.live.annotations.get(f"{role}-host", "")

    def fault(self, ca: str, now: datetime) -> str:
        """Why an issued or delivered token is of no use with an issuer whose CA is `ca`; empty if it is good."""
        if not self.issued:
            return f"its label {words.TYPE} is not {words.TOKEN}"
        for entry in ("ca.crt", "tls.crt"):
            certificate = self.live.certificates.get(entry)
            if certificate is None:
                return f"it has no {entry}"
            if certificate.fault:
                return f"its {entry} is of no use: {certificate.fault}"
            if certificate.expires and certificate.expires - now < RENEW_BEFORE:
                return f"its {entry} expires on {certificate.expires:%Y-%m-%d}"
        if self.live.certificates["ca.crt"].fingerprint != ca:
            return "its CA is not the issuer's"
        return ""


def find(views: Mapping[str, ClusterView], ownership: Ownership) -> list[LinkSecret]:
    """All link Secrets of ours on the clusters that could be read."""
    return [
        secret
        for cluster, view in sorted(views.items())
        for secret in _in_view(cluster, view, ownership)
        if not secret.live.deleting
    ]


def _in_view(cluster: str, view: ClusterView, ownership: Ownership) -> Iterable[LinkSecret]:
    for key, live in view.objects.items():
        if key.kind == SECRET and words.DIALLER in live.annotations and ownership.covers(live.labels):
            link = provenance.ends(live)
            at = SiteKey(cluster, key.namespace)
            if link and at in {link.dialler, link.issuer}:
                yield LinkSecret(link, at, live)
