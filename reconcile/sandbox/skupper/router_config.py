"""The router's configuration as kept in the ConfigMap ``skupper-internal``: a JSON list of ``[entity, attributes]``.

It is what the router shall do; what it does is the business of ``router.py``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.settings import Settings

_CERTIFICATES = "/etc/skupper-router-certs"
_ORDER = ("router", "sslProfile", "connector", "listener", "address", "log")

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Connector:
    """One outgoing connection that a router shall keep up."""

    name: str
    role: str
    host: str
    port: str
    cost: int = 0
    """0: not set, the router counts 1."""
    max_frame_size: int = 0
    max_session_frames: int = 0

    @property
    def profile(self) -> str:
        """Name of the TLS profile with its certificate."""
        return f"{self.name}-profile"

    def attributes(self) -> dict[str, Any]:
        """Return it as the router reads it; what is not set is left out."""
        given = {
            "name": self.name,
            "role": self.role,
            "host": self.host,
            "port": self.port,
            "cost": self.cost,
            "sslProfile": self.profile,
            "maxFrameSize": self.max_frame_size,
            "maxSessionFrames": self.max_session_frames,
        }
        return {key: value for key, value in given.items() if value or key in {"host", "port"}}


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
        """Return site id and version, as ``id`` and ``version``."""
        try:
            parsed = json.loads(self.router.get("metadata", ""))
        except ValueError:
            return {"id": "", "version": ""}
        return {"id": str(parsed.get("id", "")), "version": str(parsed.get("version", ""))}

    @property
    def edge(self) -> bool:
        """Whether the router runs in edge mode."""
        return self.router.get("mode") == "edge"

    @property
    def connectors(self) -> dict[str, Connector]:
        """Return the outgoing connections by name."""
        return {
            name: Connector(
                name=name,
                role=given.get("role", ""),
                host=given.get("host", ""),
                port=given.get("port", ""),
                cost=given.get("cost", 0),
                max_frame_size=given.get("maxFrameSize", 0),
                max_session_frames=given.get("maxSessionFrames", 0),
            )
            for name, given in self.entities.get("connector", {}).items()
        }

    @property
    def listeners(self) -> Mapping[str, Attributes]:
        """Return the listeners by name."""
        return self.entities.get("listener", {})

    def with_connector(self, connector: Connector) -> "RouterConfig":
        """Add a connector and its TLS profile, or change those of that name."""
        profile = _profile(connector.profile, client=True)
        changed = self._with(
            "connector", {**self.entities.get("connector", {}), connector.name: connector.attributes()}
        )
        return changed._with(
            "sslProfile", {**self.entities.get("sslProfile", {}), connector.profile: profile}
        )

    def without_connector(self, name: str) -> "RouterConfig":
        """Drop a connector and its TLS profile."""
        profile = f"{name}-profile"
        rest = {key: value for key, value in self.entities.get("connector", {}).items() if key != name}
        profiles = {
            key: value for key, value in self.entities.get("sslProfile", {}).items() if key != profile
        }
        return self._with("connector", rest)._with("sslProfile", profiles)

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
    """Return what a new router starts with (``client/router_create.go``)."""
    metadata = json.dumps({"id": settings.site_id, "version": version}, separators=(",", ":"))
    router = {
        "id": f"{settings.name}-${{HOSTNAME}}",
        "mode": "edge" if settings.edge else "interior",
        "helloMaxAgeSeconds": "3",
        "dataConnectionCount": settings.data_connections,
        "metadata": metadata,
    }
    config = RouterConfig(
        {
            "router": {"": {key: value for key, value in router.items() if value}},
            "sslProfile": {
                "skupper-amqps": _profile("skupper-amqps", client=True),
                names.SERVICE_CLIENT: _profile(names.SERVICE_CLIENT, client=False),
            },
            "listener": _local_listeners(),
            "address": {"mc": {"prefix": "mc", "distribution": "multicast"}},
        }
    ).with_logging(settings.logging)
    return config if settings.edge else _accepting(config, settings)


def parse_config(text: str) -> RouterConfig:
    """Read ``skrouterd.json``. ValueError if it is not of that form."""
    entities: dict[str, dict[str, Attributes]] = {}
    for entry in json.loads(text):
        if not (isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict)):
            raise ValueError(f"{names.INTERNAL}: {names.INTERNAL_KEY} holds something that is no entity")
        kind, attributes = entry
        entities.setdefault(kind, {})[_name_of(kind, attributes)] = attributes
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


def _name_of(kind: str, attributes: Attributes) -> str:
    key = {"address": "prefix", "log": "module", "router": ""}.get(kind, "name")
    return str(attributes.get(key, ""))


def _profile(name: str, *, client: bool) -> dict[str, str]:
    folder = f"{_CERTIFICATES}/{name}"
    profile = {"name": name, "caCertFile": f"{folder}/ca.crt"}
    pair = {"certFile": f"{folder}/tls.crt", "privateKeyFile": f"{folder}/tls.key"}
    return {**profile, **pair} if client else profile


def _local_listeners() -> dict[str, Attributes]:
    return {
        "@9090": {
            "name": "@9090",
            "role": "normal",
            "port": names.HEALTH_PORT,
            "http": True,
            "httpRootDir": "disabled",
            "healthz": True,
            "metrics": True,
        },
        "amqp": {"name": "amqp", "host": "localhost", "port": 5672},
        "amqps": {
            "name": "amqps",
            "port": names.AMQPS_PORT,
            "sslProfile": "skupper-amqps",
            "saslMechanisms": "EXTERNAL",
            "authenticatePeer": True,
        },
    }


def _accepting(config: RouterConfig, settings: Settings) -> RouterConfig:
    profile = _profile(names.INTER_ROUTER_PROFILE, client=True)
    listeners = {
        "interior-listener": _listener("interior-listener", names.ROLE_INTER_ROUTER, settings),
        "edge-listener": _listener("edge-listener", names.ROLE_EDGE, settings),
    }
    return replace(
        config,
        entities={
            **config.entities,
            "sslProfile": {**config.entities["sslProfile"], names.INTER_ROUTER_PROFILE: profile},
            "listener": {**config.entities["listener"], **listeners},
        },
    )


def _listener(name: str, role: str, settings: Settings) -> dict[str, Any]:
    mutual = {"saslMechanisms": "EXTERNAL", "authenticatePeer": True}
    return {
        "name": name,
        "role": role,
        "port": names.PORTS[role],
        "sslProfile": names.INTER_ROUTER_PROFILE,
        **({} if settings.disable_mutual_tls else mutual),
        "maxFrameSize": settings.max_frame_size,
        "maxSessionFrames": settings.max_session_frames,
    }
