"""From nothing to every link up in one run, and then silence."""

import re
from dataclasses import dataclass

import pytest

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.definitions import Strategy
from reconcile.skupper.plan import LinkState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness, three_clusters

GENERATION = re.compile(r"(link-[a-z0-9-]+-[0-9a-f]{8})-(?:[0-9a-f]{8}|<fingerprint>)'")


def without_generation(lines: list[str]) -> list[str]:
    return sorted(GENERATION.sub(r"\1'", line) for line in lines)


@dataclass(frozen=True)
class FirstRun:
    """A fleet from nothing, run by run, and what is on it then."""

    preview: RunResult
    run: RunResult
    next: RunResult
    edge_site: dict[str, str]
    """The configuration of the site on the private cluster."""
    tokens: list[tuple[str, str]]
    """Of the token of each link: the cluster that has it, and the dialler that it is for."""


@pytest.fixture(scope="module")
def first(backend: Backend) -> FirstRun:
    with three_clusters(backend) as fleet:
        return FirstRun(
            preview=fleet.run(dry_run=True),
            run=fleet.run(),
            next=fleet.run(),
            edge_site=fleet["p"].find(CONFIG_MAP, "skupper-site", "net")["data"],
            tokens=[
                (cluster.name, secret["metadata"]["annotations"]["qontract-skupper/dialler"])
                for cluster in fleet.servers
                for secret in cluster.objects(SECRET)
                if secret["metadata"]["name"].startswith("link-")
            ],
        )


def test_one_run_takes_a_fleet_from_nothing_to_every_link_up(first: FirstRun):
    assert first.run.all_up


def test_a_run_that_went_well_has_no_failures(first: FirstRun):
    assert (first.run.failures, first.run.outcome.failures) == ([], [])


def test_a_second_run_writes_nothing_and_says_nothing(first: FirstRun):
    assert (first.next.writes, first.next.actions, first.next.failures) == (0, [], [])


def test_a_second_run_sends_at_most_ten_requests_to_each_cluster(first: FirstRun):
    requests = {cluster: total for cluster, (total, _) in first.next.requests.items()}
    assert max(requests.values()) <= 10, requests


def test_a_dry_run_shows_the_actions_of_the_run(first: FirstRun):
    assert without_generation(first.preview.actions) == without_generation(first.run.actions)


def test_a_dry_run_writes_nothing(first: FirstRun):
    assert first.preview.writes == 0


def test_the_site_on_the_private_cluster_is_an_edge_site(first: FirstRun):
    assert first.edge_site == {"ingress": "none", "name": "p-net", "router-mode": "edge"}


def test_nothing_is_left_of_the_tokens_at_their_issuers(first: FirstRun):
    assert sorted(first.tokens) == [("b", "b/net"), ("p", "p/net"), ("p", "p/net")]


def test_without_waiting_each_run_carries_the_links_one_step_on(fleet: Harness):
    runs = 0
    while not fleet.run(wait=0).all_up:
        runs += 1
        assert runs < 200


def test_links_to_a_load_balancer_come_up(backend: Backend):
    with harness(backend, ["a", "b"], config={"a": {"ingress": "loadbalancer"}}) as fleet:
        assert fleet.run().states == {"b/net -> a/net": LinkState.UP}


def test_the_redundant_topology_comes_up_with_fewer_links(backend: Backend):
    with harness(backend, ["a", "b", "c", "d"], strategy=Strategy.REDUNDANT) as fleet:
        result = fleet.run()
        assert (result.all_up, len(result.states)) == (True, 4)
