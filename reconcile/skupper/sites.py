"""A site: one namespace of one cluster in one network, with its configuration resolved.

``SiteDefinition`` is what the data says; ``Site`` is the result of merging the engine's defaults, the network's config
and the namespace's overrides. Topology and planner work on sites only.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from reconcile.findings import SiteSubject
from reconcile.skupper.definitions import Cluster, Config, SiteDefinition


class SiteKey(NamedTuple):
    """Which site: unique over all networks, since a namespace is in at most one."""

    cluster: str
    namespace: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``cluster/namespace``; None if the text is anything else."""
        cluster, _, namespace = text.partition("/")
        return cls(cluster, namespace) if cluster and namespace and "/" not in namespace else None

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}"


@dataclass(frozen=True, slots=True)
class Site:
    """One site with its effective configuration."""

    network: str
    definition: SiteDefinition
    config: Config
    """Effective values: the namespace's over the network's over the engine's defaults; camelCase keys.

    Only the engine of the network interprets them.
    """
    edge: bool
    """True: only dials out, accepts no links."""
    accepts_links: bool
    """True: others can dial it; never for an edge site or one marked ``delete``."""
    routers: int = 1
    """How many routers it runs; 0 if its config does not say that in a valid way."""

    @property
    def key(self) -> SiteKey:
        return SiteKey(self.definition.cluster.name, self.definition.namespace)

    @property
    def cluster(self) -> Cluster:
        return self.definition.cluster

    @property
    def namespace(self) -> str:
        return self.definition.namespace

    @property
    def name(self) -> str:
        """The Skupper site name; the prefix of its router ids."""
        return str(self.config["name"])

    @property
    def wanted(self) -> bool:
        """True if the site should exist."""
        return not self.definition.delete

    @property
    def subject(self) -> SiteSubject:
        """This site as the subject of a finding."""
        return SiteSubject(self.cluster.name, self.namespace, self.network)
