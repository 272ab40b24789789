"""How a site comes into being: ``RouterCreate`` of ``client/router_create.go``, in its order.

It never looks back. What exists is left as it is; a failure ends it where it stands, and since everybody takes the
existing router for an existing site, nobody goes on later.
"""

import base64
import json
import secrets
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SECRET, SERVICE, Kind
from reconcile.sandbox.skupper import certificates, names
from reconcile.sandbox.skupper.blueprints import contents, deployments, endpoints, monitoring, rbac
from reconcile.sandbox.skupper.certificates import Authority
from reconcile.sandbox.skupper.hosts import resolve
from reconcile.sandbox.skupper.images import Images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.rights import Rights
from reconcile.sandbox.skupper.router_config import dump_config, initial_config
from reconcile.sandbox.skupper.settings import INTERIOR, Settings
from reconcile.sandbox.skupper.surroundings import Surroundings

_CUSTOM_HOST = replace(ROUTE, plural="routes/custom-host")
"""OpenShift wants this right of whoever chooses the host of a Route."""
PATIENCE = 120.0
"""Seconds for the whole creation, waiting for a load balancer included."""


class CreationError(Exception):
    """The site stays half made."""


@dataclass(frozen=True, slots=True)
class Creation:
    """The making of one site."""

    settings: Settings
    images: Images
    rights: Rights
    around: Surroundings

    def run(self) -> Iterator[float]:
        """Make the site. Yields the moment it gives up whenever it has to wait for a load balancer.

        Raises CreationError, UnresolvableError, MissingRightError or ClusterError; what was made until then stays.
        """
        settings = self.settings
        deadline = self.around.clock.now() + PATIENCE
        if settings.ingress == "route" and not self.around.openshift:
            raise CreationError("OpenShift cluster not detected for --ingress type route")
        self._make_router_needs()
        router = self._ensure(DEPLOYMENT, deployments.router_deployment(settings, self.images))
        self._ensure(CONFIG_MAP, contents.config_map(names.SERVICES, settings))
        config = dump_config(initial_config(settings, self.images.version))
        self._ensure(CONFIG_MAP, contents.config_map(names.INTERNAL, settings, {names.INTERNAL_KEY: config}))
        if settings.mode == INTERIOR:
            self._make_ingress()
            hosts = yield from self._wait_for_hosts(deadline)
            self._make_server_certificate(hosts)
        if settings.service_controller:
            self._make_controller(router)

    def _make_router_needs(self) -> None:
        settings, ensure = self.settings, self._ensure
        if settings.console.served and settings.console.authentication == "internal":
            sasl = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: /tmp/skrouterd.sasldb\n"
            ensure(CONFIG_MAP, contents.config_map(names.SASL_CONFIG, settings, {"skrouterd.conf": sasl}))
        for kind, body in rbac.router_rights(settings, openshift=self.around.openshift):
            ensure(kind, body)
        self._make_certificates()
        ensure(SERVICE, endpoints.local_service(settings))
        if settings.edge:
            return
        ensure(SERVICE, endpoints.router_service(settings))
        if settings.ingress == "route":
            for route in endpoints.router_routes(settings):
                ensure(ROUTE, route)

    def _make_certificates(self) -> None:
        local = self._authority(names.LOCAL_CA)
        if not self.settings.edge:
            self._authority(names.SITE_CA)
        service = self._authority(names.SERVICE_CA)
        local_name = f"{names.ROUTER_LOCAL}.{self.settings.namespace}.svc.cluster.local"
        self._leaf(names.LOCAL_SERVER, names.ROUTER_LOCAL, local, hosts=(names.ROUTER_LOCAL, local_name))
        self._leaf(names.LOCAL_CLIENT, names.ROUTER_LOCAL, local, connect=True)
        self._leaf(names.SERVICE_CLIENT, "", service, tls=False)

    def _make_ingress(self) -> None:
        if self.settings.ingress in endpoints.INGRESS_TYPES:
            self._ensure(names.INGRESS, endpoints.ingress(self.settings))
        elif self.settings.ingress == endpoints.CONTOUR:
            for proxy in endpoints.http_proxies(self.settings):
                self._ensure(names.HTTP_PROXY, proxy)

    def _wait_for_hosts(self, deadline: float) -> Generator[float, None, tuple[str, ...]]:
        """Return the hosts of all roles, each once; yields while a load balancer is pending."""
        while True:
            found = [resolve(self.settings, role, self.around.read).host for role in names.PORTS]
            if self.settings.ingress != "loadbalancer" or all(found):
                return tuple(dict.fromkeys(host for host in found if host))
            if self.around.clock.now() >= deadline:
                raise CreationError(f"Failed to get LoadBalancer IP or Hostname for service {names.ROUTER}")
            self.around.say(names.SITE_CONTROLLER, "Waiting for LoadBalancer IP or hostname...")
            yield deadline

    def _make_server_certificate(self, hosts: tuple[str, ...]) -> None:
        inside = f"{names.ROUTER}.{self.settings.namespace}"
        short = [host for host in hosts if len(host) < 64 and not host.startswith(f"{names.ROUTER}.")]
        subject = short[-1] if short else names.ROUTER
        every = tuple(dict.fromkeys((inside, f"{inside}.svc.cluster.local", *hosts)))
        self._leaf(names.SITE_SERVER, subject, self._authority(names.SITE_CA), hosts=every)

    def _make_controller(self, router: Json) -> None:
        settings, ensure = self.settings, self._ensure
        for kind, body in rbac.controller_rights(settings, openshift=self.around.openshift):
            ensure(kind, body)
        if settings.events:
            for kind, body in rbac.event_rights(settings):
                ensure(kind, body)
        if settings.console.served:
            self._make_console()
        ensure(DEPLOYMENT, deployments.controller_deployment(settings, self.images, router))
        if settings.console.prometheus:
            for kind, body in monitoring.prometheus(settings, self.images):
                ensure(kind, body)

    def _make_console(self) -> None:
        settings, console = self.settings, self.settings.console
        self._ensure(SERVICE, endpoints.console_service(settings))
        if console.ingress == "route" and self.around.openshift:
            self._ensure(ROUTE, endpoints.console_route(settings))
        host = f"{names.CONSOLE}.{settings.namespace}"
        self._leaf(names.CONSOLE_CERTS, names.CONSOLE, self._authority(names.LOCAL_CA), hosts=(host,))
        if console.authentication == "internal":
            users = {console.user or "admin": console.password or secrets.token_hex(5)}
            self._ensure(SECRET, contents.text_secret(names.CONSOLE_USERS, settings, users))
        elif console.authentication == "openshift":
            session = {"session_secret": secrets.token_hex(16)}
            self._ensure(SECRET, contents.text_secret(names.CONSOLE_SESSION, settings, session))

    def _ensure(self, kind: Kind, body: Json) -> Json:
        self.rights.require("create", kind, body)
        if kind == ROUTE and body["spec"].get("host"):
            self.rights.require("create", _CUSTOM_HOST)
        return self.around.ensure(kind, body)

    def _authority(self, name: str) -> Authority:
        made = self.around.read(SECRET, name)
        if made is None:
            data = certificates.new_authority(name, at=self.around.clock.now())
            made = self._ensure(SECRET, contents.secret(name, self.settings, data))
        try:
            return certificates.read_authority(made.get("data") or {})
        except (ValueError, TypeError) as error:
            raise CreationError(f"Secret {name} is no usable CA: {error}") from None

    def _leaf(
        self,
        name: str,
        subject: str,
        authority: Authority,
        *,
        hosts: tuple[str, ...] = (),
        tls: bool = True,
        connect: bool = False,
    ) -> None:
        data = certificates.new_leaf(subject, hosts, authority=authority, at=self.around.clock.now(), tls=tls)
        body = contents.secret(name, self.settings, data)
        if connect:
            body["data"]["connect.json"] = base64.b64encode(_connect_json().encode()).decode("ascii")
        self._ensure(SECRET, body)


def _connect_json() -> str:
    return json.dumps(
        {
            "scheme": "amqps",
            "host": names.ROUTER_LOCAL,
            "port": str(names.AMQPS_PORT),
            "tls": {
                "ca": "/etc/messaging/ca.crt",
                "cert": "/etc/messaging/tls.crt",
                "key": "/etc/messaging/tls.key",
            },
        }
    )
