"""One site's router pods, and config-sync beside them (``cmd/config-sync/config_sync.go``).

The router holds its state in memory: listeners and server certificate as they were when the pods started, connectors
as config-sync handed them over. Config-sync tells connectors apart by name only, and writes a certificate file only
if there is none: a changed host, cost or certificate under a known name waits for the next start of the pods.
"""

import hashlib
import json

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift.errors import ClusterError
from reconcile.sandbox.skupper import certificates, names
from reconcile.sandbox.skupper.certificates import Credential
from reconcile.sandbox.skupper.clock import to_seconds
from reconcile.sandbox.skupper.hosts import addresses_of
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.router_config import Connector, RouterConfig, parse_config
from reconcile.sandbox.skupper.states import Dial, RouterState
from reconcile.sandbox.skupper.surroundings import Surroundings

_ROLE_OF_LISTENER = {"interior-listener": names.ROLE_INTER_ROUTER, "edge-listener": names.ROLE_EDGE}
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes random names of."""


class Router:
    """The pods of one Deployment ``skupper-router``, from start to end."""

    def __init__(self, deployment: Json, around: Surroundings) -> None:
        self._deployment = deployment
        self._around = around
        self._config: RouterConfig | None = None
        """What the pods read when they started; None while they wait for their volumes."""
        self._server = Credential()
        self._connectors: dict[str, Connector] = {}
        self._files: dict[str, Credential] = {}
        self._started = 0.0

    def sync(self, *, policy: bool = False) -> RouterState | None:
        """Bring the running router closer to its configuration; return its state, None while it cannot start.

        ``policy``: what the site reports about policies.
        """
        if self._config is None:
            self._start(self._mounted())
        desired = self._desired(self._around.cached(CONFIG_MAP, names.INTERNAL))
        if self._config is None:
            return None
        if desired:
            self._sync_connectors(desired)
        return self._state(self._config, policy=policy)

    def _mounted(self) -> RouterConfig | None:
        """Read the configuration that new pods find, as the watches may be behind."""
        try:
            return self._desired(self._around.read(CONFIG_MAP, names.INTERNAL))
        except ClusterError:
            return None

    def _desired(self, internal: Json | None) -> RouterConfig | None:
        try:
            return parse_config((internal or {})["data"][names.INTERNAL_KEY])
        except (KeyError, TypeError, ValueError):
            return None

    def _start(self, desired: RouterConfig | None) -> None:
        """Start if everything that the pods mount is there; else they stay in ContainerCreating."""
        volumes = self._deployment["spec"]["template"]["spec"].get("volumes") or ()
        wanted = [volume["secret"]["secretName"] for volume in volumes if "secret" in volume]
        mounted = {name: self._around.cached(SECRET, name) for name in wanted}
        if desired is None or not all(mounted.values()):
            return
        server = mounted.get(names.SITE_SERVER)
        self._server = certificates.read_credential(server.get("data") if server else None)
        self._config = desired
        self._started = self._around.clock.now()
        self._around.say(names.ROUTER, f"Router {self._router_name(desired)} started")

    def _sync_connectors(self, desired: RouterConfig) -> None:
        wanted = desired.connectors
        for name in [name for name in self._connectors if name not in wanted]:
            del self._connectors[name]
            self._files.pop(name, None)
        for name, connector in wanted.items():
            if name not in self._files:
                self._copy_files(name)
            if name in self._files:
                self._connectors.setdefault(name, connector)

    def _copy_files(self, name: str) -> None:
        token = self._around.cached(SECRET, name)
        if token is not None:
            self._files[name] = certificates.read_credential(token.get("data"))

    def _state(self, config: RouterConfig, *, policy: bool) -> RouterState:
        site = self._around.cached(CONFIG_MAP, names.SITE)
        router = self._deployment["spec"]["template"]
        dials = [Dial(connector, self._files[name]) for name, connector in sorted(self._connectors.items())]
        return RouterState(
            cluster=self._around.cluster,
            namespace=self._around.namespace,
            site_id=config.metadata["id"],
            site_name=self._router_name(config),
            version=config.metadata["version"],
            edge=config.edge,
            pods=self._pods(),
            image=router["spec"]["containers"][0].get("image", ""),
            started=self._started,
            site_started=to_seconds(site["metadata"].get("creationTimestamp")) if site else self._started,
            dials=tuple(dials),
            addresses=addresses_of(router["metadata"].get("labels") or {}, self._around),
            listeners=frozenset(role for name, role in _ROLE_OF_LISTENER.items() if name in config.listeners),
            server=self._server,
            policy=policy,
        )

    def _router_name(self, config: RouterConfig) -> str:
        return str(config.router.get("id", "")).removesuffix("-${HOSTNAME}")

    def _pods(self) -> tuple[str, ...]:
        """Return the pods' names: the same for the same Deployment, template and start."""
        metadata = self._deployment["metadata"]
        template = _digest(json.dumps(self._deployment["spec"]["template"], sort_keys=True), 10)
        seed = f"{metadata.get('uid')}/{template}/{self._started}"
        count = self._deployment["spec"].get("replicas") or 1
        return tuple(f"{names.ROUTER}-{template}-{_digest(f'{seed}/{index}', 5)}" for index in range(count))


def _digest(text: str, length: int) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:length])
