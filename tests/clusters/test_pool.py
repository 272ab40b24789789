"""Test processes cannot wait for each other's API servers."""

import pytest

from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from tests.clusters import assets
from tests.clusters.real import RealClusters


@pytest.mark.skipif(assets.find() is None, reason="this machine has no API servers")
def test_who_holds_servers_is_refused_more():
    with (
        RealClusters([ClusterSpec("a")]),
        pytest.raises(AssertionError, match="a fixture of this process holds some"),
    ):
        RealClusters([ClusterSpec("b")]).start()
