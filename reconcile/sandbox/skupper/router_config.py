"""The router's configuration in the ConfigMap ``skupper-internal``: a JSON list of ``[entity, attributes]``.

It is what the router should do; ``router.py`` is what it does.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.settings import Settings

_ORDER = ("router", "sslProfile", "connector", "listener", "address", "log")
_NAMES = {"address": "prefix", "log": "module", "router": ""}
"""The attribute that identifies an entity, where it is not ``name``."""

Attributes = Mapping[str, Any]
_OUTER_LISTENERS = {"interior-listener": names.ROLE_INTER_ROUTER, "edge-listener": names.ROLE_EDGE}
"""The listeners for other sites, with their roles."""


@dataclass(frozen=True, slots=True)
class Connector:
    """One outgoing connection of a router."""

    name: str
    role: str
    host: str
    port: str
    cost: int = 0
    """0: not set, the router counts 1."""

    def attributes(self) -> dict[str, Any]:
        """Return the entity; a cost that is not set is left out."""
        cost = {"cost": self.cost} if self.cost else {}
        profile = f"{self.name}-profile"
        return {
            "name": self.name,
            "role": self.role,
            "host": self.host,
            "port": self.port,
            **cost,
            "sslProfile": profile,
        }


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """All entities, by type and name."""

    entities: Mapping[str, Mapping[str, Attributes]] = field(default_factory=dict)

    @property
    def router(self) -> Attributes:
        """Return the router entity: id, mode, metadata."""
        return next(iter(self.entities.get("router", {}).values()), {})

    @property
    def metadata(self) -> dict[str, str]:
        """Return what the router says of its site: ``id``, ``version`` and ``platform``."""
        try:
            parsed = json.loads(self.router.get("metadata", ""))
        except ValueError:
            parsed = {}
        return {"id": "", "version": "", **{key: str(value) for key, value in parsed.items()}}

    @property
    def edge(self) -> bool:
        """Whether the router runs in edge mode."""
        return self.router.get("mode") == "edge"

    @property
    def connectors(self) -> dict[str, Connector]:
        """Return the outgoing connections by name."""
        return {
            name: Connector(
                name,
                given.get("role", ""),
                given.get("host", ""),
                given.get("port", ""),
                given.get("cost", 0),
            )
            for name, given in self.entities.get("connector", {}).items()
        }

    @property
    def listeners(self) -> Mapping[str, Attributes]:
        """Return the listeners by name."""
        return self.entities.get("listener", {})

    def with_connector(self, connector: Connector) -> "RouterConfig":
        """Add or replace a connector and its TLS profile."""
        attributes = connector.attributes()
        profile = attributes["sslProfile"]
        changed = self._with("connector", {**self.entities.get("connector", {}), connector.name: attributes})
        return changed._with(
            "sslProfile", {**self.entities.get("sslProfile", {}), profile: _profile(profile)}
        )

    def without_connector(self, name: str) -> "RouterConfig":
        """Remove a connector and its TLS profile."""
        changed = self
        for entity, key in (("connector", name), ("sslProfile", f"{name}-profile")):
            rest = {other: each for other, each in self.entities.get(entity, {}).items() if other != key}
            changed = changed._with(entity, rest)
        return changed

    def with_outer_listeners(self, *, present: bool) -> "RouterConfig":
        """Add or remove the listeners for other sites."""
        if present == (self.listeners.keys() >= _OUTER_LISTENERS.keys()):
            return self
        others = {name: each for name, each in self.listeners.items() if name not in _OUTER_LISTENERS}
        return self._with("listener", {**others, **(_outer_listeners() if present else {})})

    def with_logging(self, levels: Iterable[tuple[str, str]]) -> "RouterConfig":
        """Replace all logging levels."""
        return self._with("log", {module: {"module": module, "enable": level} for module, level in levels})

    def with_version(self, version: str) -> "RouterConfig":
        """Replace the version of the metadata."""
        metadata = json.dumps({**self.metadata, "version": version}, separators=(",", ":"))
        return self._with("router", {"": {**self.router, "metadata": metadata}})

    def _with(self, entity: str, named: Mapping[str, Attributes]) -> "RouterConfig":
        return replace(self, entities={**self.entities, entity: named})


def initial_config(settings: Settings, version: str) -> RouterConfig:
    """Return the configuration of a new router (``client/router_create.go``)."""
    metadata = {"id": settings.site_id, "version": version, "platform": "kubernetes"}
    router = {
        "id": f"{settings.name}-${{HOSTNAME}}",
        "mode": "edge" if settings.edge else "interior",
        "helloMaxAgeSeconds": "3",
        "metadata": json.dumps(metadata, separators=(",", ":")),
    }
    listeners = [
        {"name": "@9090", "role": "normal", "port": names.HEALTH_PORT, "http": True, "healthz": True},
        {"name": "amqp", "host": "localhost", "port": 5672},
        _listener("amqps", names.AMQPS_PORT, "skupper-amqps"),
    ]
    profiles = ["skupper-amqps", names.SERVICE_CLIENT]
    if not settings.edge:
        listeners.extend(_outer_listeners().values())
        profiles.append(names.INTERNAL)
    config = RouterConfig(
        {
            "router": {"": router},
            "sslProfile": {name: _profile(name) for name in profiles},
            "listener": {str(listener["name"]): listener for listener in listeners},
            "address": {"mc": {"prefix": "mc", "distribution": "multicast"}},
        }
    )
    return config.with_logging(settings.logging)


def parse_config(text: str) -> RouterConfig:
    """Read ``skrouterd.json``. ValueError if it is not of that form."""
    entities: dict[str, dict[str, Attributes]] = {}
    for entry in json.loads(text):
        if not (isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict)):
            raise ValueError(
                f"{names.INTERNAL}: {names.INTERNAL_KEY} contains something that is not an entity"
            )
        kind, attributes = entry
        name = str(attributes.get(_NAMES.get(kind, "name"), ""))
        entities.setdefault(kind, {})[name] = attributes
    return RouterConfig(entities)


def dump_config(config: RouterConfig) -> str:
    """Write ``skrouterd.json``: entities in a fixed order, names sorted."""
    kinds = [*_ORDER, *sorted(set(config.entities) - set(_ORDER))]
    flat = [
        [kind, dict(attributes)]
        for kind in kinds
        for _, attributes in sorted(config.entities.get(kind, {}).items())
    ]
    return json.dumps(flat, indent=4)


def _profile(name: str) -> dict[str, str]:
    folder = f"/etc/skupper-router-certs/{name}"
    files = {"caCertFile": "ca.crt", "certFile": "tls.crt", "privateKeyFile": "tls.key"}
    return {"name": name, **{key: f"{folder}/{file}" for key, file in files.items()}}


def _listener(name: str, port: int, profile: str) -> dict[str, Any]:
    tls = {"sslProfile": profile, "saslMechanisms": "EXTERNAL", "authenticatePeer": True}
    return {"name": name, "port": port, **tls}


def _outer_listeners() -> dict[str, dict[str, Any]]:
    return {
        name: {**_listener(name, names.PORTS[role], names.INTERNAL), "role": role}
        for name, role in _OUTER_LISTENERS.items()
    }
