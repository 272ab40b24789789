"""What a site reports: ``skupper-network-status`` and its leader's lock."""

import json
from collections.abc import Callable

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.sandbox.skupper.clock import ManualClock
from tests.sandbox.skupper.namespaces import SkupperNamespace
from tests.waiting import until

pytestmark = pytest.mark.simulation_suffices(
    "the shapes of all requests of the simulation are replayed to both"
)

Make = Callable[..., SkupperNamespace]


def linked_pair(place: Make) -> tuple[SkupperNamespace, SkupperNamespace]:
    """Issuer and dialler, linked, and both know it."""
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    for site in (issuer, dialler):
        until(lambda site=site: len(site.seen()) == 2)
    return issuer, dialler


def router_of(site: SkupperNamespace) -> str:
    entry = next(entry for entry in site.status()["siteStatus"] if entry["site"]["identity"] == site.site_id)
    name: str = entry["routerStatus"][0]["router"]["name"]
    return name.removeprefix("0/")


@pytest.fixture(scope="module")
def lonely(shared: Make) -> SkupperNamespace:
    """A site that tests only read."""
    return shared().site(name="lonely", ingress="none")


def test_a_lone_site_reports_itself(lonely: SkupperNamespace) -> None:
    (entry,) = lonely.status()["siteStatus"]
    kept = ("recType", "identity", "name", "nameSpace", "platform", "siteVersion", "policy", "endTime")
    assert {key: entry["site"][key] for key in kept} == {
        "recType": "SITE",
        "identity": lonely.site_id,
        "name": "lonely",
        "nameSpace": lonely.namespace,
        "platform": "kubernetes",
        "siteVersion": "1.9.6",
        "policy": "disabled",
        "endTime": 0,
    }


def test_empty_lists_are_null(lonely: SkupperNamespace) -> None:
    router = lonely.status()["siteStatus"][0]["routerStatus"][0]
    assert (router["links"], router["listeners"], router["connectors"]) == (None, None, None)


def test_a_router_is_called_after_its_site_and_its_pod(lonely: SkupperNamespace) -> None:
    router = lonely.status()["siteStatus"][0]["routerStatus"][0]["router"]
    assert router["name"] == f"0/lonely-{router['hostname']}"
    assert router["hostname"].startswith("skupper-router-")


def test_both_ends_name_the_router_at_the_other(place: Make) -> None:
    issuer, dialler = linked_pair(place)

    (outgoing,), (incoming,) = dialler.router_links(), issuer.router_links()
    kept = ("mode", "name", "linkCost", "direction")
    assert {key: outgoing.get(key) for key in kept} == {
        "mode": "interior",
        "name": router_of(issuer),
        "linkCost": 1,
        "direction": "outgoing",
    }
    assert {key: incoming.get(key) for key in kept} == {
        "mode": "interior",
        "name": router_of(dialler),
        "linkCost": 1,
        "direction": "incoming",
    }


def test_every_site_reports_the_whole_network(place: Make) -> None:
    left, middle, right = (place().site(ingress="none") for _ in range(3))
    left.dial(middle, "link-1")
    right.dial(middle, "link-2")

    everybody = {left.site_id, middle.site_id, right.site_id}
    for site in (left, middle, right):
        until(lambda site=site: site.seen() == everybody)


def test_an_interior_router_does_not_list_the_edge_sites_it_serves(place: Make) -> None:
    issuer, edge = place().site(ingress="none"), place().site(router_mode="edge", ingress="none")
    edge.dial(issuer, "link-1")
    edge.linked(issuer)
    until(lambda: len(issuer.seen()) == 2)

    (uplink,) = until(edge.router_links)
    assert (issuer.router_links(), uplink["mode"], uplink["direction"]) == ([], "edge", "outgoing")


def test_two_links_to_one_site_are_one_record(place: Make) -> None:
    issuer, dialler = linked_pair(place)
    dialler.dial(issuer, "link-2")
    dialler.linked(issuer, issuer)
    # A third site that both have seen shows that both have reported what came before.
    third = place().site(ingress="none")
    third.dial(issuer, "link-3")
    until(lambda: third.site_id in issuer.seen() & dialler.seen())
    incoming = [link["name"] for link in issuer.router_links()]

    assert (len(dialler.router_links()), incoming.count(router_of(dialler))) == (1, 1)


def test_the_cost_in_the_status_is_not_that_of_the_token(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    dialler.dial(issuer, "link-1", annotations={"skupper.io/cost": "5"})

    until(lambda: [link["linkCost"] for link in dialler.router_links()] == [2])


def test_replicas_of_an_interior_router_mesh_among_themselves(place: Make) -> None:
    site = place().site(ingress="none", routers="2")

    (entry,) = site.status()["siteStatus"]
    first, second = entry["routerStatus"]
    assert [link["name"] for link in first["links"]] == [second["router"]["name"].removeprefix("0/")]
    assert [link["direction"] for link in second["links"]] == ["outgoing"]


def test_a_broken_link_leaves_the_record_of_the_other_end_for_a_minute(
    place: Make, clock: ManualClock
) -> None:
    issuer, dialler = linked_pair(place)
    issuer.scale(0)
    until(lambda: dialler.router_links() == [])

    assert len(dialler.router_links(of=issuer)) == 1
    clock.advance(61)
    until(lambda: dialler.seen() == {dialler.site_id})


def test_a_status_that_does_not_change_is_not_written_again(place: Make, clock: ManualClock) -> None:
    _, dialler = linked_pair(place)
    before = dialler.wait_for(CONFIG_MAP, "skupper-network-status")["metadata"]["resourceVersion"]
    lock = renewed(dialler)
    clock.advance(11)

    until(lambda: renewed(dialler) != lock)
    assert dialler.wait_for(CONFIG_MAP, "skupper-network-status")["metadata"]["resourceVersion"] == before


def renewed(site: SkupperNamespace) -> str:
    lock = site.wait_for(CONFIG_MAP, "skupper-site-leader")["metadata"]["annotations"]
    return str(json.loads(lock["control-plane.alpha.kubernetes.io/leader"])["renewTime"])


def test_the_lock_names_the_leading_pod(lonely: SkupperNamespace) -> None:
    lock = lonely.wait_for(CONFIG_MAP, "skupper-site-leader")["metadata"]["annotations"]

    held = json.loads(lock["control-plane.alpha.kubernetes.io/leader"])
    assert f"lonely-{held['holderIdentity']}" == router_of(lonely)
    assert held["leaseDurationSeconds"] == 15


def test_a_deleted_status_is_written_again(place: Make) -> None:
    site = place().site(ingress="none")
    before = site.wait_for(CONFIG_MAP, "skupper-network-status")["metadata"]["uid"]
    site.delete(CONFIG_MAP, "skupper-network-status")

    until(lambda: site.wait_for(CONFIG_MAP, "skupper-network-status")["metadata"]["uid"] != before)


def test_the_lock_is_renewed_no_more_once_the_router_is_gone(place: Make, clock: ManualClock) -> None:
    site, other = place().site(ingress="none"), place().site(ingress="none")
    site.delete(DEPLOYMENT, "skupper-router")
    site.gone(CONFIG_MAP, "skupper-site-leader")
    lock = renewed(other)
    clock.advance(11)

    until(lambda: renewed(other) != lock)
    assert site.get(CONFIG_MAP, "skupper-site-leader") is None
