"""Has Skupper make the Deployment ``skupper-router`` again where somebody deleted it.

The site-controller looks at a site only when its ConfigMap changes, so it is changed once: by a key of its data that
Skupper does not read. An annotation would be copied to the pods and restart them. The service-controller goes first: it
keeps the UID of the old Deployment in its environment, and all that it makes with that owner is garbage-collected. If
Skupper has created the router meanwhile, for whatever reason, the site is ``incomplete`` then.

Source: ``cmd/site-controller/controller.go``, ``client/router_create.go``.
"""

from datetime import datetime, timedelta

from reconcile.findings import Reason
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.live import instant
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import names, provenance, recreation_steps
from reconcile.skupper.v1.live_site import LiveSite

RETRY_AFTER = timedelta(minutes=3)
"""The site-controller gives a site two minutes; after this it has failed or did not run."""

_REASON = f"Deployment {names.ROUTER} was deleted; "


def changes(site: Site, live: LiveSite, now: datetime) -> list[Change]:
    """Remove the service-controller and change the ConfigMap, if there was a router and it is gone."""
    if not live.site_id or live.being_adopted or live.part(CONFIG_MAP, names.INTERNAL) is None:
        return []
    if live.find(DEPLOYMENT, names.ROUTER):
        return []
    touched = instant(live.config.get(names.TOUCHED, ""))
    # A time far in the future is that of a runner whose clock was wrong.
    if touched and abs(now - touched) < RETRY_AFTER:
        return []
    touched_again = touch(site, now, f"{_REASON}an update makes the site-controller create it")
    controller = live.part(DEPLOYMENT, names.SERVICE_CONTROLLER)
    if controller is None or not provenance.proven(controller, live.ownership):
        return [touched_again]
    removed = f"{_REASON}the service-controller would keep its UID"
    deleted = list(recreation_steps.delete(site, live, removed, controller))
    return [*deleted, touched_again] if deleted else []


def touch(site: Site, now: datetime, reason: Reason) -> Change:
    """Change a key of the ConfigMap that Skupper does not read, so that the site-controller looks at the site."""
    return Change(
        verb=Verb.PATCH,
        cluster=site.cluster.name,
        namespace=site.namespace,
        kind=CONFIG_MAP,
        name=names.SITE,
        network=site.network,
        reason=reason,
        body={"data": {names.TOUCHED: now.isoformat(timespec="seconds")}},
    )
