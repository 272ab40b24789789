"""Recreates a site for the settings that Skupper reads only when it creates one, if the data approves it.

The ConfigMap is deleted; once nothing of the old site is left, it is applied again (``plan_site``), and all tokens of
the old site are replaced since its id is another one (``plan_link``). Both follow from what is on the clusters: a run
that is killed in between is completed by the next one.

A site is recreated once for one change: if its ConfigMap has not been changed since it was created, another new site
would be the same.

Source: ``client/router_create.go``.
"""

from collections.abc import Iterable
from datetime import datetime

from reconcile.kinds import CONFIG_MAP
from reconcile.skupper import approvals
from reconcile.skupper.definitions import ApprovedChange, Network
from reconcile.skupper.plan import RECREATE_SITE, Change, PendingSetting, SiteState, Verb
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import disruptions, names
from reconcile.skupper.v1.changing import applied_at
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.remaking import answers


def changes(
    network: Network,
    site: Site,
    live: LiveSite,
    pending: Iterable[PendingSetting],
    state: SiteState,
    now: datetime,
) -> list[Change]:
    """Delete the ConfigMap ``skupper-site``, if a declared setting needs that and an approval names the site."""
    needed = [setting.name for setting in pending if setting.step == RECREATE_SITE]
    approved = approvals.approved(network, ApprovedChange.RECREATE, site.key, now)
    config = live.config_map
    if not needed or approved is None or config is None or not live.site_id or live.being_adopted:
        return []
    if state not in {SiteState.READY, SiteState.DOWN, SiteState.UNKNOWN} or not answers(live, now):
        return []
    written = applied_at(config)
    if written is None or config.created is None or written <= config.created:
        return []
    return [
        Change(
            verb=Verb.DELETE,
            cluster=site.cluster.name,
            namespace=site.namespace,
            kind=CONFIG_MAP,
            name=names.SITE,
            network=site.network,
            uid=config.uid,
            reason=(
                f"the site is recreated with a new id and CA, which {', '.join(needed)} needs to take effect; approved "
                f"until {approved.approval.until}: {approved.approval.reason}"
            ),
            disruption=disruptions.SITE,
            approval=approved.place,
            attended=True,
        )
    ]
