"""What every simulated process has around it: its cluster's API and cache, the clock, its log."""

from collections.abc import Callable
from dataclasses import dataclass

from reconcile.kinds import CONFIG_MAP, ROUTE, Kind
from reconcile.openshift.client import Client
from reconcile.openshift.errors import AlreadyExists, Conflict, NotFound
from reconcile.sandbox.skupper import names
from reconcile.sandbox.skupper.cache import Cache
from reconcile.sandbox.skupper.clock import Clock
from reconcile.sandbox.skupper.journal import Journal
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings, read_settings

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One namespace of one cluster, as seen by the pods in it."""

    namespace: str
    client: Client
    cache: Cache
    clock: Clock
    journal: Journal

    @property
    def cluster(self) -> str:
        """The name of the cluster."""
        return self.client.cluster

    @property
    def openshift(self) -> bool:
        """Whether the cluster has the Route API."""
        return self.cache.serves(ROUTE)

    def say(self, component: str, text: str) -> None:
        """Write to the log of a pod."""
        self.journal.write(self.cluster, self.namespace, component, text)

    def site_settings(self) -> Settings | None:
        """Return the settings of the ConfigMap ``skupper-site`` as it is now, None if there is none."""
        config_map = self.cache.get(CONFIG_MAP, self.namespace, names.SITE)
        return read_settings(config_map, openshift=self.openshift) if config_map else None

    def ensure(self, kind: Kind, body: Json) -> Json:
        """Create an object, or take the one that is there, unchanged. ClusterError as the client raises it."""
        try:
            return self.client.create(kind, body)
        except AlreadyExists:
            return self.client.get(kind, body["metadata"]["name"], self.namespace)

    def edit(self, kind: Kind, name: str, change: Callable[[Json], Json]) -> bool:
        """Replace an object by what ``change`` makes of it; tell whether that is any different.

        Starts over if somebody else wrote in between. Raises ClusterError, NotFound among them.
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

    def read(self, kind: Kind, name: str) -> Json | None:
        """Ask the API server, not the cache, for an object; None if there is none."""
        try:
            return self.client.get(kind, name, self.namespace)
        except NotFound:
            return None
