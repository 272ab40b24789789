"""Skupper at its real pace, on a clock that only the test moves: half a minute passes at once."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.servers import ApiServers
from reconcile.sandbox.skupper.clock import ManualClock
from reconcile.sandbox.skupper.simulator import Skupper
from reconcile.sandbox.skupper.timing import REAL
from tests.sandbox.skupper.conftest import client_of
from tests.sandbox.skupper.namespaces import SkupperNamespace, make_namespace
from tests.waiting import until

CREATED, TOLD, SHOWN, GIVEN = 5.0, 15.0, 30.0, 1.5
"""Seconds after which a site is complete, a router reports, a link shows, a token is there: the longest times."""


@dataclass
class Paced:
    """One cluster with Skupper on it."""

    skupper: Skupper
    servers: ApiServers
    client: Client
    clock: ManualClock
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _last: SkupperNamespace | None = None
    """A site that Skupper looks after last, in every round of its work."""

    def begin(self) -> None:
        self._last = self.place("zz-last")
        self._last.install()
        self._last.declare(ingress="none")
        until(lambda: self._last and self._last.get(SECRET, "skupper-site-server"))
        self.clock.advance(CREATED)
        self._last.wait_for(DEPLOYMENT, "skupper-service-controller")

    def place(self, name: str = "") -> SkupperNamespace:
        namespace = name or f"ns-{next(self._numbers)}"
        make_namespace(self.client, namespace)
        return SkupperNamespace(self.skupper, self.servers["east"], self.client, namespace)

    def declared(self, **config: str) -> SkupperNamespace:
        """A site that was just declared: its router runs, and nothing else does before time passes."""
        site = self.place()
        site.install()
        site.declare(**{"ingress": "none", **config})
        site.wait_for(CONFIG_MAP, "skupper-network-status")
        return site

    def site(self, **config: str) -> SkupperNamespace:
        """A site that is up and reports."""
        site = self.declared(**config)
        self.clock.advance(CREATED)
        site.wait_for(DEPLOYMENT, "skupper-service-controller")
        self.clock.advance(TOLD)
        until(lambda: site.status()["siteStatus"])
        return site

    def passes(self, seconds: float) -> None:
        """Let time pass, and wait until Skupper has done what is due then."""
        self.clock.advance(seconds)
        assert self._last
        self._last.edit_config(number=str(next(self._numbers)))

    def connect(self, dialler: SkupperNamespace, issuer: SkupperNamespace, name: str) -> None:
        """Connect two sites; the link does not show before time passes."""
        issuer.request(name)
        issuer.said(f"Generating token for request {name}")
        self.clock.advance(GIVEN)
        until(lambda: issuer.is_token(name))
        dialler.take(issuer.wait_for(SECRET, name))
        issuer.delete(SECRET, name)
        until(lambda: [link for link in dialler.links if link.connector == name])

    def link(self, dialler: SkupperNamespace, issuer: SkupperNamespace, name: str) -> None:
        """Connect two sites, and let the link show at both ends."""
        self.connect(dialler, issuer, name)
        self.clock.advance(SHOWN)
        until(lambda: dialler.router_links() and issuer.router_links())


@contextmanager
def running(*, policies: bool = False) -> Iterator[Paced]:
    """Start a cluster and Skupper on it; ``policies``: sites obey them."""
    clock = ManualClock()
    with ApiServers([ClusterSpec("east")], tls=False) as servers:
        client = client_of(servers, "east")
        try:
            with Skupper({"east": client}, clock=clock, timing=REAL, policies=policies) as skupper:
                paced = Paced(skupper, servers, client, clock)
                paced.begin()
                yield paced
        finally:
            client.close()
