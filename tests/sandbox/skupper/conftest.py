"""Clusters and one Skupper over them, shared by the tests of a process; most tests have namespaces of their own.

``east`` is OpenShift; ``west`` is plain Kubernetes, its load balancers take a moment; those of ``south`` never come.
Skupper's clock stands still unless a test advances it.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.controllers import Behaviour
from reconcile.sandbox.skupper.clock import ManualClock
from reconcile.sandbox.skupper.simulator import Skupper
from reconcile.sandbox.skupper.timing import AT_ONCE
from tests.clusters.backends import Backend, Clusters
from tests.sandbox.skupper.namespaces import SkupperNamespace, make_namespace

_numbers = itertools.count(1)


def client_of(servers: Clusters, cluster: str) -> Client:
    access = Access(cluster, servers[cluster].url, servers[cluster].token, str(servers.ca_file))
    return Client(access, field_manager="site-controller")


@pytest.fixture(scope="package")
def servers(backend: Backend) -> Iterator[Clusters]:
    specs = [
        ClusterSpec("east"),
        ClusterSpec("west", openshift=False, behaviour=Behaviour(load_balancers=0.3)),
        ClusterSpec("south", openshift=False, behaviour=Behaviour(load_balancers="pending")),
    ]
    # What TLS adds is tested by commands in processes of their own, and by tests of the client and of proxies.
    with backend.clusters(specs, tls=False) as running:
        yield running


@pytest.fixture(scope="package")
def clients(servers: Clusters) -> Iterator[dict[str, Client]]:
    opened = {cluster.name: client_of(servers, cluster.name) for cluster in servers}
    yield opened
    for client in opened.values():
        client.close()


@pytest.fixture(scope="package")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="package")
def skupper(clients: dict[str, Client], clock: ManualClock) -> Iterator[Skupper]:
    with Skupper(clients, clock=clock, timing=AT_ONCE, renewal=10.0, policies=False) as running:
        yield running


@contextmanager
def placing(
    skupper: Skupper, servers: Clusters, clients: dict[str, Client]
) -> Iterator[Callable[..., SkupperNamespace]]:
    made: list[SkupperNamespace] = []

    def make(cluster: str = "east", name: str = "") -> SkupperNamespace:
        namespace = name or f"ns-{next(_numbers)}"
        make_namespace(clients[cluster], namespace)
        made.append(SkupperNamespace(skupper, servers[cluster], clients[cluster], namespace))
        return made[-1]

    yield make
    for each in made:
        each.clear()


@pytest.fixture
def place(
    skupper: Skupper, servers: Clusters, clients: dict[str, Client]
) -> Iterator[Callable[..., SkupperNamespace]]:
    """Makes a namespace: ``place()`` in the east, ``place("west")`` in the west."""
    with placing(skupper, servers, clients) as make:
        yield make


@pytest.fixture(scope="module")
def shared(
    skupper: Skupper, servers: Clusters, clients: dict[str, Client]
) -> Iterator[Callable[..., SkupperNamespace]]:
    """Makes a namespace that tests of a module share."""
    with placing(skupper, servers, clients) as make:
        yield make
