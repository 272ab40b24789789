"""The network as a site sees it: the ConfigMap ``skupper-network-status``.

Its one key holds JSON about the whole network as this site sees it. Only established links appear; an interior
router does not list the edge sites that dial it. A status that is missing or cannot be parsed means unknown, not
down.

Source: ``pkg/network/network.go``, ``pkg/flow/record.go``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reconcile.findings import Reason
from reconcile.skupper.live import LiveObject, entry_of, text

EMPTY = "it is empty"
"""The fault of a status that is not written yet, which is normal for a while."""


@dataclass(frozen=True, slots=True)
class SeenSite:
    """One site of the network: the ids of the sites that it is linked with."""

    name: str
    version: str
    outgoing: frozenset[str]
    incoming: frozenset[str]
    namespace: str = ""
    edge: bool = False
    """True if its routers run in edge mode; the sites that it dials do not list it."""
    since: datetime | None = None
    """When the site says that it started."""
    link_times: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(direction, site id) -> when the earliest of these links was established, in microseconds since the epoch."""
    started: datetime | None = None
    """When the youngest of its routers started."""
    oldest: datetime | None = None
    """When the oldest of its routers started."""
    policy: bool = False
    """True if cluster policies are enabled there."""

    def began(self, direction: str, other: str) -> datetime | None:
        """When the earliest link with a site was established, by the clock of this site's router; None if unknown."""
        return _micros(self.link_times.get((direction, other)))


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """A parsed status; `fault` is set if it could not be parsed."""

    sites: Mapping[str, SeenSite]
    """Site id -> what it is linked with."""
    fault: Reason | None = None


def of(live: LiveObject) -> NetworkStatus:
    """Read ``skupper-network-status``."""
    return parse(entry_of(live, "NetworkStatus"))


def parse(written: str) -> NetworkStatus:
    """Read the JSON text of a status; never raises."""
    if not written:
        return NetworkStatus({}, EMPTY)
    try:
        document = json.loads(written)
        entries = list(_entries(document))
        routers = {router: entry.key for entry in entries for router in entry.routers}
        return NetworkStatus({entry.key: _seen(entry, routers) for entry in entries})
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return NetworkStatus({}, "it is not a valid network status")


class _Entry(NamedTuple):
    """One site in the document."""

    key: str
    site: Mapping[str, Any]
    routers: list[str]
    """Their ids."""
    links: list[Mapping[str, Any]]
    started: list[datetime]
    """When its routers started."""
    edge: bool


def _entries(document: Any) -> Iterator[_Entry]:
    for entry in document.get("siteStatus") or []:
        site = entry["site"]
        routers = entry.get("routerStatus") or []
        names = [_router_id(status["router"]["name"]) for status in routers]
        links = [link for status in routers for link in status.get("links") or []]
        started = [moment for each in routers if (moment := _micros(each["router"].get("startTime")))]
        edge = any(each["router"].get("mode") == "edge" for each in routers)
        yield _Entry(text(site["identity"]), site, names, links, started, edge)


def _seen(entry: _Entry, routers: Mapping[str, str]) -> SeenSite:
    ends: dict[str, set[str]] = {"outgoing": set(), "incoming": set()}
    # A mesh of 100 sites lists 10,000 links in each status, of which the times of 100 are asked for.
    times: dict[tuple[str, str], int] = {}
    for link in entry.links:
        remote = routers.get(_router_id(text(link.get("name"))))
        direction = link.get("direction")
        if remote and direction in ends:
            ends[direction].add(remote)
            started = link.get("startTime")
            if isinstance(started, int) and started > 0:
                times[direction, remote] = min(started, times.get((direction, remote), started))
    return SeenSite(
        name=text(entry.site.get("name")),
        version=text(entry.site.get("siteVersion")),
        outgoing=frozenset(ends["outgoing"]),
        incoming=frozenset(ends["incoming"]),
        namespace=text(entry.site.get("nameSpace")),
        edge=entry.edge,
        since=_micros(entry.site.get("startTime")),
        started=max(entry.started, default=None),
        oldest=min(entry.started, default=None),
        policy=entry.site.get("policy") == "enabled",
        link_times=times,
    )


def _micros(value: object) -> datetime | None:
    """A time in microseconds since the epoch; None if it is none."""
    if not isinstance(value, int) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value / 1_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _router_id(name: str) -> str:
    """Router names are written ``0/<router id>`` in router records, bare in link records."""
    return name.removeprefix("0/")
