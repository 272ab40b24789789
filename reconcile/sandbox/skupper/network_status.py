"""The text of ``skupper-network-status``: the whole network as one site sees it (``pkg/network/types.go``).

Only what works is in it. A link is a record of the router that has it; its name is the id of the router at the other
end, and nothing names the token it came from. Its cost is not reliable. Empty lists are ``null``, as Go writes them.
"""

import json
from collections.abc import Iterator

from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.images import tag_of
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.sightings import Record, View
from reconcile.sandbox.skupper.states import Link, RouterState

FRESH = json.dumps({"addresses": None, "siteStatus": None}, separators=(",", ":"))
"""What stands there while a router has just started."""

_HIGHEST_COST = 2
"""What a record says of a greater one, as a connector of cost 5 was seen to."""


def render(view: View) -> str:
    """Return the JSON text for a site's view; the same for the same view."""
    sites = [_site(record) for record in view.records]
    return json.dumps({"addresses": [], "siteStatus": sites}, separators=(",", ":"))


def _micros(moment: float) -> int:
    return int(moment * 1_000_000)


def _site(record: Record) -> Json:
    state = record.state
    site = {
        "recType": "SITE",
        "identity": state.site_id,
        "startTime": _micros(state.site_started),
        "endTime": 0,
        "source": state.site_id,
        "platform": "kubernetes",
        "name": state.site_name,
        "nameSpace": state.namespace,
        "siteVersion": state.version,
        "policy": "enabled" if state.policy else "disabled",
    }
    return {"site": site, "routerStatus": [_router(record, pod) for pod in range(len(state.pods))]}


def _router(record: Record, pod: int) -> Json:
    state = record.state
    source = _source(state, pod)
    router = {
        "recType": "ROUTER",
        "identity": source,
        "parent": state.site_id,
        "startTime": _micros(state.started),
        "endTime": 0,
        "source": source,
        "name": f"0/{state.routers[pod]}",
        "namespace": state.namespace,
        "mode": "edge" if state.edge else "interior",
        "imageName": "skupper-router",
        "imageVersion": tag_of(state.image),
        "hostname": state.pods[pod],
        "buildVersion": tag_of(state.image),
    }
    links = [
        {
            "recType": "LINK",
            "identity": f"{source.partition(':')[0]}:{number}",
            "parent": source,
            "startTime": _micros(started),
            "endTime": 0,
            "source": source,
            **fields,
        }
        for number, (started, fields) in enumerate(_links(record, pod), start=1)
    ]
    return {"router": router, "links": links or None, "listeners": None, "connectors": None}


def _source(state: RouterState, pod: int) -> str:
    return f"{state.pods[pod].rpartition('-')[2]}:0"


def _links(record: Record, pod: int) -> Iterator[tuple[float, Json]]:
    """Yield start and fields of every link record of one router, the oldest first.

    Every pod of the dialler dials; all of them land on the first pod of the issuer, since they come through one
    Service.
    """
    state = record.state
    yield from _mesh(state, pod)
    for reported in record.links:
        link = reported.link
        if link.dialler == state.key:
            yield reported.start, _fields(link, link.issuer_routers[0], "outgoing")
        elif pod == 0:
            for router in link.dialler_routers:
                yield reported.start, _fields(link, router, "incoming")


def _mesh(state: RouterState, pod: int) -> Iterator[tuple[float, Json]]:
    """Yield the links among the pods of one interior site: each dials those before it."""
    if state.edge:
        return
    for other, router in enumerate(state.routers):
        if other < pod:
            yield state.started, {"mode": "interior", "name": router, "linkCost": 1, "direction": "outgoing"}
        elif other > pod:
            yield state.started, {"mode": "interior", "name": router, "linkCost": 1, "direction": "incoming"}


def _fields(link: Link, router: str, direction: str) -> Json:
    mode = "edge" if link.role == names.ROLE_EDGE else "interior"
    return {"mode": mode, "name": router, "linkCost": min(link.cost, _HIGHEST_COST), "direction": direction}
