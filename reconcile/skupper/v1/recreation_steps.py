"""The steps in which Deployments of a site are recreated, and the mark by which any run goes on with them.

Skupper creates what is missing, and only if the router is: so the service-controller goes first, else Skupper may take
the site for complete as soon as it has created the router, whatever made it look. In between a site has a router and
no service-controller, as one has that Skupper gave up and one where somebody deleted it. The mark tells them apart. It
is written first, on our ServiceAccount, which Skupper does not look at, and goes once both Deployments are there.

Source: ``client/router_create.go``.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from reconcile.findings import Reason
from reconcile.kinds import DEPLOYMENT, SERVICE_ACCOUNT
from reconcile.skupper.live import LiveObject, instant
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import names, provenance
from reconcile.skupper.v1.live_site import LiveSite

STARTS_OVER_AFTER = timedelta(days=1)
"""How long Skupper is not made to start over once more: each time interrupts the links of the site."""


def delete(
    site: Site, live: LiveSite, reason: Reason, *deployments: LiveObject, started_over: datetime | None = None
) -> Iterator[Change]:
    """Record that these Deployments are recreated, then delete them in this order; nothing if that cannot be recorded.

    `started_over`: the time, if that is to make Skupper start over with a site that it has given up.
    """
    if _account(live) is None:
        return
    words = {*live.recreated, *(found.uid for found in deployments)}
    if started_over:
        words = {word for word in words if not word.startswith(names.STARTED_OVER)}
        words.add(names.STARTED_OVER + started_over.isoformat(timespec="seconds"))
    yield from _record(site, live, words, f"{reason}; recorded so that any run goes on with it")
    for found in deployments:
        yield Change(
            verb=Verb.DELETE,
            cluster=site.cluster.name,
            namespace=site.namespace,
            kind=DEPLOYMENT,
            name=found.key.name,
            network=site.network,
            uid=found.uid,
            reason=reason,
        )


def end(site: Site, live: LiveSite, now: datetime) -> Iterator[Change]:
    """Take the mark off a complete site; when Skupper was made to start over is kept for a while."""
    if live.recreated and live.missing_part is None and _account(live):
        kept = {word for word in live.recreated if _recent(word, now)}
        yield from _record(site, live, kept, "its Deployments are there")


def started_over(live: LiveSite, now: datetime) -> bool:
    """True if Skupper was made to start over lately, and is not made to once more."""
    return any(_recent(word, now) for word in live.recreated)


def _recent(word: str, now: datetime) -> bool:
    at = instant(word.removeprefix(names.STARTED_OVER)) if word.startswith(names.STARTED_OVER) else None
    # A time far in the future is that of a runner whose clock was wrong.
    return at is not None and abs(now - at) < STARTS_OVER_AFTER


def _account(live: LiveSite) -> LiveObject | None:
    """Our ServiceAccount, if it may be changed."""
    found = live.find(SERVICE_ACCOUNT, names.SITE_CONTROLLER)
    return found if found and not found.deleting and provenance.proven(found, live.ownership) else None


def _record(site: Site, live: LiveSite, words: Collection[str], reason: Reason) -> Iterator[Change]:
    if set(words) != live.recreated:
        yield Change(
            verb=Verb.PATCH,
            cluster=site.cluster.name,
            namespace=site.namespace,
            kind=SERVICE_ACCOUNT,
            name=names.SITE_CONTROLLER,
            network=site.network,
            reason=reason,
            body={"metadata": {"annotations": {names.RECREATED: " ".join(sorted(words)) or None}}},
        )
