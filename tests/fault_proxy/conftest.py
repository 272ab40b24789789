"""A simulated cluster with a fault proxy before it, and clients on both sides."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from reconcile.openshift.access import Access, Retries, Timeouts
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.cluster import ClusterSpec, SimulatedCluster
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.fault_proxy import FaultProxy


@pytest.fixture(scope="module")
def servers() -> Iterator[ApiServers]:
    with ApiServers([ClusterSpec("a", namespaces=("net",))]) as made:
        yield made


@pytest.fixture
def cluster(servers: ApiServers) -> SimulatedCluster:
    return servers["a"]


@pytest.fixture
def proxy(servers: ApiServers, cluster: SimulatedCluster) -> Iterator[FaultProxy]:
    with FaultProxy(cluster.url, servers.ca_file) as made:
        yield made


@pytest.fixture
def connect(proxy: FaultProxy, cluster: SimulatedCluster) -> Iterator[Callable[[], Client]]:
    """Makes clients that try only once; a client remembers for a while that a cluster was silent."""
    access = Access("a", proxy.url, cluster.token, ca_file=proxy.ca_file)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(
            Client(access, timeouts=Timeouts(connect=0.5, read=5), retries=Retries(attempts=1))
        )


@pytest.fixture
def client(connect: Callable[[], Client]) -> Client:
    return connect()
