"""The world through the eyes of the v1 engine: sites and link Secrets, looked up once and kept for one plan."""

from collections.abc import Sequence

from reconcile.skupper.live import LiveObject
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import tokens
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.world import World


class Survey:
    """What the planning modules of this package share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.secrets: Sequence[LinkSecret] = tokens.find(world.views, world.ownership)
        """All link Secrets of ours on the clusters that could be read."""
        self._clusters = world.clusters
        self._by_link: dict[tuple[SiteKey, SiteKey], list[LinkSecret]] = {}
        for secret in self.secrets:
            self._by_link.setdefault((secret.link.dialler, secret.link.issuer), []).append(secret)
        self._ours: dict[SiteKey, list[LiveObject]] = {}
        for cluster, view in world.views.items():
            for live in view.objects.values():
                if live.key.namespace and world.ownership.covers(live.labels):
                    self._ours.setdefault(SiteKey(cluster, live.key.namespace), []).append(live)

    @property
    def places(self) -> frozenset[SiteKey]:
        """All namespaces that hold something of ours."""
        return frozenset(self._ours)

    def site(self, key: SiteKey) -> LiveSite:
        """The namespace seen as a site; its cluster must have been read."""
        objects = self.world.view(key.cluster).objects
        return LiveSite(key, self.world.ownership, objects, tuple(self._ours.get(key, ())))

    def secrets_of(self, link: Link) -> Sequence[LinkSecret]:
        """The Secrets of one link at both ends."""
        return self._by_link.get((link.dialler, link.issuer), ())

    def may_write(self, key: SiteKey) -> bool:
        """True if this namespace is known, of a cluster in the data, and not to be left alone."""
        cluster = self._clusters.get(key.cluster)
        if cluster is None or self.world.view(key.cluster).problem_in(key.namespace):
            return False
        return not self.world.left_alone(cluster, key.namespace)
