"""One service-controller process (``cmd/service-controller``): tokens become connectors, Services lead to the router.

A token Secret of the namespace becomes a connector of the same name in ``skupper-internal``; its removal removes the
connector. Like any queue of keys, it only sees the state when it handles a key: a delete and a create under one name in
quick succession are no change.
"""

from collections.abc import Callable

from reconcile.kinds import SECRET, SERVICE, Kind
from reconcile.openshift.errors import ClusterError
from reconcile.sandbox.skupper import names, tokens, updates
from reconcile.sandbox.skupper.exposing import check_service
from reconcile.sandbox.skupper.images import environment
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.policies import Permissions
from reconcile.sandbox.skupper.policy_controller import PolicyController
from reconcile.sandbox.skupper.router_config import Connector
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings

_RESYNC = 30.0
"""Seconds after which its informers resync, which retries failures."""


class ServiceController:
    """The process that a Deployment ``skupper-service-controller`` runs."""

    def __init__(self, deployment: Json, around: Surroundings, *, obeys: bool) -> None:
        """Start the process; ``obeys``: it looks at policies."""
        self._site_id = environment(deployment).get("SKUPPER_SITE_ID", "")
        self._around = around
        present = around.cache.within(SECRET, around.namespace)
        self._queue: dict[tuple[Kind, str], None] = {
            (SECRET, secret["metadata"]["name"]): None for secret in present if tokens.is_token(secret)
        }
        services = around.cache.within(SERVICE, around.namespace)
        self._queue |= {(SERVICE, service["metadata"]["name"]): None for service in services}
        self._failed: dict[tuple[Kind, str], None] = {}
        self._tokens: set[str] = set()
        """Names of known tokens: only their removal is an event for this process."""
        self._retry: float | None = None
        """When to try again what failed."""
        self._policies = PolicyController(self._site_id, around) if obeys else None
        self._checks: dict[Kind, Callable[[str], None]] = {
            SECRET: self._check_token,
            SERVICE: lambda name: check_service(name, around, self._permissions),
        }

    @property
    def deadline(self) -> float | None:
        """When to run again even if nothing happens, in epoch seconds."""
        moments = (self._retry, self._policies.deadline if self._policies else None)
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def policy_enabled(self) -> bool:
        """Whether the process found the cluster to have policies."""
        return self._policies is not None and self._policies.permissions.enabled

    @property
    def _permissions(self) -> Permissions:
        return self._policies.permissions if self._policies else Permissions()

    def notice(self, kind: Kind, name: str) -> None:
        """Queue an object that an event is about."""
        if kind in self._checks:
            self._queue[kind, name] = None

    def run(self) -> None:
        """Work until the queue is empty."""
        if self._retry is not None and self._around.clock.now() >= self._retry:
            self._queue |= self._failed
            self._failed, self._retry = {}, None
        if self._policies:
            self._policies.run()
        while self._queue:
            kind, name = key = next(iter(self._queue))
            del self._queue[key]
            try:
                self._checks[kind](name)
            except (ClusterError, SkupperError, ValueError) as error:
                self._failed[key] = None
                self._retry = self._around.clock.now() + _RESYNC
                self._around.say(names.SERVICE_CONTROLLER, f"Error handling {kind.name} {name}: {error}")

    def _check_token(self, name: str) -> None:
        secret = self._around.cached(SECRET, name)
        if secret is not None and tokens.is_token(secret):
            self._tokens.add(name)
            if (
                self._policies
                and tokens.is_token(secret, not_by=self._site_id)
                and self._policies.disables(secret)
            ):
                self._disconnect(name)
            else:
                self._connect(name, secret)
        elif name in self._tokens:
            self._disconnect(name)
            self._tokens.discard(name)

    def _connect(self, name: str, token: Json) -> None:
        annotations = token["metadata"].get("annotations") or {}
        if annotations.get(names.GENERATED_BY) == self._site_id:
            return
        if self._around.site_settings() is None:
            raise SkupperError(f'configmaps "{names.SITE}" not found')
        self._around.say(names.SERVICE_CONTROLLER, f"Connecting using token {name}")
        updates.edit_config(
            lambda config: config.with_connector(_connector(name, annotations, edge=config.edge)),
            self._around,
        )

    def _disconnect(self, name: str) -> None:
        self._around.say(names.SERVICE_CONTROLLER, f"Disconnecting connector {name}")
        updates.edit_config(lambda config: config.without_connector(name), self._around)


def _connector(name: str, annotations: dict[str, str], *, edge: bool) -> Connector:
    cost = annotations.get(names.COST, "")
    role = names.ROLE_EDGE if edge else names.ROLE_INTER_ROUTER
    return Connector(
        name=name,
        role=role,
        host=annotations.get(f"{role}-host", ""),
        port=annotations.get(f"{role}-port", ""),
        cost=int(cost) if cost.isdigit() else 0,
    )
