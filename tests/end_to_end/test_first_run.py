"""From nothing to every link up in one run, and then silence."""

import re

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.definitions import Strategy
from reconcile.skupper.plan import LinkState
from tests.clusters.backends import Backend
from tests.end_to_end.world import World, world

GENERATION = re.compile(r"(link-[a-z0-9-]+-[0-9a-f]{8})-(?:[0-9a-f]{8}|<generation>)'")


def without_generation(lines: list[str]) -> list[str]:
    return sorted(GENERATION.sub(r"\1'", line) for line in lines)


def test_one_run_takes_a_fleet_from_nothing_to_every_link_up(fleet: World):
    assert fleet.run().all_up


def test_a_run_that_went_well_has_no_failures(fleet: World):
    told = fleet.run()
    assert (told.failures, told.outcome.failures) == ([], [])


def test_a_second_run_writes_nothing_and_says_nothing(linked: World):
    told = linked.run()
    assert (told.writes, told.actions, told.failures) == (0, [], [])


def test_a_second_run_sends_at_most_ten_requests_to_each_cluster(linked: World):
    requests = {cluster: total for cluster, (total, _) in linked.run().requests.items()}
    assert max(requests.values()) <= 10, requests


def test_a_dry_run_shows_the_actions_of_the_run(fleet: World):
    shown = fleet.run(dry_run=True).actions
    assert without_generation(shown) == without_generation(fleet.run().actions)


def test_a_dry_run_writes_nothing(fleet: World):
    assert fleet.run(dry_run=True).writes == 0


def test_the_site_on_the_private_cluster_is_an_edge_site(linked: World):
    data = linked["p"].find(CONFIG_MAP, "skupper-site", "net")["data"]
    assert data == {"ingress": "none", "name": "p-net", "router-mode": "edge"}


def test_nothing_is_left_of_the_tokens_at_their_issuers(linked: World):
    links = [s for s in linked.objects(SECRET) if s["metadata"]["name"].startswith("link-")]
    assert all(
        s["metadata"]["annotations"]["qontract-skupper/dialler"].split("/")[0] in {"b", "p"} for s in links
    )
    assert len(links) == 3


def test_without_waiting_each_run_carries_the_links_one_step_on(fleet: World):
    runs = 0
    while not fleet.run(wait=0).all_up:
        runs += 1
        assert runs < 200


def test_links_to_a_load_balancer_come_up(backend: Backend):
    with world(backend, ["a", "b"], config={"a": {"ingress": "loadbalancer"}}) as fleet:
        assert fleet.run().states == {"b/net -> a/net": LinkState.UP}


def test_the_redundant_topology_comes_up_with_fewer_links(backend: Backend):
    with world(backend, ["a", "b", "c", "d"], strategy=Strategy.REDUNDANT) as fleet:
        told = fleet.run()
        assert (told.all_up, len(told.states)) == (True, 4)
