"""How a site is created: ``RouterCreate`` of ``client/router_create.go``, in its order.

What exists is left as it is. A failure ends the creation, and since an existing router is taken for an existing
site, nothing continues it later.
"""

import base64
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SECRET, SERVICE, Kind
from reconcile.sandbox.skupper import blueprints, certificates, names
from reconcile.sandbox.skupper.certificates import Authority
from reconcile.sandbox.skupper.hosts import resolve
from reconcile.sandbox.skupper.images import Images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.rights import Rights
from reconcile.sandbox.skupper.router_config import dump_config, initial_config
from reconcile.sandbox.skupper.settings import INTERIOR, Settings
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings
from reconcile.sandbox.skupper.timing import Duration

_CUSTOM_HOST = ROUTE._replace(plural="routes/custom-host")
"""OpenShift requires this right to choose the host of a Route."""
PATIENCE = 120.0
"""Seconds for the whole creation, including the wait for a load balancer."""


@dataclass(frozen=True, slots=True)
class Creation:
    """The creation of one site."""

    settings: Settings
    images: Images
    rights: Rights
    around: Surroundings

    def run(self) -> Iterator[float]:
        """Create the site. Yields, whenever it has to wait, the moment until which it does at most.

        Raises SkupperError or ClusterError; what was created until then stays.
        """
        settings, started = self.settings, self.around.clock.now()
        deadline = started + PATIENCE
        if settings.ingress == "route" and not self.around.openshift:
            raise SkupperError("OpenShift cluster not detected for --ingress type route")
        self._create_router_needs()
        router = self._ensure(DEPLOYMENT, blueprints.router_deployment(settings, self.images))
        self._ensure(CONFIG_MAP, blueprints.sasl_config(settings))
        self._ensure(CONFIG_MAP, blueprints.config_map(names.SERVICES, settings))
        config = dump_config(initial_config(settings, self.images.version))
        self._ensure(
            CONFIG_MAP, blueprints.config_map(names.INTERNAL, settings, {names.INTERNAL_KEY: config})
        )
        if settings.mode == INTERIOR:
            hosts = yield from self._wait_for_hosts(deadline)
            self._create_server_certificate(hosts)
        yield from self.around.wait(self.around.after(started, Duration.CREATION))
        if settings.service_controller:
            self._ensure_all(blueprints.controller_rights(settings, openshift=self.around.openshift))
            self._ensure(DEPLOYMENT, blueprints.controller_deployment(settings, self.images, router))

    def _create_router_needs(self) -> None:
        settings = self.settings
        self._ensure_all(blueprints.router_rights(settings, openshift=self.around.openshift))
        self._create_certificates()
        self._ensure(SERVICE, blueprints.local_service(settings))
        if settings.edge:
            return
        self._ensure(SERVICE, blueprints.router_service(settings))
        if settings.ingress == "route":
            self._ensure_all((ROUTE, route) for route in blueprints.router_routes(settings))

    def _create_certificates(self) -> None:
        local = self._authority(names.LOCAL_CA)
        if not self.settings.edge:
            self._authority(names.SITE_CA)
        service = self._authority(names.SERVICE_CA)
        local_name = f"{names.ROUTER_LOCAL}.{self.settings.namespace}.svc.cluster.local"
        self._leaf(names.LOCAL_SERVER, names.ROUTER_LOCAL, local, (names.ROUTER_LOCAL, local_name))
        connect = blueprints.connect_json(self.settings).encode()
        more = {"connect.json": base64.b64encode(connect).decode("ascii")}
        self._leaf(names.LOCAL_CLIENT, names.ROUTER_LOCAL, local, more=more)
        self._leaf(names.SERVICE_CLIENT, names.SERVICE_CLIENT, service)

    def _wait_for_hosts(self, deadline: float) -> Generator[float, None, tuple[str, ...]]:
        """Return the hosts of the roles, each once; yields while a load balancer is pending.

        The one host of a load balancer is there twice.
        """
        while True:
            found = [resolve(self.settings, role, self.around.read)[0] for role in names.PORTS]
            if self.settings.ingress != "loadbalancer" or all(found):
                hosts = tuple(dict.fromkeys(host for host in found if host))
                return hosts * 2 if self.settings.ingress == "loadbalancer" else hosts
            if self.around.clock.now() >= deadline:
                raise SkupperError(f"Failed to get LoadBalancer IP or Hostname for service {names.ROUTER}")
            self.around.say(names.SITE_CONTROLLER, "Waiting for LoadBalancer IP or hostname...")
            yield deadline

    def _create_server_certificate(self, hosts: tuple[str, ...]) -> None:
        inside = f"{names.ROUTER}.{self.settings.namespace}"
        inner = (inside, f"{inside}.svc.cluster.local")
        every = (*inner, *(host for host in hosts if host not in inner))
        self._leaf(names.SITE_SERVER, names.ROUTER, self._authority(names.SITE_CA), every)

    def _ensure_all(self, objects: Iterable[tuple[Kind, Json]]) -> None:
        for kind, body in objects:
            self._ensure(kind, body)

    def _ensure(self, kind: Kind, body: Json) -> Json:
        self.rights.require("create", kind, body)
        if kind == ROUTE and body["spec"].get("host"):
            self.rights.require("create", _CUSTOM_HOST)
        return self.around.ensure(kind, body)

    def _authority(self, name: str) -> Authority:
        found = self.around.read(SECRET, name)
        if found is None:
            data = certificates.new_authority(name, at=self.around.clock.now())
            found = self._ensure(SECRET, blueprints.secret(name, self.settings, data))
        return certificates.read_authority(name, found.get("data") or {})

    def _leaf(
        self,
        name: str,
        subject: str,
        authority: Authority,
        hosts: tuple[str, ...] = (),
        *,
        more: Mapping[str, str] | None = None,
    ) -> None:
        data = certificates.new_leaf(subject, hosts, authority=authority, at=self.around.clock.now())
        self._ensure(SECRET, blueprints.secret(name, self.settings, {**data, **(more or {})}))
