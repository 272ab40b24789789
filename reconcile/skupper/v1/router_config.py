"""The configuration of a site's router: the ConfigMap ``skupper-internal``, of which connectors and version are used.

Its only key is a JSON array of ``[entity, attributes]``, written by the service-controller. One that cannot be parsed
proves nothing about any link.

Source: ``pkg/qdr/qdr.go``.
"""

import json
from dataclasses import dataclass

from reconcile.findings import Reason
from reconcile.skupper.live import text


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """A parsed router configuration; `fault` is set if it could not be parsed."""

    connectors: frozenset[str] = frozenset()
    """Their names, which are those of the tokens that they were made from."""
    version: str = ""
    """Version of Skupper that the site runs; empty if the metadata does not say."""
    fault: Reason | None = None

    def may_have(self, connector: str) -> bool:
        """True unless the connector is known to be absent."""
        return bool(self.fault) or connector in self.connectors


def parse(written: str) -> RouterConfig:
    """Read the JSON text of ``skrouterd.json``; never raises."""
    try:
        entities = json.loads(written)
        names = (text(attributes.get("name")) for kind, attributes in entities if kind == "connector")
        return RouterConfig(frozenset(names), _version(entities))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return RouterConfig(fault="it is not a valid router configuration")


def _version(entities: list[tuple[str, dict[str, object]]]) -> str:
    """The version in the router's metadata, which is JSON in a string; metadata that cannot be read has none."""
    metadata = next(
        (text(attributes.get("metadata")) for kind, attributes in entities if kind == "router"), ""
    )
    try:
        return text(json.loads(metadata or "{}").get("version"))
    except (ValueError, AttributeError, RecursionError):
        return ""
