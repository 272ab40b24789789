"""Filters restrict what a run touches, on the clusters themselves."""

import json

import pytest

from reconcile.kinds import CONFIG_MAP
from reconcile.sandbox.embedded import Sandbox
from tests.cli.calling import call
from tests.cli.conftest import Fleet
from tests.cli.data import INTERNAL, PUBLIC

pytestmark = pytest.mark.simulation_suffices("a filter is applied before any request")


def sites(sandbox: Sandbox) -> set[tuple[str, str]]:
    """Where a site has been made: cluster and namespace."""
    return {
        (cluster.name, found["metadata"]["namespace"])
        for cluster in sandbox
        for found in cluster.objects(CONFIG_MAP)
        if found["metadata"]["name"] == "skupper-site"
    }


def test_a_run_may_be_restricted_to_a_cluster(sandbox: Sandbox) -> None:
    assert call("run", "--cluster-name", "appsres03ue1", config=sandbox.config).exit_code == 0
    assert sites(sandbox) == {("appsres03ue1", "skupper-vault")}


def test_a_run_may_be_restricted_to_a_namespace(sandbox: Sandbox) -> None:
    assert call("run", "--namespace-name", "skupper-vault", config=sandbox.config).exit_code == 0
    assert sites(sandbox) == {("appsres03ue1", "skupper-vault")}


def test_restrictions_may_be_combined_and_repeated(sandbox: Sandbox) -> None:
    words = "--external --cluster-name app-sre-stage-01 --cluster-name appsres03ue1 --namespace-name skupper-vault-net"
    assert call("run", *words.split(), config=sandbox.config).exit_code == 0
    assert sites(sandbox) == {("app-sre-stage-01", "skupper-vault-net")}


def test_links_within_a_restriction_come_up(sandbox: Sandbox) -> None:
    assert call("run", "--external", config=sandbox.config).exit_code == 0
    document = json.loads(call("status", "--external", "-o", "json", config=sandbox.config).stdout)
    managed = [
        (link["dialler"], link["issuer"], link["state"]) for link in document["links"] if link["managed"]
    ]
    assert managed == [("app-sre-stage-02/skupper-vault-net", "app-sre-stage-01/skupper-vault-net", "up")]


@pytest.mark.parametrize(("side", "clusters"), [("--internal", INTERNAL), ("--external", PUBLIC)])
def test_a_plan_may_be_restricted_to_one_side(side: str, clusters: set[str], untouched: Fleet) -> None:
    assert {change["cluster"] for change in untouched.ask_json("plan", side)["changes"]} == clusters


def test_clusters_outside_of_a_restriction_are_not_even_asked(untouched: Fleet) -> None:
    before = {cluster.name: cluster.counts().reads for cluster in untouched.sandbox}
    call("plan", "--cluster-name", "appsres03ue1", config=untouched.config)
    asked = {cluster.name for cluster in untouched.sandbox if cluster.counts().reads > before[cluster.name]}
    assert asked == {"appsres03ue1"}


def test_the_status_counts_what_a_restriction_leaves_out(linked: Fleet) -> None:
    shown = call("status", "--cluster-name", "app-sre-stage-01", config=linked.config).stdout
    assert "skipped: 2 sites, 3 links (--cluster-name app-sre-stage-01 excludes it)" in shown
