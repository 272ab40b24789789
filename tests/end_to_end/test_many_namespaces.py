"""An account that sees a cluster namespace by namespace, and more namespaces than are watched."""

from dataclasses import dataclass, replace

import pytest

from reconcile.kinds import CONFIG_MAP, NAMESPACE
from reconcile.skupper.definitions import SiteDefinition
from tests.clusters.backends import Backend
from tests.end_to_end.granting import Granting, said
from tests.end_to_end.harness import RunResult, harness
from tests.waiting import until

pytestmark = pytest.mark.simulation_suffices("it counts requests and threads of the run")

MORE = ("one", "two", "three", "four", "five")
GONE = ("one", "two")


@dataclass(frozen=True)
class Runs:
    """Over six sites on one cluster, without cluster-wide rights, and one site elsewhere."""

    first: RunResult
    second: RunResult
    removed: RunResult
    """Two of the sites are marked ``delete``; afterwards they are gone."""


@pytest.fixture(scope="module")
def runs(backend: Backend) -> Runs:
    with harness(backend, ["a", "b"]) as fleet:
        granting = Granting(fleet, "a")
        with granting.administrator() as client:
            for name in MORE:
                client.create(NAMESPACE, {"metadata": {"name": name}})
        extra = [SiteDefinition(fleet.cluster("a"), name) for name in MORE]
        fleet.change(sites=(*fleet.network.sites, *extra))
        granting.provide("site.yaml", namespaces=("net", *MORE))
        first, second = fleet.run(), fleet.run()
        fleet.change(
            sites=tuple(replace(site, delete=site.namespace in GONE) for site in fleet.network.sites)
        )
        removed = fleet.run()
        until(
            lambda: not [found for name in GONE for found in fleet["a"].objects(CONFIG_MAP, namespace=name)]
        )
        return Runs(first, second, removed)


def test_all_comes_up_in_one_run_and_stays(runs: Runs):
    assert runs.first.all_up
    assert said(runs.first) == []
    assert (runs.second.writes, said(runs.second)) == (0, [])


def test_sites_are_removed_in_one_run(runs: Runs):
    assert runs.removed.all_up
    assert said(runs.removed) == []
