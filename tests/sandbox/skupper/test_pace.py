"""What takes how long, and what can be seen in the meantime."""

from collections.abc import Iterator

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from tests.sandbox.skupper.namespaces import SkupperNamespace
from tests.sandbox.skupper.paced import CREATED, GIVEN, SHOWN, TOLD, Paced, running
from tests.waiting import until

FRESH = '{"addresses":null,"siteStatus":null}'
PARKED = {"metadata": {"labels": {"skupper.io/type": None}}}
IN_USE = {"metadata": {"labels": {"skupper.io/type": "connection-token"}}}


@pytest.fixture(scope="module")
def paced() -> Iterator[Paced]:
    with running() as found:
        yield found


def text(site: SkupperNamespace) -> str:
    found: str = site.wait_for(CONFIG_MAP, "skupper-network-status")["data"]["NetworkStatus"]
    return found


def starts(site: SkupperNamespace) -> list[int]:
    """When the links that a site reports began."""
    return [link["startTime"] for link in site.router_links()]


def renewed(site: SkupperNamespace) -> str:
    lock = site.wait_for(CONFIG_MAP, "skupper-site-leader")["metadata"]["annotations"]
    return str(lock["control-plane.alpha.kubernetes.io/leader"])


def test_the_service_controller_is_there_after_4_to_5_seconds(paced: Paced) -> None:
    site = paced.declared()
    paced.passes(3.9)
    assert site.get(DEPLOYMENT, "skupper-service-controller") is None
    paced.passes(CREATED - 3.9)

    site.wait_for(DEPLOYMENT, "skupper-service-controller")


def test_a_fresh_status_lists_nothing(paced: Paced) -> None:
    site = paced.declared()
    paced.passes(9.9)

    assert text(site) == FRESH


def test_a_site_makes_one_token_after_the_other(paced: Paced) -> None:
    site = paced.site()
    names = ("link-1", "link-2")
    for name in names:
        site.request(name)
    site.said("Generating token")
    paced.passes(0.9)
    there = [[name for name in names if site.is_token(name)]]
    for _ in names:
        paced.passes(GIVEN - 0.9)
        paced.passes(0.9)
        there.append([name for name in names if site.is_token(name)])

    assert list(map(len, there)) == [0, 1, 2]


def test_a_delivered_token_shows_as_a_link_after_10_to_30_seconds(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.connect(dialler, issuer, "link-1")
    paced.passes(9.9)
    assert (dialler.router_links(), issuer.router_links()) == ([], [])
    paced.passes(SHOWN - 9.9)

    until(lambda: dialler.router_links() and issuer.router_links())


def test_the_neighbour_of_a_restarted_router_drops_the_link_at_once(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    issuer.restart("skupper-router")

    until(lambda: dialler.router_links() == [])


def test_a_restarted_router_lists_nothing_for_10_to_15_seconds(paced: Paced) -> None:
    site = paced.site()
    site.restart("skupper-router")
    until(lambda: text(site) == FRESH)
    paced.passes(9.9)
    assert text(site) == FRESH
    paced.passes(TOLD - 9.9)

    until(lambda: site.seen() == {site.site_id})


def test_both_ends_list_the_link_30_seconds_after_a_restart(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    issuer.restart("skupper-router")
    until(lambda: text(issuer) == FRESH)
    until(lambda: dialler.links)
    paced.passes(SHOWN)

    until(lambda: dialler.router_links() and issuer.router_links())


def test_a_new_connection_beside_an_old_one_leaves_the_record_as_it_is(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    before = starts(dialler)
    paced.connect(dialler, issuer, "link-2")
    paced.passes(SHOWN)

    assert starts(dialler) == before


def test_without_the_old_connection_the_new_one_shows_as_a_new_record(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    (before,) = starts(dialler)
    paced.connect(dialler, issuer, "link-2")
    dialler.patch(SECRET, "link-1", PARKED)
    until(lambda: (dialler.router_links(), issuer.router_links()) == ([], []))
    paced.passes(SHOWN)

    (after,) = until(lambda: starts(dialler))
    assert after > before


def test_a_new_connection_that_cannot_work_does_not_show(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    broken = {"kind": "Secret", "metadata": {"name": "link-2", "annotations": {}}, "data": {}}
    dialler.take(broken, annotations={"inter-router-host": "nowhere.example", "inter-router-port": "443"})
    until(lambda: dialler.connector("link-2"))
    before = starts(dialler)
    dialler.patch(SECRET, "link-1", PARKED)
    until(lambda: dialler.router_links() == [])
    paced.passes(SHOWN)

    assert (len(before), dialler.router_links(), dialler.links) == (1, [], ())


def test_a_token_that_is_labelled_again_is_used_again(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    dialler.patch(SECRET, "link-1", PARKED)
    dialler.linked()
    assert dialler.connector("link-1") is None
    dialler.patch(SECRET, "link-1", IN_USE)

    dialler.linked(issuer)


def test_of_two_sites_that_dial_each_other_the_first_connection_shows(paced: Paced) -> None:
    first, second = paced.site(), paced.site()
    paced.connect(first, second, "link-1")
    paced.connect(second, first, "link-2")
    paced.passes(SHOWN)

    directions = [[link["direction"] for link in until(site.router_links)] for site in (first, second)]
    assert directions == [["outgoing"], ["incoming"]]


def test_a_leader_renews_its_lock_every_two_seconds(paced: Paced) -> None:
    site = paced.site()
    before = renewed(site)
    paced.passes(1.9)
    assert renewed(site) == before
    paced.passes(0.1)

    until(lambda: renewed(site) != before)


def test_a_router_that_is_scaled_to_nothing_leaves_its_status_as_it_was(paced: Paced) -> None:
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    before = text(issuer)
    issuer.scale(0)
    dialler.linked()
    paced.passes(120)

    assert text(issuer) == before
