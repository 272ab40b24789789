"""A simulated cluster with a gate before it, and clients on both sides."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from reconcile.openshift.access import Access, Retries, Timeouts
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.cluster import ClusterSpec, SimulatedCluster
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.gate import Gate


@pytest.fixture(scope="module")
def servers() -> Iterator[ApiServers]:
    with ApiServers([ClusterSpec("a", namespaces=("net",))]) as made:
        yield made


@pytest.fixture
def cluster(servers: ApiServers) -> SimulatedCluster:
    return servers["a"]


@pytest.fixture
def gate(servers: ApiServers, cluster: SimulatedCluster) -> Iterator[Gate]:
    with Gate(cluster.url, servers.ca_file) as made:
        yield made


@pytest.fixture
def connect(gate: Gate, cluster: SimulatedCluster) -> Iterator[Callable[[], Client]]:
    """Makes clients that try only once; a client remembers for a while that a cluster was silent."""
    access = Access("a", gate.url, cluster.token, ca_file=gate.ca_file)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(
            Client(access, timeouts=Timeouts(connect=0.5, read=5), retries=Retries(attempts=1))
        )


@pytest.fixture
def client(connect: Callable[[], Client]) -> Client:
    return connect()
