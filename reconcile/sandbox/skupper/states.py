"""What the routers publish on the wire: values that are replaced whenever something about a router changes."""

from dataclasses import dataclass, field

from reconcile.sandbox.skupper.certificates import Credential
from reconcile.sandbox.skupper.router_config import Connector

SiteKey = tuple[str, str]
"""Cluster and namespace."""


@dataclass(frozen=True, slots=True)
class Address:
    """One way to a router from outside its pods."""

    host: str
    port: str
    role: str
    """What listens there: ``inter-router`` or ``edge``."""
    local: bool = False
    """Whether the host is known inside the router's own cluster only."""


@dataclass(frozen=True, slots=True)
class Dial:
    """One running connector with the certificate files that it loaded."""

    connector: Connector
    credential: Credential


@dataclass(frozen=True, slots=True)
class RouterState:
    """A running router, all its pods together."""

    cluster: str
    namespace: str
    site_id: str
    site_name: str
    version: str
    edge: bool
    pods: tuple[str, ...]
    image: str
    started: float
    """When the pods came up, in epoch seconds."""
    site_started: float
    """When the site was declared, in epoch seconds."""
    dials: tuple[Dial, ...] = ()
    addresses: tuple[Address, ...] = ()
    listeners: frozenset[str] = frozenset()
    """Roles for which it listens."""
    server: Credential = field(default_factory=Credential)
    policy: bool = False
    """Whether the site found policies to be enabled."""

    @property
    def key(self) -> SiteKey:
        """Where it is."""
        return self.cluster, self.namespace

    @property
    def routers(self) -> tuple[str, ...]:
        """The router ids."""
        return tuple(f"{self.site_name}-{pod}" for pod in self.pods)


@dataclass(frozen=True, slots=True)
class Link:
    """One established connection between two sites."""

    dialler: SiteKey
    connector: str
    issuer: SiteKey
    role: str
    cost: int
    dialler_routers: tuple[str, ...] = ()
    issuer_routers: tuple[str, ...] = ()
    since: float = 0.0
    """When it came up, in epoch seconds."""
