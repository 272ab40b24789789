"""Token requests: what the answer holds, and when there is none."""

from collections.abc import Callable

from cryptography import x509
from cryptography.x509.oid import NameOID

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from tests.sandbox.skupper.namespaces import CONTROLLER, SkupperNamespace, decode
from tests.waiting import until

Make = Callable[..., SkupperNamespace]
TOUCH = {"metadata": {"annotations": {"touched": "1"}}}


def test_the_request_itself_becomes_the_token(place: Make) -> None:
    site = place().site(ingress="none")
    site.request("link-1")
    uid = site.wait_for(SECRET, "link-1")["metadata"]["uid"]

    until(lambda: site.is_token("link-1"))
    assert site.wait_for(SECRET, "link-1")["metadata"]["uid"] == uid


def test_a_token_says_who_made_it_and_where_to_dial(place: Make) -> None:
    site = place().site(ingress="none")

    host = f"skupper-router.{site.namespace}"
    assert site.token("link-1")["metadata"]["annotations"] == {
        "inter-router-host": host,
        "inter-router-port": "55671",
        "edge-host": host,
        "edge-port": "45671",
        "skupper.io/site-version": "1.9.6",
        "skupper.io/generated-by": site.site_id,
    }


def test_a_token_of_a_site_with_routes_names_their_hosts(place: Make) -> None:
    site = place().site(ingress="route")

    annotations = site.token("link-1")["metadata"]["annotations"]
    assert annotations["inter-router-host"].startswith(f"skupper-inter-router-{site.namespace}.")
    assert (annotations["inter-router-port"], annotations["edge-port"]) == ("443", "443")


def test_annotations_of_the_request_stay(place: Make) -> None:
    site = place().site(ingress="none")
    labels = {"skupper.io/type": "connection-token-request", "owner": "us"}
    site.make(SECRET, "link-1", labels=labels)
    site.patch(SECRET, "link-1", TOUCH)

    until(lambda: site.is_token("link-1"))
    metadata = site.wait_for(SECRET, "link-1")["metadata"]
    assert (metadata["labels"]["owner"], metadata["annotations"]["touched"]) == ("us", "1")


def test_the_certificate_is_signed_by_the_sites_ca_for_the_name_of_the_secret(place: Make) -> None:
    site = place().site(ingress="none")
    token, ca = site.token("link-1"), site.wait_for(SECRET, "skupper-site-ca")
    certificate = x509.load_pem_x509_certificate(decode(token, "tls.crt"))

    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(decode(ca, "tls.crt")))
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "link-1"
    assert decode(token, "ca.crt") == decode(ca, "tls.crt")


def test_the_server_certificate_names_the_service_and_every_host(place: Make) -> None:
    site = place().site(ingress="route")
    token = site.token("link-1")["metadata"]["annotations"]
    certificate = x509.load_pem_x509_certificate(
        decode(site.wait_for(SECRET, "skupper-site-server"), "tls.crt")
    )

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    inside = f"skupper-router.{site.namespace}"
    assert {inside, f"{inside}.svc.cluster.local", token["inter-router-host"], token["edge-host"]} <= set(
        names.get_values_for_type(x509.DNSName)
    )


def test_the_server_certificate_names_the_address_of_a_load_balancer_twice(place: Make) -> None:
    site = place("west").site(ingress="loadbalancer")
    secret = site.wait_for(SECRET, "skupper-site-server")
    certificate = x509.load_pem_x509_certificate(decode(secret, "tls.crt"))

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    assert (len(addresses), len(set(addresses))) == (2, 1)


def test_a_request_before_the_site_is_answered_once_the_site_is_made(place: Make) -> None:
    site = place()
    site.install()
    site.request("link-1")
    site.said("Cannot handle token request link-1, as site not yet initialised")

    site.declare(ingress="none")
    until(lambda: site.is_token("link-1"))


def test_an_edge_site_refuses(place: Make) -> None:
    site = place().site(router_mode="edge", ingress="none")
    site.request("link-1")

    site.said("Edge configuration cannot accept connections")
    assert not site.is_token("link-1")


def refused(place: Make) -> SkupperNamespace:
    """A site that has refused ``link-1`` since its CA was away, and has it back."""
    site = place().site(ingress="none")
    ca = site.wait_for(SECRET, "skupper-site-ca")
    site.delete(SECRET, "skupper-site-ca")
    site.request("link-1")
    site.said('secrets "skupper-site-ca" not found')
    site.make(SECRET, "skupper-site-ca", data=ca["data"])
    return site


def test_a_refused_request_is_not_tried_again(place: Make) -> None:
    site = refused(place)
    # A second request that is answered shows that the first had its turn.
    site.token("link-2")

    assert (site.is_token("link-1"), site.log.count("Generating token for request link-1")) == (False, 1)


def test_a_touched_request_is_tried_again(place: Make) -> None:
    site = refused(place)
    site.patch(SECRET, "link-1", TOUCH)

    until(lambda: site.is_token("link-1"))


def test_a_change_of_the_config_map_tries_requests_again(place: Make) -> None:
    site = refused(place)
    site.patch(CONFIG_MAP, "skupper-site", TOUCH)

    until(lambda: site.is_token("link-1"))


def test_a_restart_of_the_site_controller_tries_requests_again(place: Make) -> None:
    site = refused(place)
    site.restart(CONTROLLER)

    until(lambda: site.is_token("link-1"))


def test_without_a_site_controller_nothing_is_answered(place: Make) -> None:
    site, other = place().site(ingress="none"), place().site(ingress="none")
    site.delete(DEPLOYMENT, CONTROLLER)
    site.request("link-1")
    other.token("link-1")

    assert not site.is_token("link-1")


def test_the_next_token_follows_an_edited_ingress_though_nothing_listens_there(place: Make) -> None:
    site = place().site(ingress="none")
    site.edit_config(ingress="nodeport", ingress_host="node.example")

    assert site.token("link-1")["metadata"]["annotations"]["inter-router-host"] == "node.example"


def test_a_missing_route_refuses_a_token(place: Make) -> None:
    site = place().site(ingress="none")
    site.edit_config(ingress="route")
    site.request("link-1")

    site.said('routes "skupper-inter-router" not found')
    assert not site.is_token("link-1")
