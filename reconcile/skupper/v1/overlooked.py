"""Has a site-controller look again at what it has not taken up.

It looks once at each change of ``skupper-site``, and compares versions once when it starts: an error or a conflict
while it writes, or a Deployment that is gone at that moment, leaves log levels, annotations of pods and the version as
they were, for good. The change was made in its turn, so what completes it waits for none.

Source: ``cmd/site-controller/controller.go``, ``client/{router_create,router_update}.go``.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from reconcile.kinds import DEPLOYMENT
from reconcile.skupper.definitions import Network
from reconcile.skupper.live import instant
from reconcile.skupper.plan import Change, PendingSetting, Verb
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import changing, lost_router, names, retriggering
from reconcile.skupper.v1.deployments import pod_annotations
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.remaking import answers

UPDATES_WITHIN = timedelta(minutes=3)
"""A site-controller that has started has updated its site after this."""


def changes(
    network: Network, site: Site, live: LiveSite, pending: Iterable[PendingSetting], now: datetime
) -> list[Change]:
    """Change the ConfigMap of a complete site, or restart its site-controller, ever more rarely."""
    if live.config_map is None or live.missing_part or live.being_adopted or not answers(live, now):
        return []
    if changing.older_objects(network, live):
        return _restart(network, site, live, now)
    found = changing.untaken(network, live, pending)
    written = live.config_map.derived(changing.applied_at) or live.config_map.created
    touched = instant(live.config.get(names.TOUCHED, ""))
    if not found or not _due(live, written, touched, retriggering.RETRIGGER_AFTER, now):
        return []
    return [lost_router.touch(site, now, f"{found[0]}; an update makes the site-controller look again")]


def _restart(network: Network, site: Site, live: LiveSite, now: datetime) -> list[Change]:
    controller = live.part(DEPLOYMENT, names.SITE_CONTROLLER)
    if controller is None:
        return []
    restarted = instant(pod_annotations(controller).get(names.RESTARTED, ""))
    written = controller.derived(changing.applied_at) or controller.created
    if not _due(live, written, restarted, UPDATES_WITHIN, now):
        return []
    annotations = {names.RESTARTED: now.isoformat(timespec="seconds")}
    return [
        Change(
            verb=Verb.PATCH,
            cluster=site.cluster.name,
            namespace=site.namespace,
            kind=DEPLOYMENT,
            name=names.SITE_CONTROLLER,
            network=site.network,
            reason=f"its site-controller has not updated the site to {network.version}, which it does when it starts",
            body={"spec": {"template": {"metadata": {"annotations": annotations}}}},
        )
    ]


def _due(
    live: LiveSite, written: datetime | None, tried: datetime | None, first: timedelta, now: datetime
) -> bool:
    """True if it is time for another try; `written` is by the clock of the cluster, `tried` by ours."""
    if written is None:
        return False
    since = written - live.clock_ahead
    # A time in the future is that of a runner whose clock was wrong.
    latest = max(since, tried) if tried and tried <= now else since
    return retriggering.is_due(since, latest, now, first)
