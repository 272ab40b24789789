"""Assembles the integration: configuration and data in, a reconciler out.

A `Session` is one invocation: it pins one bundle, reads the secrets of its clusters, and runs a `Reconciler` on the
definitions of the bundle. It prints nothing and makes no decisions.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from typing import Protocol

from reconcile.app_interface import accesses, fetching, urls
from reconcile.app_interface.config import Config
from reconcile.app_interface.errors import AppInterfaceError, NoCredentials, SecretError, WrongServer
from reconcile.app_interface.fetching import Fetched
from reconcile.app_interface.secrets import SecretReader
from reconcile.apply import dialling
from reconcile.apply.dialling import Dial
from reconcile.apply.events import Listener
from reconcile.apply.fleet import CannotOpenError
from reconcile.apply.following import Seen
from reconcile.apply.observing import Accounts
from reconcile.apply.running import Outcome, Run
from reconcile.findings import Finding
from reconcile.openshift.access import Timeouts
from reconcile.reconciler import Options, Reconciler
from reconcile.skupper import approvals
from reconcile.skupper.definitions import ApprovedChange, Cluster
from reconcile.skupper.diagnosis.checks import Result
from reconcile.skupper.limits import DEFAULT_LIMITS, Limits
from reconcile.skupper.list_requests import AdminAccount
from reconcile.skupper.orders import Order
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey

_log = logging.getLogger(__name__)


class Invocation(Protocol):
    """The command line options that a session needs."""

    @property
    def config(self) -> Path: ...

    @property
    def thread_pool_size(self) -> int: ...

    @property
    def request_timeout(self) -> float: ...

    @property
    def selection(self) -> Selection: ...

    @property
    def pin_sha(self) -> bool: ...

    @property
    def validate_schemas(self) -> bool: ...


class Session:
    """One invocation over one bundle."""

    def __init__(
        self,
        config: Config,
        fetched: Fetched,
        secrets: SecretReader,
        invocation: Invocation,
        *,
        limits: Limits = DEFAULT_LIMITS,
        stop: Flag | None = None,
        take_over: bool = False,
    ) -> None:
        """`stop`: once it is set, nothing new is started."""
        self._stop = stop or Flag()
        self._config = config
        self._fetched = fetched
        self._secrets = secrets
        self._invocation = invocation
        options = Options(
            selection=invocation.selection,
            removal_budget=limits.budget,
            removal_delay=limits.delay,
            cut=limits.cut,
            confirm_origin=limits.confirm_origin,
            take_over=take_over,
            threads=invocation.thread_pool_size,
            read_within=Timeouts(read=invocation.request_timeout).cluster,
        )
        ownership = Ownership(config.skupper.instance, urls.origin(config.graphql.server))
        self._reconciler = Reconciler(fetched.definitions, ownership, self._open, options, stop=self._stop)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings about the definitions."""
        return self._reconciler.findings

    @property
    def bundle(self) -> str:
        """The sha256 of the bundle that this session is pinned to."""
        return self._fetched.sha

    @property
    def clusters(self) -> frozenset[str]:
        """Names of all clusters of the data."""
        return frozenset(self._fetched.credentials)

    @property
    def namespaces(self) -> frozenset[str]:
        """Names of the namespaces that are in a network."""
        networks = self._fetched.definitions.networks
        return frozenset(site.namespace for network in networks for site in network.sites)

    @property
    def wanted_sites(self) -> frozenset[SiteKey]:
        """All sites that the data declares, without those marked ``delete``."""
        return self._reconciler.wanted_sites

    @property
    def networks(self) -> frozenset[str]:
        """Identifiers of all networks of the data."""
        return frozenset(network.identifier for network in self._fetched.definitions.networks)

    @property
    def sites_of(self) -> Mapping[str, frozenset[SiteKey]]:
        """Identifier of a network -> the sites that the data declares in it, without those marked ``delete``."""
        return self._reconciler.sites_of

    def approval(self, change: ApprovedChange, site: SiteKey, now: datetime) -> str:
        """Where the data approves a change of a declared site now; empty if it does not."""
        networks = self._fetched.definitions.networks
        own = (each for each in networks if site in self.sites_of.get(each.identifier, ()))
        found = (approvals.approved(each, change, site, now) for each in own)
        return next((each.place for each in found if each), "")

    def run(self, listener: Listener, *, order: Order | None = None) -> Run:
        """A run over all selected clusters, or over those that an order concerns."""
        return self._reconciler.run(listener, order=order)

    def look(self) -> Outcome:
        """Read everything once and plan, without reporting events."""
        return self._reconciler.look()

    def diagnose(self, words: Sequence[str], *, dial: Dial = dialling.from_here) -> tuple[Result, ...]:
        """Check networks, sites and links by name, or everything. Raises ``UnknownSubjectError``."""
        return self._reconciler.diagnose(words, dial=dial)

    def follow(self, seen: Seen, longest: float) -> None:
        """Call `seen` with each new state until it has had enough, or for `longest` seconds. Nothing is applied."""
        self._reconciler.follow(seen, longest)

    def log_requests(self) -> None:
        """Log at DEBUG how many requests each cluster has received."""
        for cluster, (total, writes) in self._reconciler.requests().items():
            _log.debug("%s: %s requests, %s of them writes", cluster, total, writes)

    def close(self) -> None:
        self._reconciler.close()

    def _open(self, cluster: Cluster, need: AdminAccount) -> Accounts:
        """Open the accounts of a cluster; the cluster-admin account as far as it is needed."""
        from reconcile.openshift.client import Client

        credentials = self._fetched.credentials[cluster.name]
        certificates = self._config.certificate_authority
        size = self._invocation.thread_pool_size
        timeouts = Timeouts(read=self._invocation.request_timeout)

        def client(*, as_admin: bool) -> Client:
            try:
                access = accesses.access(
                    cluster, credentials, self._secrets, admin=as_admin, ca_file=certificates
                )
            except AppInterfaceError as error:
                # Errors about a secret may name only the secret.
                named = not isinstance(error, SecretError) or isinstance(error, NoCredentials | WrongServer)
                raise CannotOpenError(str(error) if named else f"cluster {cluster.name}: {error}") from error
            return Client(access, pool_size=size, timeouts=timeouts, stop=self._stop)

        accounts = Accounts(client(as_admin=False))
        if need is AdminAccount.UNUSED or credentials.admin is None:
            return accounts
        try:
            return replace(accounts, admin=client(as_admin=True))
        except CannotOpenError as error:
            if need is AdminAccount.REQUIRED:
                raise
            _log.debug("%s; policies that are no longer declared are not found there", error)
            return accounts


@contextmanager
def open_session(
    invocation: Invocation,
    *,
    limits: Limits = DEFAULT_LIMITS,
    take_over: bool = False,
    stop: Flag | None = None,
) -> Iterator[Session]:
    """Read the configuration and the data; raises ``AppInterfaceError`` if either cannot be read."""
    from reconcile.app_interface import client, config, environment, secret_readers

    settings = config.read(invocation.config)
    if settings.exposed:
        _log.warning("%s", settings.exposed)
    environment.check(settings.graphql.server, settings.vault.server if settings.vault else None)
    with client.Client(settings.graphql.server, token=settings.graphql.token) as server:
        fetched = fetching.fetch(server, pin=invocation.pin_sha, validate=invocation.validate_schemas)
    session = Session(
        settings,
        fetched,
        secret_readers.reader(settings, vault=fetched.vault),
        invocation,
        limits=limits,
        stop=stop,
        take_over=take_over,
    )
    try:
        yield session
    finally:
        session.close()
