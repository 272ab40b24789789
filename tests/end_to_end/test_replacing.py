"""Tokens are replaced on clusters: what works stays, and sites that move join nothing."""

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from reconcile.kinds import DEPLOYMENT, SECRET
from reconcile.sandbox.skupper import certificates
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness
from tests.waiting import until


def connected(fleet: Harness) -> set[frozenset[str]]:
    """Pairs of clusters whose sites have a connection that works now."""
    return {frozenset({link.dialler[0], link.issuer[0]}) for link in fleet.skupper.wire.links}


def token_names(fleet: Harness, cluster: str) -> set[str]:
    """The tokens in use and parked."""
    names = {secret["metadata"]["name"] for secret in fleet[cluster].objects(SECRET, namespace="net")}
    return {name for name in names if name.startswith("link-")}


def replace_ca(fleet: Harness, cluster: str, *, restart: bool) -> None:
    """Replace the CA of a site and what it signed in place; its router learns of it when it is restarted."""
    client = fleet.client(cluster)
    found = fleet[cluster].find(SECRET, "skupper-site-server", "net")
    hosts = sorted(certificates.hosts_of(base64.b64decode(found["data"]["tls.crt"])))
    authority = certificates.new_authority("skupper-site-ca", at=time.time())
    signed_by = certificates.read_authority("skupper-site-ca", authority)
    server = certificates.new_leaf("skupper-router", hosts, authority=signed_by, at=time.time())
    for name, data in (("skupper-site-ca", authority), ("skupper-site-server", server)):
        client.patch(SECRET, name, "net", {"data": data})
    if restart:
        time.sleep(2.5)  # The clocks of a router and of the API server may be apart.
        template = {"metadata": {"annotations": {"restarted": "now"}}}
        client.patch(DEPLOYMENT, "skupper-router", "net", {"spec": {"template": template}})


@pytest.fixture
def pair(backend: Backend) -> Iterator[Harness]:
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        yield fleet


def test_tokens_of_a_ca_that_the_router_has_loaded_replace_those_of_the_former_one(pair: Harness):
    (old,) = token_names(pair, "b")
    replace_ca(pair, "a", restart=True)
    until(lambda: not connected(pair))
    result = pair.run()
    assert result.all_up
    assert old not in token_names(pair, "b")
    assert connected(pair) == {frozenset("ab")}


@dataclass(frozen=True)
class Failed:
    """A run that met a CA which the router has not loaded, and the run after it."""

    old: str
    run: RunResult
    next: RunResult
    tokens: set[str]
    connected: set[frozenset[str]]


@pytest.fixture(scope="module")
def failed(backend: Backend) -> Failed:
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        (old,) = token_names(fleet, "b")
        replace_ca(fleet, "a", restart=False)
        run = fleet.run(wait=30, pace=6)
        until(lambda: bool(connected(fleet)))
        return Failed(old, run, fleet.run(wait=5), token_names(fleet, "b"), connected(fleet))


WAITS = pytest.mark.simulation_suffices("it waits for long")


@WAITS
def test_a_link_outlives_a_ca_that_its_router_has_not_loaded(failed: Failed):
    assert failed.connected == {frozenset("ab")}
    assert failed.old in failed.tokens


@WAITS
def test_a_run_that_restored_a_token_says_so_and_fails(failed: Failed):
    assert "was parked: the old one is in use again" in failed.run.errors["failed-rotation"]


@WAITS
def test_the_next_run_says_it_again_and_writes_nothing(failed: Failed):
    assert "failed-rotation" in failed.next.errors
    assert failed.next.writes == 0


@pytest.fixture
def two_networks(backend: Backend) -> Iterator[Harness]:
    """Networks n of a and b, and m of c."""
    with harness(backend, ["a", "b", "c"]) as fleet:
        sites = fleet.network.sites
        fleet.change(sites=sites[:2])
        fleet.others = (replace(fleet.network, identifier="m", sites=sites[2:]),)
        assert fleet.run().all_up
        yield fleet


def test_a_site_that_moves_joins_nothing_on_its_way(two_networks: Harness):
    fleet = two_networks
    joined: list[set[frozenset[str]]] = []
    moving = fleet.network.sites[1]
    fleet.change(sites=fleet.network.sites[:1])
    fleet.others = (replace(fleet.others[0], sites=(*fleet.others[0].sites, moving)),)

    def look(_: object) -> None:
        pairs = connected(fleet)
        if {frozenset("ab"), frozenset("bc")} <= pairs:
            joined.append(pairs)

    result = fleet.run(listener=look)
    assert joined == []
    assert result.all_up
    assert connected(fleet) == {frozenset("bc")}


def test_a_move_needs_no_removal_budget(two_networks: Harness):
    fleet = two_networks
    moving = fleet.network.sites[1]
    fleet.change(sites=fleet.network.sites[:1])
    fleet.others = (replace(fleet.others[0], sites=(*fleet.others[0].sites, moving)),)
    assert fleet.run(budget=0).all_up
