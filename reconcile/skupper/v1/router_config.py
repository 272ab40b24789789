"""What a site's router is told to do: the ConfigMap ``skupper-internal``, of which only the connectors count here.

Its one key holds a JSON array of ``[entity, attributes]``. It is written by the service-controller; one that cannot
be read says nothing about any link.

Source: ``pkg/qdr/qdr.go``.
"""

import json
from dataclasses import dataclass

from reconcile.skupper.live import text


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """A router's configuration that was read; `fault` is set where it could not be."""

    connectors: frozenset[str] = frozenset()
    """Their names, which are those of the tokens that they were made from."""
    fault: str = ""


def parse(written: str) -> RouterConfig:
    """Read the JSON text of ``skrouterd.json``; never raises."""
    try:
        entities = json.loads(written)
        names = (text(attributes.get("name")) for kind, attributes in entities if kind == "connector")
        return RouterConfig(frozenset(names))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return RouterConfig(fault="it is not a valid router configuration")
