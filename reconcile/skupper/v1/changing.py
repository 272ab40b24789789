"""What a site has still to take up of a change that was made: until then no other site of its network is disrupted.

All of it shows in the objects of the site, so that a run after one that was killed sees the same: Deployments that
differ from what their ConfigMap or their site-controller says, a rollout that is not complete, and a status that is
older than the router that runs.

Source: ``client/router_update.go``; ``rollout_status.go`` of kubectl.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from reconcile.findings import Reason
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.definitions import Network
from reconcile.skupper.live import LiveObject, instant, managed_fields, strings, text
from reconcile.skupper.ownership import FIELD_MANAGER
from reconcile.skupper.plan import Changing, PendingSetting
from reconcile.skupper.v1 import names, retriggering, versions
from reconcile.skupper.v1.live_site import CLOCKS_APART, LiveSite
from reconcile.skupper.v1.site_config import pairs

REPORTS_WITHIN = timedelta(minutes=2)
"""How long after a write to its Deployment a router may still report what was before; that it does is no proof that the
router has restarted, since a write may change nothing for the pods."""

_RECREATED_WITHIN = timedelta(minutes=3)
"""A site-controller gives up after two minutes."""

_ANNOTATED = {
    names.ROUTER: "router-pod-annotations",
    names.SERVICE_CONTROLLER: "controller-pod-annotations",
}
"""Deployment -> key of ``skupper-site`` with annotations of its pods, which a site-controller applies at once."""

_ANNOTATES_SINCE = (1, 5, 0)
_TAG = re.compile(r":v?([0-9]+\.[0-9]+\.[0-9]+)(?:@|$)")


def of(network: Network, live: LiveSite, pending: Iterable[PendingSetting], now: datetime) -> Changing | None:
    """What is not over yet; None if the site is as its ConfigMap and its site-controller say."""
    touched = instant(live.config.get(names.TOUCHED, ""))
    if live.missing_part:
        under_way = touched is not None and abs(now - touched) < _RECREATED_WITHIN
        return Changing("its Deployments are being recreated", touched) if under_way else None
    found = [*_untaken(network, live, pending, now), *_version(network, live)]
    for name in (names.ROUTER, names.SERVICE_CONTROLLER):
        deployment = live.part(DEPLOYMENT, name)
        found += _rollout(deployment, live) if deployment else ()
    return next(iter([*found, *_stale(live, now)]), None)


def untaken(network: Network, live: LiveSite, pending: Iterable[PendingSetting]) -> list[Reason]:
    """What of ``skupper-site`` its site-controller applies at once and has not applied yet."""
    found = list(_annotations(network, live))
    if any(setting.name == "router-logging" for setting in pending):
        found.append("its log levels are not set yet")
    return found


def _untaken(
    network: Network, live: LiveSite, pending: Iterable[PendingSetting], now: datetime
) -> Iterator[Changing]:
    since = _applied(live, CONFIG_MAP, names.SITE)
    advice = retriggering.asked(live, since, names.SITE_CONTROLLER, now)
    yield from (Changing(f"{reason}{advice}", since) for reason in untaken(network, live, pending))


def applied_at(found: LiveObject) -> datetime | None:
    """When we last changed an object by an apply, by the clock of its cluster; None if that is not recorded."""
    ours = (entry for entry in managed_fields(found) if entry.applied and entry.manager == FIELD_MANAGER)
    return max((entry.written for entry in ours if entry.written), default=None)


def younger(live: LiveSite) -> bool | None:
    """True if both Deployments were created after the ConfigMap was last applied; None if that is not recorded."""
    written = live.config_map.derived(applied_at) if live.config_map else None
    parts = [live.part(DEPLOYMENT, name) for name in (names.ROUTER, names.SERVICE_CONTROLLER)]
    created = [part.created for part in parts if part and part.created]
    if written is None or len(created) < len(parts):
        return None
    return min(created) > written


def _annotations(network: Network, live: LiveSite) -> Iterator[Reason]:
    version = versions.numbers(network.version)
    if version and version < _ANNOTATES_SINCE:
        return
    for name, key in _ANNOTATED.items():
        wanted = dict(pairs(live.config.get(key, ""), live.config))
        pods = _pods(live, name)
        if pods and not wanted.items() <= strings(_dig(pods, "metadata", "annotations")).items():
            yield f"Deployment {name} does not have the pod annotations of ConfigMap {names.SITE} yet"


def older_objects(network: Network, live: LiveSite) -> bool:
    """True if the site-controller of a site has the wanted version, and its configuration or pods have an older one."""
    wanted = versions.numbers(network.version)
    if not wanted or _tag(live, names.SITE_CONTROLLER, "site-controller") != wanted:
        return False
    running = versions.numbers(live.router_config.version)
    pods = _tag(live, names.SERVICE_CONTROLLER, "service-controller")
    return any(each and each < wanted for each in (running, pods))


def _version(network: Network, live: LiveSite) -> Iterator[Changing]:
    """A site whose site-controller has the wanted version and whose pods do not have it, or do not report it, yet."""
    wanted = versions.numbers(network.version)
    own = live.status.sites.get(live.site_id) if live.status else None
    reported = versions.numbers(own.version) if own else ()
    updated = _tag(live, names.SITE_CONTROLLER, "site-controller") == wanted
    if older_objects(network, live) or (updated and reported and reported < wanted):
        since = _applied(live, DEPLOYMENT, names.SITE_CONTROLLER)
        yield Changing(f"its site-controller is updating it to {network.version}", since)


def _tag(live: LiveSite, name: str, container: str) -> tuple[int, ...]:
    """The version that the image of a container has as its tag; empty if that is no release."""
    found = _dig(_pods(live, name), "spec", "containers")
    images = (
        text(_dig(each, "image"))
        for each in (found if isinstance(found, list) else ())
        if _dig(each, "name") == container
    )
    match = _TAG.search(next(images, ""))
    return versions.numbers(match[1]) if match else ()


def _rollout(deployment: LiveObject, live: LiveSite) -> Iterator[Changing]:
    """A rollout that is not complete, judged as ``kubectl rollout status`` does; nothing where nobody counts."""
    fields = ("observedGeneration", "updatedReplicas", "replicas")
    observed, updated, running = (_number(_dig(deployment.content, "status", field)) for field in fields)
    if not observed:
        return
    replicas = _dig(deployment.content, "spec", "replicas")
    wanted = replicas if isinstance(replicas, int) else 1
    generation = _number(_dig(deployment.content, "metadata", "generation"))
    if observed < generation or updated < wanted or running > updated:
        yield Changing(
            f"the rollout of Deployment {deployment.key.name} is not complete",
            _by_us(_written(deployment), live),
        )


def _stale(live: LiveSite, now: datetime) -> Iterator[Changing]:
    """A status in which the router that was started last does not show yet."""
    router = live.part(DEPLOYMENT, names.ROUTER)
    written = router.derived(_written) if router else None
    own = live.status.sites.get(live.site_id) if live.status else None
    started = own.oldest if own else None
    if written is None or now + live.clock_ahead - written >= REPORTS_WITHIN:
        return
    if started is None or started < written - CLOCKS_APART:
        yield Changing("its router has not reported since its Deployment changed", _by_us(written, live))


def _applied(live: LiveSite, kind: Any, name: str) -> datetime | None:
    found = live.find(kind, name)
    return _by_us(found.derived(applied_at) if found else None, live)


def _by_us(moment: datetime | None, live: LiveSite) -> datetime | None:
    """A time of the cluster by our clock."""
    return moment - live.clock_ahead if moment else None


def _written(deployment: LiveObject) -> datetime | None:
    """When the spec of a Deployment last changed, as far as that is recorded."""
    specs = (entry.written for entry in managed_fields(deployment) if "f:spec" in entry.fields)
    return max(filter(None, specs), default=None)


def _pods(live: LiveSite, name: str) -> Mapping[str, Any]:
    found = live.find(DEPLOYMENT, name)
    pods = _dig(found.content, "spec", "template") if found else None
    return pods if isinstance(pods, Mapping) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _dig(document: Any, *steps: str) -> Any:
    for step in steps:
        document = document.get(step) if isinstance(document, Mapping) else None
    return document
