"""Whether the services of a network are served: what ``skupper debug service`` shows, without the Skupper CLI.

Every site has the definitions of all services in ``skupper-services``, a Service for each, and counts of listeners and
connectors in its status. A Service without a connector anywhere in the network accepts connections and closes them.

Source: ``api/types/types.go``, ``pkg/kube/serviceingressbindings.go``.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from reconcile.kinds import CONFIG_MAP, SERVICE
from reconcile.skupper.diagnosis.checks import Check, Judgement, failed, oc, passed, unknown, warned
from reconcile.skupper.diagnosis.contents import dig, entries
from reconcile.skupper.diagnosis.facts import Facts, Unread
from reconcile.skupper.live import LiveObject, entry_of, strings, text
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import names
from reconcile.skupper.v1.diagnosis import observed

_MOST = 5
_NEVER = "Never"
"""Mode of ingress of a service for which no Service is created."""


class Counts(NamedTuple):
    """How many routers listen for an address, and how many lead to a server of it."""

    listeners: int = 0
    connectors: int = 0


def _served(facts: Facts, site: Site) -> Judgement | None:
    live = observed.site(facts, site.key)
    defined = live.part(CONFIG_MAP, names.SERVICES)
    if defined is None:
        return unknown(f"ConfigMap {names.SERVICES} was not found", "see check site-complete")
    addresses = _addresses(defined)
    if not addresses:
        return None
    absent = _absent(facts, site, addresses)
    if absent:
        return failed(
            f"there is no Service {', '.join(absent[:_MOST])}, which {names.SERVICES} defines",
            "the service-controller creates it within seconds: see check controllers-running, and what policies allow",
            oc(site.key, f"logs deploy/{names.SERVICE_CONTROLLER} --tail=20"),
        )
    reported = live.find(CONFIG_MAP, names.NETWORK_STATUS)
    counts = reported.derived(_counts) if reported else {}
    if not counts:
        return unknown("the status lists no addresses", "see check lease-fresh")
    unserved = sorted(name for name in addresses if not counts.get(name, Counts()).connectors)
    if unserved:
        more = f" and {len(unserved) - _MOST} more" if len(unserved) > _MOST else ""
        return warned(
            f"no site serves {', '.join(unserved[:_MOST])}{more}: connections to it are closed at once",
            "check the pods behind the exposed Service at the site that exposes it, and the links to that site",
            oc(site.key, f"get configmap {names.SERVICES} -o yaml"),
        )
    listed = (f"{name} ({counts[name].connectors} servers)" for name in sorted(addresses)[:_MOST])
    return passed(f"{len(addresses)} services are served: {', '.join(listed)}")


def _addresses(defined: LiveObject) -> Mapping[str, bool]:
    """The address of every service that can be read, and whether it is to have a Service here.

    Each entry is a JSON document; with the annotation ``skupper.io/ingress: Never`` there is none.
    """
    found: dict[str, bool] = {}
    for written in strings(defined.content.get("data")).values():
        try:
            document = json.loads(written)
        except (ValueError, RecursionError):
            continue
        address = text(dig(document, "address"))
        if address:
            found[address] = _NEVER not in document.values()
    return found


def _absent(facts: Facts, site: Site, addresses: Mapping[str, bool]) -> list[str]:
    listed = facts.detail(site.key).of(SERVICE)
    if isinstance(listed, Unread):
        return []
    wanted = {address for address, with_service in addresses.items() if with_service}
    return sorted(wanted - {each.key.name for each in listed})


def _counts(live: LiveObject) -> Mapping[str, Counts]:
    """Address without its port -> its counts, added up over its ports."""
    try:
        document = json.loads(entry_of(live, "NetworkStatus"))
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Counts] = {}
    for entry in entries(document, "addresses"):
        name = text(entry.get("name")).partition(":")[0]
        listeners, connectors = (
            count if isinstance(count := dig(entry, key), int) else 0
            for key in ("listenerCount", "connectorCount")
        )
        before = found.get(name, Counts())
        found[name] = Counts(before.listeners + listeners, before.connectors + connectors)
    return found


CHECKS: tuple[Check[Site], ...] = (
    Check("services-served", "every service of the network is served", _served, ("site-complete",)),
)
