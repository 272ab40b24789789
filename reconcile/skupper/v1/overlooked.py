"""Has a site-controller look again at a ConfigMap ``skupper-site`` that it has not taken up.

It looks once at each change: an error or a conflict while it writes, or a router that it has to create again first,
leaves log levels and annotations of pods as they were, for good. The change was made in its turn, so what completes it
waits for none.

Source: ``cmd/site-controller/controller.go``, ``client/{router_create,router_update}.go``.
"""

from collections.abc import Iterable
from datetime import datetime

from reconcile.skupper.definitions import Network
from reconcile.skupper.live import instant
from reconcile.skupper.plan import Change, PendingSetting
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import changing, lost_router, names, retriggering
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.remaking import answers


def changes(
    network: Network, site: Site, live: LiveSite, pending: Iterable[PendingSetting], now: datetime
) -> list[Change]:
    """Change the ConfigMap of a complete site, if something of it was not taken up for a while; ever more rarely."""
    if live.config_map is None or live.missing_part or live.being_adopted or not answers(live, now):
        return []
    found = changing.untaken(network, live, pending)
    written = live.config_map.derived(changing.applied_at) or live.config_map.created
    if not found or written is None:
        return []
    since = written - live.clock_ahead
    touched = instant(live.config.get(names.TOUCHED, ""))
    # A time in the future is that of a runner whose clock was wrong.
    tried = max(since, touched) if touched and touched <= now else since
    if not retriggering.is_due(since, tried, now):
        return []
    reason = f"{found[0]}; an update makes the site-controller look again"
    return [lost_router.touch(site, now, reason)]
