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
from typing import Any

from reconcile.findings import Reason
from reconcile.skupper.live import text

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
    began: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """(direction, site id) -> when the earliest of these links was established, by the clock of this site's router."""


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """A parsed status; `fault` is set if it could not be parsed."""

    sites: Mapping[str, SeenSite]
    """Site id -> what it is linked with."""
    fault: Reason | None = None


def parse(written: str) -> NetworkStatus:
    """Read the JSON text of a status; never raises."""
    if not written:
        return NetworkStatus({}, EMPTY)
    try:
        document = json.loads(written)
        entries = list(_entries(document))
        routers = {router: site for site, _, found, _ in entries for router in found}
        edges = {text(site["identity"]) for site in _edges(document)}
        return NetworkStatus(
            {site: _seen(record, links, routers, edge=site in edges) for site, record, _, links in entries}
        )
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return NetworkStatus({}, "it is not a valid network status")


def _entries(document: Any) -> Iterator[tuple[str, Mapping[str, Any], list[str], list[Mapping[str, Any]]]]:
    """(site id, site record, router ids, link records) of each site in the document."""
    for entry in document.get("siteStatus") or []:
        site = entry["site"]
        routers = entry.get("routerStatus") or []
        names = [_router_id(status["router"]["name"]) for status in routers]
        links = [link for status in routers for link in status.get("links") or []]
        yield text(site["identity"]), site, names, links


def _edges(document: Any) -> Iterator[Mapping[str, Any]]:
    """The site records of the edge sites in the document."""
    for entry in document.get("siteStatus") or []:
        if any(status["router"].get("mode") == "edge" for status in entry.get("routerStatus") or []):
            yield entry["site"]


def _seen(
    site: Mapping[str, Any], links: list[Mapping[str, Any]], routers: Mapping[str, str], *, edge: bool
) -> SeenSite:
    ends: dict[str, set[str]] = {"outgoing": set(), "incoming": set()}
    began: dict[tuple[str, str], datetime] = {}
    for link in links:
        remote = routers.get(_router_id(text(link.get("name"))))
        if remote and link.get("direction") in ends:
            direction = str(link["direction"])
            ends[direction].add(remote)
            started = _moment(link.get("startTime"))
            if started:
                began[direction, remote] = min(started, began.get((direction, remote), started))
    return SeenSite(
        name=text(site.get("name")),
        version=text(site.get("siteVersion")),
        outgoing=frozenset(ends["outgoing"]),
        incoming=frozenset(ends["incoming"]),
        namespace=text(site.get("nameSpace")),
        edge=edge,
        since=_moment(site.get("startTime")),
        began=began,
    )


def _moment(micros: object) -> datetime | None:
    """Read a time stamp of a record, in microseconds; None if it is none."""
    if isinstance(micros, bool) or not isinstance(micros, int) or micros <= 0:
        return None
    try:
        return datetime.fromtimestamp(micros // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _router_id(name: str) -> str:
    """Router names are written ``0/<router id>`` in router records, bare in link records."""
    return name.removeprefix("0/")
