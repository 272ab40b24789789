"""Checks of the address at which others dial a site: it exists, its Route is admitted, the certificate covers it."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconcile.kinds import ROUTE
from reconcile.skupper.diagnosis import network
from reconcile.skupper.diagnosis.checks import Check, Command, Judgement, failed, oc, passed, unknown
from reconcile.skupper.diagnosis.contents import dig, entries, quoted
from reconcile.skupper.diagnosis.facts import Facts
from reconcile.skupper.live import LiveObject, text
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import names
from reconcile.skupper.v1.diagnosis import observed
from reconcile.skupper.v1.live_site import LiveSite

_ROUTES = (names.INTER_ROUTER_ROUTE, names.EDGE_ROUTE)


def _address(facts: Facts, site: Site) -> Judgement | None:
    if not site.accepts_links:
        return None
    live = observed.site(facts, site.key)
    for edge in (False, True):
        found = live.endpoint(edge=edge)
        if found.missing:
            what = "route" if live.config.get("ingress", "route") == "route" else f"svc/{names.ROUTER}"
            return failed(
                f"it waits for {found.missing}",
                "no token can be issued before. A load balancer that stays pending has its reason in the Events of "
                "Service skupper-router; Skupper itself gives up after 2 minutes: see check site-complete",
                oc(site.key, f"describe {what}"),
            )
    hosts = {live.endpoint(edge=edge).host for edge in (False, True)}
    return passed(f"it is dialled at {' and '.join(sorted(hosts))}")


def _admitted(facts: Facts, site: Site) -> Judgement | None:
    live = observed.site(facts, site.key)
    if not site.accepts_links or live.config.get("ingress", "route") != "route":
        return None
    for name in _ROUTES:
        route = live.find(ROUTE, name)
        if route is None:
            return failed(
                f"Route {name} does not exist",
                "the site-controller creates it with the site: see check site-complete",
                oc(site.key, "get routes"),
            )
        judgement = _of_route(site, route)
        if judgement:
            return judgement
    return passed("all Routes are admitted and pass TLS through to the router")


def _of_route(site: Site, route: LiveObject) -> Judgement | None:
    """What is wrong with a Route; None if nothing is."""
    name = route.key.name
    command = oc(site.key, f"describe route {name}")
    conditions = list(_conditions(route))
    refused = [each for each in conditions if each.get("status") != "True"]
    # With several ingress controllers one that admits it is enough.
    if refused and len(refused) == len(conditions):
        why = f"{text(refused[0].get('reason'))}: {quoted(refused[0].get('message'))}"
        hint = "HostAlreadyClaimed means that a Route of another namespace has the host; delete either"
        return failed(f"Route {name} is not admitted: {why}", hint, command)
    if not conditions:
        hint = "no ingress controller has looked at it: none serves its host or namespace, or all are down"
        return failed(f"Route {name} has no condition Admitted", hint, command)
    termination = text(dig(route.content, "spec", "tls", "termination"))
    if termination and termination != "passthrough":
        hint = "the router must see the TLS connection itself; something has changed the Route"
        return failed(f"Route {name} has termination {termination}, not passthrough", hint, command)
    return None


def _conditions(route: LiveObject) -> Iterator[Mapping[str, Any]]:
    for ingress in entries(route.content, "status", "ingress"):
        for condition in entries(ingress, "conditions"):
            if condition.get("type") == "Admitted":
                yield condition


def _covered(facts: Facts, site: Site) -> Judgement | None:
    if not site.accepts_links:
        return None
    live = observed.site(facts, site.key)
    if not live.server.fingerprint:
        return unknown(
            f"the certificate in Secret {names.SITE_SERVER} was not read", "see check site-complete"
        )
    missing = sorted(_uncovered(live))
    if missing:
        return failed(
            f"it is valid for {', '.join(live.server.hosts) or 'no host'}, not for {', '.join(missing)}",
            "Skupper fixes the names when it creates the site; for a new address recreate the site",
            oc(site.key, f"delete configmap {names.SITE}"),
        )
    return passed(network.described(live.server))


def _uncovered(live: LiveSite) -> Iterator[str]:
    for host in {live.endpoint(edge=edge).host for edge in (False, True)} - {""}:
        if not network.covers(live.server.hosts, host):
            yield host


def _listeners(facts: Facts, site: Site) -> Judgement | None:
    """Whether cluster policies let the site accept links: a denied site loses the listeners of its router."""
    live = observed.site(facts, site.key)
    own = live.status.sites.get(live.site_id) if live.status else None
    config = live.router_config
    if not site.accepts_links or config.fault or not config.mode:
        return None
    enforced = "enforced" if own and own.policy else "not known to be in force"
    if {"interior-listener", "edge-listener"} <= config.listeners:
        return passed(f"the router listens for links; cluster policies are {enforced}")
    return failed(
        f"the router has no listeners for links; cluster policies are {enforced}",
        "where the CRD of SkupperClusterPolicy is installed, Skupper denies everything that no policy allows, and all "
        "of it if the service-controller may not read policies: declare a policy with allowIncomingLinks, or apply "
        "deploy/rbac/service-controllers.yaml",
        Command("oc get skupperclusterpolicies -o yaml", site.cluster.name),
    )


_COMPLETE = ("site-complete",)

CHECKS: tuple[Check[Site], ...] = (
    Check("address-assigned", "the router has an address", _address, ("namespace-readable",)),
    Check("route-admitted", "its Routes are admitted", _admitted, ("address-assigned",)),
    Check("certificate-covers-host", "its certificate is valid for its address", _covered, _COMPLETE),
    Check("policy-allows-incoming", "policies let it accept links", _listeners, _COMPLETE),
)
