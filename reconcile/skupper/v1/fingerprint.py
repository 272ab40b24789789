"""The fingerprint of a token: everything that it depends on, hashed into the name of its Secret.

Skupper compares connectors by name and loads certificates once per name, so a token that changes under the same name
is never used. Here a changed issuer gives a different name: a stale token is one whose name differs.

Source: ``cmd/config-sync/config_sync.go``, ``pkg/qdr/qdr.go`` (``ConnectorsDifference``).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from reconcile.skupper.topology import Link

UNKNOWN = "<fingerprint>"
"""Placeholder in a name for a fingerprint that is only known once the issuer exists."""

_LONGEST_SLUG = 36
"""Keeps names within 63 characters: they become subjects of certificates and label values."""


@dataclass(frozen=True, slots=True)
class TokenFingerprint:
    """What the token of a link depends on at the issuer."""

    site_id: str
    ca: str
    """Fingerprint of the issuer's site CA."""
    host: str
    port: str
    cost: int = 1
    revision: int = 0
    """Counts renewals with otherwise equal values, for example of a token close to its expiry."""

    @property
    def digest(self) -> str:
        parts = (self.site_id, self.ca, self.host, self.port, str(self.cost), str(self.revision))
        return _digest("\n".join(parts))


def name(link: Link, fingerprint: TokenFingerprint) -> str:
    """Name of the link's Secrets at both ends: a DNS label of at most 63 characters for any legal input."""
    return f"{stem(link)}-{fingerprint.digest}"


@lru_cache(maxsize=16384)
def stem(link: Link) -> str:
    """The part of the name that all tokens of a link share; names the issuer for readers."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{link.issuer.cluster}-{link.issuer.namespace}".lower())
    slug = slug[:_LONGEST_SLUG].strip("-")
    return f"link-{slug}-{_digest(f'{link.dialler} {link.issuer}')}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
