"""The pods of one namespace: each runs while its Deployment exists and has replicas.

A Deployment that is recreated, or whose pod template changes, restarts the process.
"""

import hashlib
import json
from collections.abc import Iterable

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, Kind
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.images import environment
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.reporting import Reporter
from reconcile.sandbox.skupper.router import Router
from reconcile.sandbox.skupper.service_controller import ServiceController
from reconcile.sandbox.skupper.site_controller import SiteController
from reconcile.sandbox.skupper.states import RouterState
from reconcile.sandbox.skupper.surroundings import Surroundings

Change = tuple[Kind, str]
"""Kind and name of an object that changed."""


class Namespace:
    """Site-controller, service-controller, router and config-sync of one namespace, if they run."""

    def __init__(self, around: Surroundings, *, renewal: float, policies: bool) -> None:
        self._around = around
        self._policies = policies
        self._renewal = renewal
        self._incarnations: dict[str, str] = {}
        self._site_controller: SiteController | None = None
        self._service_controller: ServiceController | None = None
        self._router: Router | None = None
        self._reporter: Reporter | None = None
        self._state: RouterState | None = None

    @property
    def log(self) -> tuple[str, ...]:
        """What the pods logged, oldest first."""
        return tuple(self._around.log)

    @property
    def state(self) -> RouterState | None:
        """The running router, None if none runs."""
        return self._state

    def run(self, changes: Iterable[Change]) -> None:
        """Let all processes handle what changed."""
        changes = tuple(changes)
        self._start_and_end()
        for kind, name in changes:
            self._notice(kind, name)
        if self._site_controller:
            self._site_controller.run()
        if self._service_controller:
            self._service_controller.run()
        enabled = self._service_controller is not None and self._service_controller.policy_enabled
        self._state = self._router.sync(policy=enabled) if self._router else None

    def report(self, status: str) -> None:
        """Let the leader write the site's current status."""
        if self._reporter and self.state:
            self._reporter.run(self.state, status)

    def deadline(self) -> float | None:
        """Return when to run again even if nothing changes, in epoch seconds."""
        controllers = (self._site_controller, self._service_controller)
        found = [c.deadline for c in controllers if c and c.deadline is not None]
        if self._reporter and self.state:
            found.append(self._reporter.deadline(self._around.clock.now()))
        return min(found, default=None)

    def _notice(self, kind: Kind, name: str) -> None:
        for controller in (self._site_controller, self._service_controller):
            if controller:
                controller.notice(kind, name)
        if self._reporter and kind == CONFIG_MAP:
            self._reporter.forget(name)

    def _start_and_end(self) -> None:
        around = self._around
        if (found := self._changed(names.SITE_CONTROLLER)) is not None:
            self._site_controller = SiteController(found, around) if self._watched_by(found) else None
        if (found := self._changed(names.SERVICE_CONTROLLER)) is not None:
            self._service_controller = (
                ServiceController(found, around, obeys=self._policies) if found else None
            )
        if (found := self._changed(names.ROUTER)) is not None:
            self._router = Router(found, around) if found else None
            self._reporter = Reporter(found, around, renewal=self._renewal) if found else None

    def _watched_by(self, controller: Json) -> bool:
        """Whether a site-controller watches the namespace it runs in."""
        return bool(controller) and environment(controller).get("WATCH_NAMESPACE") == self._around.namespace

    def _changed(self, name: str) -> Json | None:
        """Return the Deployment if its pods have to restart, an empty object if they have to end, else None."""
        deployment = self._around.cached(DEPLOYMENT, name)
        alive = deployment if deployment and deployment["spec"].get("replicas", 1) else None
        incarnation = _incarnation(alive) if alive else ""
        if incarnation == self._incarnations.get(name, ""):
            return None
        self._incarnations[name] = incarnation
        return alive or {}


def _incarnation(deployment: Json) -> str:
    template = json.dumps(deployment["spec"]["template"], sort_keys=True)
    return f"{deployment['metadata']['uid']}/{hashlib.sha256(template.encode()).hexdigest()}"
