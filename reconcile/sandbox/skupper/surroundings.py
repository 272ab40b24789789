"""What every simulated process works with: its cluster's API and cache, the clock, its log."""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reconcile.kinds import CONFIG_MAP, ROUTE, Kind
from reconcile.openshift.client import Client
from reconcile.openshift.errors import AlreadyExists, Conflict, NotFound
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.cache import Cache
from reconcile.sandbox.skupper.clock import Clock
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings, read_settings
from reconcile.sandbox.skupper.timing import Duration, Timing

_logger = logging.getLogger("reconcile.sandbox.skupper")
_ATTEMPTS = 5


class SkupperError(Exception):
    """A step of a Skupper component failed; it ends in the log."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One namespace of one cluster, as seen by the pods in it."""

    namespace: str
    client: Client
    cache: Cache
    clock: Clock
    timing: Timing
    log: deque[str] = field(default_factory=lambda: deque(maxlen=500))
    """What the pods logged, the only place where Skupper 1.9 reports a failure. It never contains secrets."""

    @property
    def cluster(self) -> str:
        """The name of the cluster."""
        return self.client.cluster

    @property
    def openshift(self) -> bool:
        """Whether the cluster has the Route API."""
        return self.cache.serves(ROUTE)

    def after(self, start: float, duration: Duration, *subject: object) -> float:
        """Return when a step that began at ``start`` is done, in epoch seconds."""
        return start + self.timing.draw(duration, self.cluster, self.namespace, *subject)

    def wait(self, moment: float) -> Iterator[float]:
        """Yield the moment until it has come: a process goes on when it is run again then."""
        while self.clock.now() < moment:
            yield moment

    def say(self, component: str, text: str) -> None:
        """Write to the log of a pod."""
        self.log.append(text)
        _logger.debug("[%s/%s] %s: %s", self.cluster, self.namespace, component, text)

    def site_settings(self) -> Settings | None:
        """Return the settings of the ConfigMap ``skupper-site`` as it is now, None if there is none."""
        config_map = self.cached(CONFIG_MAP, names.SITE)
        return read_settings(config_map, openshift=self.openshift) if config_map else None

    def cached(self, kind: Kind, name: str) -> Json | None:
        """Return an object as the watches brought it; None if there is none."""
        return self.cache.get(kind, self.namespace, name)

    def read(self, kind: Kind, name: str) -> Json | None:
        """Read an object from the API server; None if there is none."""
        try:
            return self.client.get(kind, name, self.namespace)
        except NotFound:
            return None

    def ensure(self, kind: Kind, body: Json) -> Json:
        """Create an object, or return the existing one, unchanged. Raises ClusterError."""
        try:
            return self.client.create(kind, body)
        except AlreadyExists:
            return self.client.get(kind, body["metadata"]["name"], self.namespace)

    def edit(self, kind: Kind, name: str, change: Callable[[Json], Json]) -> bool:
        """Replace an object with what ``change`` makes of it; return whether that is any different.

        Retries after conflicts. Raises ClusterError.
        """
        for attempt in range(_ATTEMPTS):
            known = self.client.get(kind, name, self.namespace)
            changed = change(known)
            if changed == known:
                return False
            try:
                self.client.replace(kind, changed)
            except Conflict:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return True
        return False
