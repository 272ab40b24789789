"""The configuration of a site's router: the ConfigMap ``skupper-internal``, as far as it is used here.

Its only key is a JSON array of ``[entity, attributes]``, written by the service-controller. One that cannot be parsed
proves nothing about any link.

Source: ``pkg/qdr/qdr.go``.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.findings import Reason
from reconcile.skupper.live import LiveObject, entry_of, text


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """A parsed router configuration; `fault` is set if it could not be parsed."""

    connectors: frozenset[str] = frozenset()
    """Their names, which are those of the tokens that they were made from."""
    listeners: frozenset[str] = frozenset()
    """Their names."""
    router_id: str = ""
    """The pattern of its ids: ``<site name>-${HOSTNAME}``."""
    mode: str = ""
    """What the router runs as: ``interior`` or ``edge``; empty if unknown."""
    version: str = ""
    """The version that Skupper set the site up with, or has updated it to."""
    logging: frozenset[tuple[str, str]] = frozenset()
    """(module, level) of every log entity."""
    fault: Reason | None = None

    def may_have(self, connector: str) -> bool:
        """True unless the connector is known to be absent."""
        return bool(self.fault) or connector in self.connectors


def of(live: LiveObject) -> RouterConfig:
    """Read ``skupper-internal``."""
    return parse(entry_of(live, "skrouterd.json"))


def parse(written: str) -> RouterConfig:
    """Read the JSON text of ``skrouterd.json``; never raises."""
    try:
        return _read(json.loads(written))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return RouterConfig(fault="it is not a valid router configuration")


def without(written: str, connectors: Collection[str]) -> str:
    """The JSON text of ``skrouterd.json``, which must be valid, without some connectors and their TLS profiles."""
    entities = json.loads(written)
    kept = [each for each in entities if each[0] != "connector" or each[1].get("name") not in connectors]
    dropped = {each[1].get("sslProfile") for each in entities if each not in kept}
    unused = dropped - {each[1].get("sslProfile") for each in kept}
    left = [each for each in kept if each[0] != "sslProfile" or each[1].get("name") not in unused]
    return json.dumps(left, indent=4)


def _read(entities: Any) -> RouterConfig:
    named: dict[str, set[str]] = {"connector": set(), "listener": set()}
    logging = set()
    router: Mapping[str, Any] = {}
    for kind, attributes in entities:
        if kind in named:
            named[kind].add(text(attributes.get("name")))
        elif kind == "log":
            logging.add((text(attributes.get("module")), text(attributes.get("enable"))))
        elif kind == "router":
            router = attributes
    return RouterConfig(
        connectors=frozenset(named["connector"]),
        listeners=frozenset(named["listener"]),
        router_id=text(router.get("id")),
        mode=text(router.get("mode")),
        version=_version(text(router.get("metadata"))),
        logging=frozenset(logging),
    )


def _version(metadata: str) -> str:
    """The version in a router's metadata, which are JSON in a string."""
    try:
        return text(json.loads(metadata).get("version"))
    except (ValueError, AttributeError, RecursionError):
        return ""
