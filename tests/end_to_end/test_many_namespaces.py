"""An account that sees a cluster namespace by namespace, and more namespaces than are watched."""

from collections.abc import Iterator

import pytest

from reconcile.kinds import CONFIG_MAP, NAMESPACE
from reconcile.skupper.definitions import SiteDefinition
from tests.clusters.backends import Backend
from tests.end_to_end.granting import Granting, said
from tests.end_to_end.harness import Harness, harness
from tests.waiting import until

pytestmark = pytest.mark.simulation_suffices("it counts requests and threads of the run")

MORE = ("one", "two", "three", "four", "five")


@pytest.fixture
def wide(backend: Backend) -> Iterator[Harness]:
    """Six sites on one cluster, without cluster-wide rights, and one site elsewhere."""
    with harness(backend, ["a", "b"]) as made:
        granting = Granting(made, "a")
        with granting.administrator() as client:
            for name in MORE:
                client.create(NAMESPACE, {"metadata": {"name": name}})
        extra = [SiteDefinition(made.cluster("a"), name) for name in MORE]
        made.change(sites=(*made.network.sites, *extra))
        granting.provide("site.yaml", namespaces=("net", *MORE))
        yield made


def test_all_comes_up_in_one_run_and_stays(wide: Harness):
    first = wide.run()
    assert first.all_up
    assert said(first) == []
    second = wide.run()
    assert (second.writes, said(second)) == (0, [])


def test_sites_are_removed_in_one_run(wide: Harness):
    wide.run()
    sites = [site for site in wide.network.sites if site.namespace not in {"one", "two"}]
    gone = [SiteDefinition(wide.cluster("a"), name, delete=True, config={}) for name in ("one", "two")]
    wide.change(sites=(*sites, *gone))
    result = wide.run()
    assert result.all_up
    assert said(result) == []
    until(
        lambda: (
            not [found for name in ("one", "two") for found in wide["a"].objects(CONFIG_MAP, namespace=name)]
        )
    )
