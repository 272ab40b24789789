"""One simulated cluster: its objects, its controllers, its port."""

import asyncio
import datetime
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TypeVar, cast

from aiohttp import web

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.openshift.access import Access, Retries
from reconcile.openshift.client import USER_AGENT, Client
from reconcile.sandbox.kubernetes import catalogue, https
from reconcile.sandbox.kubernetes.accounts import EVERYTHING, Account, Accounts
from reconcile.sandbox.kubernetes.api import Api
from reconcile.sandbox.kubernetes.catalogue import Catalogue, Resource
from reconcile.sandbox.kubernetes.controllers import Behaviour, Controllers
from reconcile.sandbox.kubernetes.defaults import Allocator
from reconcile.sandbox.kubernetes.deletion import DeleteOptions
from reconcile.sandbox.kubernetes.errors import Object
from reconcile.sandbox.kubernetes.garbage import GarbageCollector
from reconcile.sandbox.kubernetes.local import LocalTransport
from reconcile.sandbox.kubernetes.requests import RequestCounts
from reconcile.sandbox.kubernetes.store import Store
from reconcile.sandbox.kubernetes.writes import Options, Target, Writer
from reconcile.sandbox.loop import BackgroundLoop, end_listening

T = TypeVar("T")
_HOST = "127.0.0.1"
_GOODBYE = 0.1
"""Seconds that a closing TLS connection waits for the client to close it too."""
_LOADER = Options(manager="sandbox")
_BOOTSTRAP = Options(manager="kube-apiserver")


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """The properties of a simulated cluster."""

    name: str
    namespaces: tuple[str, ...] = ()
    """Namespaces that exist from the start, besides those that every API server makes for itself."""
    accounts: tuple[Account, ...] = ()
    """Accounts besides the cluster administrator, who always exists."""
    openshift: bool = True
    """Serves Routes."""
    skupper_policy: bool = True
    """Serves SkupperClusterPolicy."""
    extra_kinds: tuple[Kind, ...] = ()
    """Served as custom resources."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    history: int = 1000
    """Events per kind that a watch can still ask for; older ones are 410."""
    bookmark_interval: float = 60.0
    """Seconds between the bookmarks of a watch."""
    garbage_delay: float = 0.02
    """Seconds between the end of an owner and that of its dependents."""
    now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC)


class SimulatedCluster:
    """A cluster that runs inside an :class:`~reconcile.sandbox.kubernetes.servers.ApiServers`."""

    def __init__(self, spec: ClusterSpec, loop: BackgroundLoop, context: ssl.SSLContext | None) -> None:
        self.spec = spec
        self.name = spec.name
        self.token = f"{spec.name}-admin-token"
        self._loop = loop
        self._context = context
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._catalogue = Catalogue(_resources(spec))
        self._store = Store(spec.history)
        administrator = Account("system:admin", self.token, (EVERYTHING,))
        self._accounts = Accounts((administrator, *spec.accounts), self._store, spec.now)
        apps_domain = f"apps.{spec.name}.example"
        self._writer = Writer(
            self._store, Allocator(apps_domain), lambda: spec.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        self._controllers = Controllers(
            self._writer, spec.behaviour, apps_domain, self._catalogue.of_kind(kinds.POD)
        )
        self._garbage = GarbageCollector(self._writer, self._catalogue, spec.garbage_delay)
        self._api = Api(
            spec.name, self._catalogue, self._writer, self._accounts, bookmark_interval=spec.bookmark_interval
        )
        self.faults = self._api.faults

    # -- from any thread -------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where its API server listens, or will listen again: ``https://127.0.0.1:<port>``; plain without TLS."""
        return f"{'https' if self._context else 'http'}://{_HOST}:{self._port}"

    @property
    def revision(self) -> int:
        """The resourceVersion of the last change; it stays the same as long as nothing is written."""
        return self._store.revision

    def objects(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> list[Object]:
        """Objects of a kind as they are now, without a request. They must not be changed."""
        wanted = (labels or {}).items()
        return [
            record.object
            for record in self._store.records(kind, namespace)
            if wanted <= (record.object["metadata"].get("labels") or {}).items()
        ]

    def find(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """One object as it is now, without a request; None if it does not exist."""
        record = self._store.get(kind, namespace, name)
        return record.object if record else None

    @property
    def open_watches(self) -> int:
        """Watches that clients hold open."""
        return self._api.open_watches

    def load(self, *objects: Object) -> list[Object]:
        """Create objects without a request, as field manager ``sandbox``; also before the servers have started.

        Raises:
            ApiError: As an HTTP client would be answered.
        """
        return self._on_loop(lambda: [self._create(obj) for obj in objects])

    def remove(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Delete an object without a request.

        Raises:
            ApiError: 404.
        """
        target = Target(self._catalogue.of_kind(kind), namespace, name)
        self._on_loop(lambda: self._writer.delete(target, DeleteOptions()))

    def admit(self, account: Account) -> str:
        """Add an account; returns its token."""
        self._accounts.add(account)
        return account.token

    def client(self, *, field_manager: str, token: str = "", retries: Retries = Retries()) -> Client:
        """A client of the administrator, or of whose token it is, whose requests stay in this process.

        It must be closed.
        """
        access = Access(self.name, self.url, token or self.token)
        transport = LocalTransport(
            self._api, self._loop, access.token, USER_AGENT, lambda: self._listener is not None, self._date
        )
        return Client(access, field_manager=field_manager, transport=transport, retries=retries)

    def counts(self) -> RequestCounts:
        """The requests so far."""
        return self._api.counter.snapshot()

    def behave(self, behaviour: Behaviour) -> None:
        """Change how controllers behave, also towards what exists: a pending address can arrive."""
        self._on_loop(lambda: self._controllers.behave(behaviour))

    def forget_history(self) -> None:
        """Drop the event history, as etcd does on compaction: watches from before are answered with 410."""
        self._on_loop(self._store.forget)

    def end_watches(self) -> None:
        """End all open watches, as a server does when it restarts."""
        self._on_loop(self._api.end_watches)

    def stop(self) -> None:
        """Close the port and all connections; the objects stay."""
        self._loop.run(self.close())

    def start(self) -> None:
        """Listen again on the same port."""
        self._loop.run(self.open())

    # -- on the event loop -----------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Listen."""
        self._bootstrap()
        self._runner = web.AppRunner(
            https.application(self._api, self._date),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=0,
        )
        await self._runner.setup()
        protocol = cast("web.Server", self._runner.server)  # there is one after the set-up
        # Not a web.TCPSite, which lets TLS wait half a minute for clients to say goodbye.
        self._listener = await asyncio.get_running_loop().create_server(
            protocol,
            _HOST,
            self._port,
            ssl=self._context,
            ssl_shutdown_timeout=_GOODBYE if self._context else None,
        )
        self._port = self._listener.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut all connections."""
        runner, listener = self._runner, self._listener
        self._runner, self._listener = None, None
        if runner is None or runner.server is None or listener is None:
            return
        await end_listening(listener)
        while connections := runner.server.connections:
            for connection in connections:
                if connection.transport is not None:  # otherwise it is saying goodbye already
                    connection.transport.abort()
            await asyncio.sleep(_GOODBYE / 10)
        await runner.cleanup()
        self._api.end_watches()

    def _date(self) -> str:
        """The header of all answers."""
        return format_datetime(self.spec.now(), usegmt=True)

    def _bootstrap(self) -> None:
        """Create what exists from the start and is missing."""
        initial = [(obj, _BOOTSTRAP) for obj in _initial_objects(self.spec.now())]
        for obj, options in initial + [(_namespace(name), _LOADER) for name in self.spec.namespaces]:
            resource, metadata = self._resource(obj), obj["metadata"]
            if not self._store.get(resource.kind, metadata.get("namespace", ""), metadata["name"]):
                self._create(obj, options)

    def _resource(self, obj: Object) -> Resource:
        resource = self._catalogue.of_object(obj["apiVersion"], obj["kind"])
        if resource is None:
            raise ValueError(
                f"cluster {self.name} serves no {obj['kind']} of {obj['apiVersion']}: add it to extra_kinds"
            )
        return resource

    def _create(self, obj: Object, options: Options = _LOADER) -> Object:
        resource = self._resource(obj)
        namespace = obj["metadata"].get("namespace", "") if resource.kind.namespaced else ""
        return self._writer.create(Target(resource, namespace), obj, options).record.object

    def _on_loop(self, action: Callable[[], T]) -> T:
        """Do something on the event loop and wait for it."""

        async def act() -> T:
            return action()

        return self._loop.run(act())


def _resources(spec: ClusterSpec) -> Iterable[Resource]:
    yield from catalogue.KUBERNETES
    if spec.openshift:
        yield from catalogue.OPENSHIFT
    if spec.skupper_policy:
        yield catalogue.SKUPPER_POLICY
    yield from map(catalogue.custom_resource, spec.extra_kinds)


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _initial_objects(now: datetime.datetime) -> Iterator[Object]:
    """What every kube-apiserver creates for itself: a LIST of a whole cluster contains it."""
    yield from map(_namespace, ("kube-system", "kube-public", "default", "kube-node-lease"))
    name = "kube-apiserver-legacy-service-account-token-tracking"
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "kube-system"},
        "data": {"since": now.date().isoformat()},
    }
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"provider": "kubernetes"}},
        "spec": {"clusterIP": "172.30.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
    }
