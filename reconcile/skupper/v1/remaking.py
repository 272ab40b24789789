"""Recreates both Deployments of a site for the settings that Skupper reads only then; the site keeps its id.

Once both are deleted, what follows is the same as if somebody had deleted them (``lost_router``). A run that is killed
in between is completed by the next one (``recreation_steps``).

Nothing is recreated twice for one change of the ConfigMap: Deployments that are younger than that and still differ were
changed by others, or Skupper does not know the setting.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from reconcile.kinds import DEPLOYMENT
from reconcile.skupper.live import instant
from reconcile.skupper.plan import (
    RECREATE_DEPLOYMENTS,
    RESTART_CONTROLLER,
    Change,
    PendingSetting,
    SiteState,
)
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import disruptions, lost_router, names, provenance, recreation_steps
from reconcile.skupper.v1.changing import younger
from reconcile.skupper.v1.deployments import downtime, scaled_to_zero
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.waves import Disruption


def changes(
    site: Site, live: LiveSite, pending: Collection[PendingSetting], state: SiteState, now: datetime
) -> list[Change]:
    """Delete both Deployments, if a declared setting needs it and Skupper would create them again."""
    needed = [setting.name for setting in pending if setting.step == RECREATE_DEPLOYMENTS]
    if not needed:
        return list(recreation_steps.end(site, live, now))
    router, controller = (live.part(DEPLOYMENT, name) for name in (names.ROUTER, names.SERVICE_CONTROLLER))
    if router is None or live.being_adopted or not provenance.proven(router, live.ownership):
        return []
    if state not in {SiteState.READY, SiteState.DOWN, SiteState.UNKNOWN} or scaled_to_zero(router):
        return []
    if any(setting.step == RESTART_CONTROLLER for setting in pending):
        # A site-controller that starts while a Deployment is gone does not update the site.
        return []
    if younger(live) is not False or not answers(live, now) or just_touched(live, now):
        return []
    deleted = [router]
    if controller and provenance.proven(controller, live.ownership):
        deleted = [controller, router]
    reason = f"both Deployments are recreated, which {', '.join(needed)} needs to take effect"
    return [
        replace(change, disruption=_disruption(change), attended=True)
        for change in recreation_steps.delete(site, live, reason, *deleted)
    ]


def _disruption(change: Change) -> Disruption:
    """All that is to be done waits for its turn; links are down only once the router is deleted."""
    whole = disruptions.DEPLOYMENTS
    return whole if change.name == names.ROUTER else replace(whole, downtime=timedelta())


def answers(live: LiveSite, now: datetime) -> bool:
    """True if the site-controller runs: without it nothing that is deleted would come back."""
    found = live.find(DEPLOYMENT, names.SITE_CONTROLLER)
    return found is not None and downtime(found, now + live.clock_ahead) is None


def just_touched(live: LiveSite, now: datetime) -> bool:
    """True if the ConfigMap cannot be changed for a lost router now: that happens once in a while only."""
    touched = instant(live.config.get(names.TOUCHED, ""))
    return bool(touched and abs(now - touched) < lost_router.RETRY_AFTER + timedelta(seconds=30))
