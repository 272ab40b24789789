"""Sites that are deleted and made again, and what is left over from before."""

from collections.abc import Callable

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.sandbox.skupper import certificates
from reconcile.sandbox.skupper.clock import ManualClock
from tests.sandbox.skupper.namespaces import SkupperNamespace, decode
from tests.waiting import until

Make = Callable[..., SkupperNamespace]


def remake(site: SkupperNamespace, **config: str) -> None:
    """Delete the ConfigMap, wait until all it owned is gone, make it again."""
    site.delete(CONFIG_MAP, "skupper-site")
    site.gone(CONFIG_MAP, "skupper-internal")
    site.gone(DEPLOYMENT, "skupper-router")
    until(lambda: not any(name.startswith("skupper-") for name in site.names(SECRET)))
    site.declare(**config)
    site.wait_for(CONFIG_MAP, "skupper-network-status")


def test_a_config_map_made_again_too_soon_makes_no_site(place: Make) -> None:
    site = place().site(ingress="none")
    # A finalizer holds what garbage collection has not deleted yet.
    site.patch(CONFIG_MAP, "skupper-internal", {"metadata": {"finalizers": ["test/hold"]}})
    site.patch(DEPLOYMENT, "skupper-router", {"metadata": {"finalizers": ["test/hold"]}})
    site.delete(CONFIG_MAP, "skupper-site")
    until(lambda: "deletionTimestamp" in site.wait_for(CONFIG_MAP, "skupper-internal")["metadata"])
    seen = site.log.count("Skupper site exists")
    site.declare(ingress="none")
    site.said("Skupper site exists", times=seen + 1)

    for kind, name in ((CONFIG_MAP, "skupper-internal"), (DEPLOYMENT, "skupper-router")):
        site.patch(kind, name, {"metadata": {"finalizers": None}})
        site.gone(kind, name)
    place().site(ingress="none")
    assert site.get(DEPLOYMENT, "skupper-router") is None


def test_a_site_made_again_has_a_new_id_and_a_new_ca(place: Make) -> None:
    site = place().site(ingress="none")
    before = site.site_id, decode(site.wait_for(SECRET, "skupper-site-ca"), "tls.crt")
    remake(site, ingress="none")

    after = site.site_id, decode(site.wait_for(SECRET, "skupper-site-ca"), "tls.crt")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_links_to_a_site_made_again_stay_down(place: Make) -> None:
    issuer, dialler, witness = (place().site(ingress="none") for _ in range(3))
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    remake(issuer, ingress="none")
    witness.dial(issuer, "link-2")

    witness.linked(issuer)
    assert dialler.links == ()


def test_a_leftover_token_makes_the_new_site_dial_itself(place: Make) -> None:
    site = place().site(ingress="none")
    site.token("link-1")
    assert site.connector("link-1") is None
    remake(site, ingress="none")

    connector = until(lambda: site.connector("link-1"))
    assert connector["host"] == f"skupper-router.{site.namespace}"


def test_links_survive_the_making_again_if_the_ca_is_our_own(place: Make, clock: ManualClock) -> None:
    issuer, dialler = place(), place().site(ingress="none")
    issuer.make(SECRET, "skupper-site-ca", data=certificates.new_authority("ours", at=clock.now()))
    issuer.site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    issuer.delete(CONFIG_MAP, "skupper-site")
    dialler.linked()
    for kind, name in (
        (CONFIG_MAP, "skupper-internal"),
        (DEPLOYMENT, "skupper-router"),
        (SECRET, "skupper-site-server"),
    ):
        issuer.gone(kind, name)
    issuer.declare(ingress="none")

    dialler.linked(issuer)


def test_a_deleted_router_comes_back_with_the_next_event_and_keeps_its_links(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    before = dialler.site_id
    dialler.delete(DEPLOYMENT, "skupper-router")
    dialler.gone(CONFIG_MAP, "skupper-network-status")
    dialler.linked()

    dialler.patch(CONFIG_MAP, "skupper-site", {"data": {"anything": "1"}})
    dialler.linked(issuer)
    assert dialler.site_id == before


def test_a_deleted_service_controller_is_never_repaired(place: Make) -> None:
    site = place().site(ingress="none")
    site.delete(DEPLOYMENT, "skupper-service-controller")
    site.edit_config(anything="1")

    assert site.get(DEPLOYMENT, "skupper-service-controller") is None


def test_a_site_controller_that_goes_leaves_links_up(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    issuer.delete(DEPLOYMENT, "skupper-site-controller")
    other = place().site(ingress="none")
    dialler.dial(other, "link-1")

    dialler.linked(other)
    assert issuer.get(DEPLOYMENT, "skupper-router") is not None
