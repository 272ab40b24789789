"""Has Skupper start over with a site whose creation it gave up, once; then the site is reported.

The site-controller waits two minutes for the address of a load balancer, and gives up at any error. It never resumes:
it takes a site with a router and its configuration for a complete one. Without one of them it creates what is missing
at the next change of the ConfigMap (``lost_router``). That change stays there, and shows that it was tried.

Source: ``client/router_create.go``.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from reconcile.findings import Finding, Reason, Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.live import LiveObject
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import commands, lost_router, names, provenance
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.remaking import answers

_REASON = f"the site is incomplete, since Skupper gave up before it created {names.SERVICE_CONTROLLER}; "

STUCK_AFTER = timedelta(minutes=3)
"""The site-controller gives a site two minutes and never resumes one that it left incomplete."""


def changes(site: Site, live: LiveSite, now: datetime) -> Iterator[Change]:
    """Delete the Deployment of the router, or change the ConfigMap, if that may help and was not tried yet."""
    router = _stuck(live, now)
    if router is None or _unready(site, live, now) or _tried(live):
        return
    if live.being_adopted or not provenance.proven(router, live.ownership):
        return
    if live.part(CONFIG_MAP, names.INTERNAL) is None:
        yield lost_router.touch(site, now, f"{_REASON}an update makes the site-controller start over")
        return
    yield Change(
        verb=Verb.DELETE,
        cluster=site.cluster.name,
        namespace=site.namespace,
        kind=DEPLOYMENT,
        name=names.ROUTER,
        network=site.network,
        uid=router.uid,
        reason=f"{_REASON}Skupper starts over only without this",
        attended=True,
    )


def finding(site: Site, live: LiveSite, now: datetime) -> Finding | None:
    """Report an incomplete site: a warning with what comes next or, if starting over did not help, an error."""
    router = _stuck(live, now)
    if router is None:
        return None
    what = f"{site.key} is incomplete: Deployment {names.ROUTER} exists, {names.SERVICE_CONTROLLER} does not"
    unready = _unready(site, live, now)
    if unready:
        message = f"{what}. Skupper gave up, and starts over once that can help: {unready}"
    elif _tried(live):
        message = (
            f"{what}, although Skupper has started over. See why; "
            + commands.on(site.key, f"logs deploy/{names.SITE_CONTROLLER}")
            + ". Then have it start over once more; "
            + commands.restart_creation(site.key, names.ROUTER)
        )
    else:
        message = f"{what}, and Skupper does not resume the creation. A run has it start over, once"
    waits = not unready and not _tried(live)
    return Finding(
        rule="incomplete-site",
        severity=Severity.WARNING if waits else Severity.ERROR,
        message=message,
        subject=site.subject,
    )


def _stuck(live: LiveSite, now: datetime) -> LiveObject | None:
    """The router of a site without a service-controller, long after its creation; None of any other site."""
    router = live.part(DEPLOYMENT, names.ROUTER)
    if router is None or live.lost_deployment or live.part(DEPLOYMENT, names.SERVICE_CONTROLLER):
        return None
    old = router.created and now + live.clock_ahead - router.created >= STUCK_AFTER
    return router if old else None


def _unready(site: Site, live: LiveSite, now: datetime) -> Reason | None:
    """Why Skupper would give up again, or not even begin; None if it may succeed."""
    if not answers(live, now):
        return f"Deployment {names.SITE_CONTROLLER} does not run"
    missing = None if site.edge else live.endpoint(edge=False).missing
    return f"it waits for {missing}" if missing else None


def _tried(live: LiveSite) -> bool:
    """True if the ConfigMap of this site was ever changed to have Skupper create Deployments."""
    return names.TOUCHED in live.config
