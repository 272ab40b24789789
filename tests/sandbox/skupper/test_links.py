"""From a delivered token to a link that is up, or is not."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from reconcile.kinds import DEPLOYMENT, SECRET, SERVICE
from reconcile.sandbox.skupper import certificates
from reconcile.sandbox.skupper.clock import ManualClock
from reconcile.sandbox.skupper.simulator import Skupper
from tests.sandbox.skupper.namespaces import SkupperNamespace
from tests.waiting import until

pytestmark = pytest.mark.simulation_suffices(
    "the shapes of all requests of the simulation are replayed to both"
)

Make = Callable[..., SkupperNamespace]

NODE = {"ingress": "nodeport", "ingress_host": "node.east.example"}
"""A way in from everywhere, on any cluster."""


@pytest.fixture
def cut(skupper: Skupper) -> Iterator[None]:
    skupper.wire.cut("west", "east")
    yield
    skupper.wire.restore("east", "west")


@pytest.fixture(scope="module")
def issuer(shared: Make) -> SkupperNamespace:
    """A site that tests only link to."""
    return shared().site(ingress="none")


def test_a_delivered_token_brings_a_link_between_clusters_up(place: Make) -> None:
    issuer, dialler = place().site(**NODE), place("west").site(ingress="none")
    dialler.dial(issuer, "link-1")

    dialler.linked(issuer)


def test_the_connector_has_the_name_of_the_token(place: Make, issuer: SkupperNamespace) -> None:
    dialler = place().site(ingress="none")
    dialler.dial(issuer, "link-1")

    assert until(lambda: dialler.connector("link-1")) == {
        "name": "link-1",
        "role": "inter-router",
        "host": f"skupper-router.{issuer.namespace}",
        "port": "55671",
        "sslProfile": "link-1-profile",
    }
    assert "link-1-profile" in dialler.config()["sslProfile"]


@pytest.mark.parametrize(("text", "cost"), [("7", 7), ("cheap", None)])
def test_the_cost_is_an_annotation_of_the_token(
    place: Make, issuer: SkupperNamespace, text: str, cost: int | None
) -> None:
    dialler = place().site(ingress="none")
    dialler.dial(issuer, "link-1", annotations={"skupper.io/cost": text})

    assert until(lambda: dialler.connector("link-1")).get("cost") == cost


def test_an_edge_site_dials_the_endpoint_for_edge_sites(place: Make, issuer: SkupperNamespace) -> None:
    dialler = place().site(router_mode="edge", ingress="none")
    dialler.dial(issuer, "link-1")

    dialler.linked(issuer)
    connector = dialler.connector("link-1")
    assert connector is not None
    assert (connector["role"], connector["port"]) == ("edge", "45671")


def test_a_token_of_the_site_itself_is_not_dialled(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    issuer.token("link-1")
    issuer.dial(dialler, "link-2")

    issuer.linked(dialler)
    assert issuer.connector("link-1") is None


def test_removing_the_token_removes_connector_profile_and_link(place: Make, issuer: SkupperNamespace) -> None:
    dialler = place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    dialler.delete(SECRET, "link-1")

    dialler.linked()
    assert "connector" not in dialler.config()
    assert "link-1-profile" not in dialler.config()["sslProfile"]


def test_taking_the_label_away_removes_the_connector(place: Make, issuer: SkupperNamespace) -> None:
    dialler = place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    dialler.patch(SECRET, "link-1", {"metadata": {"labels": {"skupper.io/type": None}}})

    dialler.linked()


def test_a_namesake_in_the_diallers_cluster_is_not_taken_for_the_issuer(place: Make) -> None:
    issuer = place().site(ingress="none")
    namesake = place("west", issuer.namespace).site(ingress="none")
    dialler, witness = place("west").site(ingress="none"), place("west").site(ingress="none")
    dialler.dial(issuer, "link-1")
    until(lambda: dialler.connector("link-1"))
    witness.dial(namesake, "link-2")

    witness.linked(namesake)
    assert dialler.links == ()


def forged(token: dict[str, object], clock: ManualClock, **changes: str) -> dict[str, object]:
    """The token with a client certificate of another CA, or with other changes of its data."""
    other = certificates.new_authority("skupper-site-ca", at=clock.now())
    data = certificates.new_leaf(
        "link-1", (), authority=certificates.read_authority("ca", other), at=clock.now()
    )
    return {**token, "data": {**data, **changes}}


@dataclass(frozen=True)
class Diallers:
    """Sites with a token of one issuer, as they are when another one that got a token last has a link."""

    without_controller: SkupperNamespace
    """Of a service-controller; it never gets a connector, the others have one."""
    outside: SkupperNamespace
    """In another cluster; the host is an inner one."""
    unknown: SkupperNamespace
    """Its client certificate is of another CA."""
    unbelieving: SkupperNamespace
    """It knows another CA of the issuer."""
    without_key: SkupperNamespace


@pytest.fixture(scope="module")
def diallers(shared: Make, issuer: SkupperNamespace, clock: ManualClock) -> Diallers:
    found = Diallers(
        shared().site(ingress="none", service_controller="false"),
        shared("west").site(ingress="none"),
        *(shared().site(ingress="none") for _ in range(3)),
    )
    token = issuer.token("link-1")
    issuer.delete(SECRET, "link-1")
    data = token["data"]
    found.without_controller.take(token)
    found.outside.take(token)
    found.unknown.take(forged(token, clock, **{"ca.crt": data["ca.crt"]}))
    found.unbelieving.take({**token, "data": {**data, "ca.crt": forged(token, clock)["data"]["ca.crt"]}})
    found.without_key.take({**token, "data": {**data, "tls.key": base64.b64encode(b"nothing").decode()}})
    for each in (found.outside, found.unknown, found.unbelieving, found.without_key):
        until(lambda each=each: each.connector("link-1"))
    witness = shared().site(ingress="none")
    witness.dial(issuer, "link-2")
    witness.linked(issuer)
    return found


def test_without_a_service_controller_tokens_do_nothing(diallers: Diallers) -> None:
    assert diallers.without_controller.connector("link-1") is None


def test_an_inner_host_is_known_in_its_own_cluster_only(diallers: Diallers) -> None:
    assert diallers.outside.links == ()


def test_a_client_certificate_of_another_ca_is_turned_away(diallers: Diallers) -> None:
    assert diallers.unknown.links == ()


def test_an_issuer_with_another_ca_is_not_believed(diallers: Diallers) -> None:
    assert diallers.unbelieving.links == ()


def test_a_token_without_a_key_does_not_work(diallers: Diallers) -> None:
    assert diallers.without_key.links == ()


def test_a_host_that_the_server_certificate_does_not_name_is_refused(place: Make) -> None:
    issuer, dialler, witness = (
        place().site(**NODE),
        place().site(ingress="none"),
        place().site(ingress="none"),
    )
    witness.dial(issuer, "link-1")
    witness.linked(issuer)
    issuer.edit_config(ingress_host="new.east.example")
    dialler.dial(issuer, "link-2")

    # The witness loses its link since the old host leads nowhere now; the dialler never gets one.
    witness.linked()
    until(lambda: dialler.connector("link-2"))
    assert dialler.links == ()


def test_a_service_that_selects_other_pods_leads_nowhere(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    issuer.patch(SERVICE, "skupper-router", {"spec": {"selector": {"owner": "somebody-else"}}})

    dialler.linked()


def test_a_cut_between_clusters_takes_links_down_until_it_is_restored(place: Make, skupper: Skupper) -> None:
    issuer, dialler = place().site(**NODE), place("west").site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)

    skupper.wire.cut("west", "east")
    dialler.linked()
    skupper.wire.restore("east", "west")
    dialler.linked(issuer)


def test_a_cut_leaves_links_within_a_cluster(place: Make, issuer: SkupperNamespace, cut: None) -> None:
    dialler = place().site(ingress="none")
    dialler.dial(issuer, "link-1")

    dialler.linked(issuer)


def test_a_router_that_stops_loses_its_links_and_gets_them_back(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)

    issuer.scale(0)
    dialler.linked()
    issuer.scale(1)
    dialler.linked(issuer)


def with_two_uplinks(
    place: Make, first: str, second: str
) -> tuple[SkupperNamespace, SkupperNamespace, SkupperNamespace]:
    """An edge site, a site that it was linked to first, and one that it has a connector to since; by names of links."""
    one, other = place().site(ingress="none"), place().site(ingress="none")
    edge = place().site(router_mode="edge", ingress="none")
    edge.dial(one, first)
    edge.linked(one)
    edge.dial(other, second)
    until(lambda: edge.connector(second))
    return edge, one, other


@pytest.mark.parametrize("names", [("link-1", "link-2"), ("link-2", "link-1")])
def test_an_edge_site_keeps_its_one_uplink_whatever_name_comes_up_later(
    place: Make, names: tuple[str, str]
) -> None:
    edge, first, _ = with_two_uplinks(place, *names)

    edge.linked(first)


def test_an_edge_site_falls_back_to_its_next_uplink(place: Make) -> None:
    edge, first, second = with_two_uplinks(place, "link-1", "link-2")

    first.scale(0)
    edge.linked(second)


def test_a_lost_router_deployment_takes_its_links_along(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    issuer.delete(DEPLOYMENT, "skupper-router")

    dialler.linked()
