"""The simulation as a whole: what it costs when nothing happens, and how it stands interruptions."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from reconcile.kinds import CONFIG_MAP
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.servers import ApiServers
from reconcile.sandbox.skupper.clock import ManualClock
from reconcile.sandbox.skupper.simulator import Skupper
from reconcile.sandbox.skupper.timing import AT_ONCE
from tests.sandbox.skupper.conftest import client_of
from tests.sandbox.skupper.namespaces import SkupperNamespace, make_namespace
from tests.waiting import until

Make = Callable[[Skupper, str, str], SkupperNamespace]


@pytest.fixture
def fleet() -> Iterator[ApiServers]:
    with ApiServers([ClusterSpec("public"), ClusterSpec("private")]) as servers:
        yield servers


@pytest.fixture
def connected(fleet: ApiServers) -> Iterator[dict[str, Client]]:
    clients = {cluster.name: client_of(fleet, cluster.name) for cluster in fleet}
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture
def place_on(fleet: ApiServers, connected: dict[str, Client]) -> Make:
    def make(skupper: Skupper, cluster: str, namespace: str) -> SkupperNamespace:
        make_namespace(connected[cluster], namespace)
        return SkupperNamespace(skupper, fleet[cluster], connected[cluster], namespace)

    return make


def linked_pair(skupper: Skupper, place_on: Make) -> tuple[SkupperNamespace, SkupperNamespace]:
    issuer = place_on(skupper, "public", "issuer").site(ingress="route")
    dialler = place_on(skupper, "private", "dialler").site(router_mode="edge", ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    until(lambda: len(issuer.seen()) == 2 and len(dialler.seen()) == 2)
    return issuer, dialler


def test_nothing_is_asked_or_written_while_nothing_happens(
    fleet: ApiServers, connected: dict[str, Client], place_on: Make
) -> None:
    clock = ManualClock()
    with Skupper(connected, clock=clock, timing=AT_ONCE, policies=False) as skupper:
        linked_pair(skupper, place_on)
        before = [(cluster.revision, cluster.counts().reads, cluster.counts().writes) for cluster in fleet]
        # Looking again, at the same time, finds nothing to do.
        clock.advance(0)
        clock.advance(0)

    assert [
        (cluster.revision, cluster.counts().reads, cluster.counts().writes) for cluster in fleet
    ] == before


def test_a_new_simulation_takes_over_the_sites_there_are(
    connected: dict[str, Client], place_on: Make
) -> None:
    with Skupper(connected, timing=AT_ONCE, policies=False) as first:
        issuer, dialler = linked_pair(first, place_on)
    with Skupper(connected, timing=AT_ONCE, policies=False) as second:
        taken = replace(dialler, skupper=second)
        taken.linked(replace(issuer, skupper=second))


def test_requests_made_while_nobody_ran_are_answered_at_the_start(
    connected: dict[str, Client], place_on: Make
) -> None:
    with Skupper(connected, timing=AT_ONCE, policies=False) as first:
        issuer, _ = linked_pair(first, place_on)
    issuer.request("link-2")
    with Skupper(connected, timing=AT_ONCE, policies=False):
        until(lambda: issuer.is_token("link-2"))


def test_a_simulation_may_know_who_reaches_whom(connected: dict[str, Client], place_on: Make) -> None:
    clock = ManualClock()
    with Skupper(
        connected,
        clock=clock,
        timing=AT_ONCE,
        policies=False,
        reachable=lambda _source, target: target == "public",
    ) as skupper:
        public = place_on(skupper, "public", "here").site(ingress="route")
        private = place_on(skupper, "private", "there").site(ingress="route")
        public.dial(private, "link-1")
        until(lambda: public.connector("link-1"))
        private.dial(public, "link-2")

        private.linked(public)
        assert public.links == ()


def test_cut_watches_and_a_forgotten_history_lose_nothing(
    fleet: ApiServers, connected: dict[str, Client], place_on: Make
) -> None:
    with Skupper(connected, timing=AT_ONCE, policies=False) as skupper:
        issuer, _ = linked_pair(skupper, place_on)
        for cluster in fleet:
            cluster.forget_history()
            cluster.end_watches()
        issuer.token("link-2")


def test_a_server_that_was_away_is_taken_up_again(
    fleet: ApiServers, connected: dict[str, Client], place_on: Make
) -> None:
    with Skupper(connected, timing=AT_ONCE, policies=False) as skupper:
        issuer, _ = linked_pair(skupper, place_on)
        fleet["public"].stop()
        fleet["public"].start()
        until(lambda: issuer.get(CONFIG_MAP, "skupper-site"))
        issuer.token("link-2")


def test_links_outlive_an_api_server(fleet: ApiServers, connected: dict[str, Client], place_on: Make) -> None:
    with Skupper(connected, timing=AT_ONCE, policies=False) as skupper:
        _, dialler = linked_pair(skupper, place_on)
        fleet["public"].stop()

        assert [link.issuer for link in dialler.links] == [("public", "issuer")]
        fleet["public"].start()


def test_it_can_be_stopped_while_no_server_answers(fleet: ApiServers, connected: dict[str, Client]) -> None:
    for cluster in fleet:
        cluster.stop()
    skupper = Skupper(connected)
    skupper.start()
    skupper.stop()

    assert skupper.wire.links == ()
