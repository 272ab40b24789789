"""The certificates that Skupper creates with a site: when they expire and what then stops.

They are valid for five years, and Skupper v1 never renews them: all of a site expire within the same minute. They are
among the Secrets that are listed anyway, since Skupper copies the labels of ``skupper-site`` to them.

Source: ``pkg/certs/certs.go``, ``client/router_create.go``.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.kinds import SECRET
from reconcile.skupper.plan import AGING_SITE
from reconcile.skupper.v1 import commands, names
from reconcile.skupper.v1.live_site import LiveSite

NOTICE_BEFORE = timedelta(days=180)
"""So long before the first certificate of a site expires a plan and a status say so."""

WARN_BEFORE = timedelta(days=60)
"""So long before it a run says so as well."""

_LINKS = (
    "no router can connect to the site: its incoming links last until they are interrupted or a router restarts, and "
    "do not come back"
)
_SERVICES = (
    "its service-controller cannot connect to its router: changes of exposed Services are not synchronised"
)

EFFECTS = {
    names.SITE_CA: _LINKS,
    names.SITE_SERVER: _LINKS,
    names.LOCAL_CA: _SERVICES,
    names.LOCAL_SERVER: _SERVICES,
    names.LOCAL_CLIENT: _SERVICES,
}
"""Secret -> what happens once its certificate has expired; what traffic notices most comes first."""

_RENEWABLE = {names.SITE_CA, names.SITE_SERVER}
"""The certificates that a revocation replaces."""


class Expiry(NamedTuple):
    """When the certificate of a Secret expires."""

    expires: datetime
    secret: str


def expiries(live: LiveSite) -> list[Expiry]:
    """All certificates of the present site that can be read, the first to expire first."""
    found = [(live.certificate(name).expires, name) for name in EFFECTS]
    return sorted(
        (Expiry(expires, name) for expires, name in found if expires), key=lambda each: each.expires
    )


def inter_site(live: LiveSite) -> datetime | None:
    """When the CA for other sites, or what it signed for the router, expires first; None if neither can be read."""
    return next((each.expires for each in expiries(live) if each.secret in _RENEWABLE), None)


def first(live: LiveSite) -> datetime | None:
    """When the first certificate of a site expires; None if none can be read."""
    return next((each.expires for each in expiries(live)), None)


def findings(live: LiveSite, network: str, now: datetime) -> Iterator[Finding]:
    """At most one finding, about the first certificate to expire and those that are as far.

    More than `NOTICE_BEFORE` ahead there is none; then a warning, within `WARN_BEFORE` a warning of another rule, and
    an error once it has expired.
    """
    known = expiries(live)
    if not known or known[0].expires - now > NOTICE_BEFORE:
        return
    expired = known[0].expires < now
    near = known[0].expires - now <= WARN_BEFORE
    limit = timedelta() if expired else WARN_BEFORE if near else NOTICE_BEFORE
    concerned = [each for each in known if each.expires - now <= limit]
    yield Finding(
        rule="expiring-site" if near else AGING_SITE,
        severity=Severity.ERROR if expired else Severity.WARNING,
        message=(
            f"{_which(concerned)} in {live.key} {_when(concerned[0].expires, now)}, and Skupper does not renew it. "
            f"{'Since then' if expired else 'After that'} {_effect(concerned)}. "
            f"{_way_out(live, concerned, urgent=near)}"
        ),
        subject=SiteSubject(live.key.cluster, live.key.namespace, network),
    )


def _which(concerned: Sequence[Expiry]) -> str:
    more = len(concerned) - 1
    also = f" (and {more} more of its certificates)" if more else ""
    return f"the certificate in {SECRET.name} {concerned[0].secret}{also}"


def _when(expires: datetime, now: datetime) -> str:
    if expires < now:
        return f"expired on {expires:%Y-%m-%d}"
    days = (expires - now).days
    left = "within a day" if not days else "in 1 day" if days == 1 else f"in {days} days"
    return f"expires on {expires:%Y-%m-%d}, {left}"


def _effect(concerned: Sequence[Expiry]) -> str:
    secrets = {each.secret for each in concerned}
    return "; ".join(dict.fromkeys(effect for secret, effect in EFFECTS.items() if secret in secrets))


def _way_out(live: LiveSite, concerned: Sequence[Expiry], *, urgent: bool) -> str:
    """The next step. A CA that somebody created before the site has no owner and survives it: it is deleted as well."""
    kept = [
        each.secret for each in concerned if (found := live.find(SECRET, each.secret)) and not found.owners
    ]
    if not kept and {each.secret for each in concerned} <= _RENEWABLE:
        return (
            "To have CA and server certificate replaced, with all tokens of the site, approve that in the data with "
            f"change: revoke, or {commands.revoke(live.key)}"
        )
    step = commands.recreate_site(live.key, without=kept)
    return f"{step[0].upper()}{step[1:]}" if urgent else f"Choose a day on which the site may be down; {step}"
