"""Has Skupper start over with a site whose creation it gave up, once a day; else the site is reported.

The site-controller waits two minutes for the address of a load balancer, and gives up at any error. It never resumes:
it takes a site with a router and its configuration for a complete one. Without one of them it creates what is missing
at the next change of the ConfigMap (``lost_router``).

Source: ``client/router_create.go``.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from reconcile.findings import Finding, Reason, Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.live import LiveObject
from reconcile.skupper.plan import Change
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import commands, lost_router, names, provenance, recreation_steps
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.remaking import answers, just_touched

_REASON = f"the site is incomplete, since Skupper gave up before it created {names.SERVICE_CONTROLLER}; "

_BEGUN = f"both Deployments are recreated, and {names.SERVICE_CONTROLLER} is deleted already"

STUCK_AFTER = timedelta(minutes=3)
"""The site-controller gives a site two minutes and never resumes one that it left incomplete."""


def changes(site: Site, live: LiveSite, now: datetime) -> Iterator[Change]:
    """Delete the Deployment of the router, or change the ConfigMap, if that may help and was not tried yet."""
    router = _stuck(live, now)
    if router is None or _unready(site, live, now) or _tried(live, now):
        return
    if live.being_adopted or just_touched(live, now) or not provenance.proven(router, live.ownership):
        return
    if live.part(CONFIG_MAP, names.INTERNAL) is None:
        updated = f"{_REASON}an update makes the site-controller start over"
        recorded = list(recreation_steps.delete(site, live, updated, started_over=now))
        yield from [*recorded, lost_router.touch(site, now, updated)] if recorded else ()
        return
    begun = _begun(router, live)
    reason = _BEGUN if begun else f"{_REASON}Skupper starts over only without a router"
    for change in recreation_steps.delete(site, live, reason, router, started_over=None if begun else now):
        yield replace(change, attended=not begun)


def finding(site: Site, live: LiveSite, now: datetime) -> Finding | None:
    """Report an incomplete site: a warning with what comes next or, if starting over did not help, an error."""
    router = _stuck(live, now)
    if router is None:
        return None
    what = f"{site.key} is incomplete: Deployment {names.ROUTER} exists, {names.SERVICE_CONTROLLER} does not"
    unready = _unready(site, live, now)
    if unready:
        message = f"{what}. Skupper gave up, and starts over once that can help: {unready}"
    elif _tried(live, now):
        message = (
            f"{what}, although Skupper has started over lately. See why; "
            + commands.on(site.key, f"logs deploy/{names.SITE_CONTROLLER}")
            + ". Then have it start over once more; "
            + commands.restart_creation(site.key, names.ROUTER)
        )
    else:
        message = f"{what}, and Skupper does not resume the creation. A run has it start over"
    waits = not unready and not _tried(live, now)
    return Finding(
        rule="incomplete-site",
        severity=Severity.WARNING if waits else Severity.ERROR,
        message=message,
        subject=site.subject,
    )


def _stuck(live: LiveSite, now: datetime) -> LiveObject | None:
    """The router of a site without a service-controller, long after its creation or about to go; else None."""
    router = live.part(DEPLOYMENT, names.ROUTER)
    if router is None or live.lost_deployment or live.part(DEPLOYMENT, names.SERVICE_CONTROLLER):
        return None
    old = router.created and now + live.clock_ahead - router.created >= STUCK_AFTER
    return router if old or _begun(router, live) else None


def _begun(router: LiveObject, live: LiveSite) -> bool:
    """True if a run that has recorded the deletion of both Deployments was killed before that of the router."""
    return router.uid in live.recreated


def _unready(site: Site, live: LiveSite, now: datetime) -> Reason | None:
    """Why Skupper would give up again, or not even begin; None if it may succeed."""
    if not answers(live, now):
        return f"Deployment {names.SITE_CONTROLLER} does not run"
    missing = None if site.edge else live.endpoint(edge=False).missing
    return f"it waits for {missing}" if missing else None


def _tried(live: LiveSite, now: datetime) -> bool:
    """True if Skupper was made to start over, and all of it is done."""
    router = live.part(DEPLOYMENT, names.ROUTER)
    return recreation_steps.started_over(live, now) and not (router and _begun(router, live))
