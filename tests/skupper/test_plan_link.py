"""Where a link stands and what comes next, for one link between two sites on two clusters."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reconcile.findings import Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SECRET
from reconcile.skupper.certificates import read
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.plan import Change, LinkReport, LinkState, Plan, Verb, Verdict
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint
from reconcile.skupper.v1.delivery import Delivery
from reconcile.skupper.v1.endpoints import Endpoint
from tests.skupper.fakes import NOW, OURS, FakeCluster, body, certificate
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

DIALLER, ISSUER = "b/net", "a/net"


class Pair:
    """Two clusters with one site each; b dials a, since its name is the greater."""

    def __init__(self) -> None:
        self.a, self.b = FakeCluster("a"), FakeCluster("b")
        self.now = NOW
        sites = tuple(
            SiteDefinition(Cluster(name, f"https://{name}", private=False), "net") for name in ("a", "b")
        )
        self.definitions = Definitions(
            networks=(Network("n", "1.9.6", settings={"image": "image"}, sites=sites),)
        )

    def with_sites(self) -> "Pair":
        self.a.add_site("net", site_id="id-a")
        self.b.add_site("net", site_id="id-b")
        return self

    def plan(self) -> Plan:
        return plan_inputs(
            PlanInput(
                desired=resolve(self.definitions),
                ownership=OURS,
                now=self.now,
                snapshots={"a": self.a.snapshot(), "b": self.b.snapshot()},
            )
        )

    def link(self) -> LinkReport:
        (report,) = self.plan().links
        return report

    def secret_changes(self) -> list[tuple[Verb, str, str, bool]]:
        return [
            (change.verb, change.cluster, change.name, change.ready)
            for change in self.plan().changes
            if change.kind == SECRET
        ]

    def change(self, verb: Verb, name: str) -> Change:
        (found,) = [c for c in self.plan().changes if c.verb is verb and c.name == name and c.kind == SECRET]
        return found

    def request(self) -> str:
        name = self.link().credential
        self.a.add_link_secret("net", name, DIALLER, ISSUER)
        return name

    def issue(self, name: str = "", issued_by: str = "id-a", host: str = "net.a.example.com") -> str:
        name = name or self.link().credential
        self.a.add_link_secret("net", name, DIALLER, ISSUER, issued_by=issued_by, host=host)
        return name

    def deliver(self, name: str = "", issued_by: str = "id-a", host: str = "net.a.example.com") -> str:
        name = name or self.link().credential
        self.b.add_link_secret("net", name, DIALLER, ISSUER, issued_by=issued_by, host=host)
        return name

    def connect(self, *names: str) -> None:
        self.a.add_status("net", "id-a", incoming=["id-b"])
        self.b.add_status("net", "id-b", outgoing=["id-a"])
        self.b.add_connectors("net", "id-b", *names)


@pytest.fixture
def pair() -> Pair:
    return Pair().with_sites()


def test_a_link_waits_for_its_issuer_to_exist():
    pair = Pair()
    pair.b.add_site("net", site_id="id-b")
    assert (pair.link().state, pair.link().reason) == (
        LinkState.WAITING,
        "issuer a/net: the site does not exist yet",
    )


def test_a_link_waits_for_the_host_of_a_route(pair: Pair):
    pair.a.add(ROUTE, body(ROUTE, "net", "skupper-inter-router", owner="id-a", spec={}))
    assert pair.link().reason == "issuer a/net: waiting for the host of its Route"


def test_a_link_waits_for_the_address_of_a_load_balancer(pair: Pair):
    pair.a.add_site("net", site_id="id-a", data={"ingress": "loadbalancer"})
    pair.a.add_load_balancer("net", "id-a")
    assert pair.link().reason == "issuer a/net: waiting for the address of its load balancer"


def test_a_ca_of_an_earlier_site_is_not_taken_for_the_current_one(pair: Pair):
    pair.a.bodies[SECRET, "net", "skupper-site-ca"]["metadata"]["ownerReferences"][0]["uid"] = "old"
    assert pair.link().reason == "issuer a/net: it has no CA yet"


def test_what_a_waiting_link_will_need_is_planned_for_later():
    assert Pair().secret_changes() == [
        (Verb.CREATE, "a", "link-a-net-1c62e307-<fingerprint>", False),
        (Verb.CREATE, "b", "link-a-net-1c62e307-<fingerprint>", False),
        (Verb.DELETE, "a", "link-a-net-1c62e307-<fingerprint>", False),
    ]


def test_the_token_is_requested_as_soon_as_the_issuer_is_ready(pair: Pair):
    name = pair.link().credential
    assert pair.secret_changes() == [
        (Verb.CREATE, "a", name, True),
        (Verb.CREATE, "b", name, False),
        (Verb.DELETE, "a", name, False),
    ]


def test_a_fresh_request_is_left_to_the_site_controller(pair: Pair):
    name = pair.request()
    assert pair.secret_changes() == [(Verb.CREATE, "b", name, False), (Verb.DELETE, "a", name, False)]


def test_an_old_request_is_retriggered(pair: Pair):
    name = pair.request()
    pair.now += timedelta(seconds=30)
    assert (Verb.PATCH, "a", name, True) in pair.secret_changes()


def test_a_request_that_was_retriggered_is_given_time_again(pair: Pair):
    name = pair.request()
    request = pair.a.bodies[SECRET, "net", name]["metadata"]["annotations"]
    request["qontract-skupper/touched"] = "2026-03-01T12:05:00+00:00"
    pair.now += timedelta(minutes=5, seconds=10)
    assert Verb.PATCH not in {change[0] for change in pair.secret_changes()}


def test_an_issued_token_is_delivered(pair: Pair):
    name = pair.issue()
    assert pair.secret_changes() == [(Verb.CREATE, "b", name, True), (Verb.DELETE, "a", name, False)]


def test_a_delivery_names_where_the_token_is(pair: Pair):
    name = pair.issue()
    hand_over = pair.change(Verb.CREATE, name).hand_over
    assert hand_over
    assert hand_over.source == ("a", SECRET, "net", name)


@pytest.mark.parametrize("edge", [False, True])
def test_a_delivery_knows_the_issuer_that_its_token_must_be_of(pair: Pair, edge: bool):
    (network,) = pair.definitions.networks
    dialler = replace(network.sites[1], config={"edge": edge})
    pair.definitions = Definitions(networks=(replace(network, sites=(network.sites[0], dialler)),))
    host = "net.a.example.com"
    hand_over = pair.change(Verb.CREATE, pair.issue()).hand_over
    assert hand_over
    assert hand_over.compose == Delivery(
        name=pair.link().credential,
        issuer=SiteKey("a", "net"),
        site_id="id-a",
        ca=read(certificate("ca-of-id-a")).fingerprint,
        edge=edge,
        inter_router=Endpoint(host, "443"),
        edge_router=Endpoint(host, "443"),
    )


def test_a_token_for_another_host_is_not_delivered_but_made_again(pair: Pair):
    name = pair.issue(host="")
    assert pair.secret_changes() == [(Verb.DELETE, "a", name, True)]


def test_a_token_of_another_ca_is_not_delivered(pair: Pair):
    name = pair.issue(issued_by="somebody")
    assert [change for change in pair.secret_changes() if change[1] == "b" and change[3]] == []
    assert (Verb.DELETE, "a", name, True) in pair.secret_changes()


def test_the_issuers_copy_goes_once_the_token_is_delivered(pair: Pair):
    name = pair.issue()
    pair.deliver(name)
    assert pair.secret_changes() == [(Verb.DELETE, "a", name, True)]


def test_a_delivered_token_is_given_time_to_become_a_link(pair: Pair):
    pair.deliver()
    assert pair.link().state is LinkState.DELIVERED


def test_a_link_is_up_when_both_ends_say_so(pair: Pair):
    pair.connect(pair.deliver())
    assert pair.link().state is LinkState.UP
    assert pair.secret_changes() == []


def test_a_link_that_only_one_end_sees_is_down(pair: Pair):
    pair.connect(pair.deliver())
    pair.a.add_status("net", "id-a")
    pair.now += timedelta(minutes=10)
    assert pair.link().state is LinkState.DOWN


def test_a_missing_status_is_unknown_and_not_down(pair: Pair):
    pair.deliver()
    pair.now += timedelta(minutes=10)
    assert pair.link().state is LinkState.UNKNOWN


def test_a_broken_status_is_unknown_and_not_down(pair: Pair):
    pair.connect(pair.deliver())
    pair.a.bodies[CONFIG_MAP, "net", "skupper-network-status"]["data"] = {"NetworkStatus": "{"}
    pair.now += timedelta(minutes=10)
    assert pair.link().state is LinkState.UNKNOWN


def test_a_link_to_an_earlier_site_id_is_not_up(pair: Pair):
    pair.connect(pair.deliver())
    pair.b.add_status("net", "id-b", outgoing=["id-of-the-dead"])
    pair.now += timedelta(minutes=10)
    assert pair.link().state is LinkState.DOWN


def test_an_issuer_that_was_recreated_gets_a_token_of_a_new_name(pair: Pair):
    old = pair.deliver()
    pair.a.add_site("net", site_id="id-a2")
    assert pair.link().credential != old


@pytest.mark.parametrize("change", ["host", "ca"])
def test_a_new_endpoint_or_ca_gives_a_new_name(pair: Pair, change: str):
    old = pair.link().credential
    if change == "host":
        pair.a.add_site("net", site_id="id-a", host="other.example.com")
    else:
        other = FakeCluster("x")
        other.add_site("net", site_id="id-x")
        ca = other.bodies[SECRET, "net", "skupper-site-ca"]["data"]
        pair.a.bodies[SECRET, "net", "skupper-site-ca"]["data"] = ca
    assert pair.link().credential != old


def test_the_old_token_is_parked_once_the_router_has_loaded_the_new_one(pair: Pair):
    old = pair.deliver("link-a-net-1c62e307-old")
    new = pair.deliver(pair.link().credential)
    pair.connect(old)
    assert (Verb.PATCH, "b", old, True) not in pair.secret_changes()
    pair.connect(old, new)
    assert (Verb.PATCH, "b", old, True) in pair.secret_changes()
    assert (Verb.DELETE, "b", old, False) in pair.secret_changes()


def test_the_token_of_a_site_that_was_recreated_with_another_ca_is_not_parked_but_deleted(pair: Pair):
    old = pair.deliver("link-a-net-1c62e307-old", issued_by="id-before")
    new = pair.deliver(pair.link().credential)
    pair.connect(old, new)
    assert (Verb.DELETE, "b", old, True) in pair.secret_changes()


def test_the_old_token_stays_while_the_router_has_no_connector_for_the_new_one(pair: Pair):
    old = pair.deliver("link-a-net-1c62e307-old")
    pair.deliver(pair.link().credential)
    pair.connect(old)
    assert (Verb.DELETE, "b", old, False) in pair.secret_changes()


def test_a_link_whose_router_still_uses_the_old_token_is_on_its_way(pair: Pair):
    old = pair.deliver("link-a-net-1c62e307-old")
    pair.deliver(pair.link().credential)
    pair.connect(old)
    assert pair.link().state is LinkState.DELIVERED
    assert pair.link().reason == "the router of b/net has not loaded the new token yet"


def test_a_link_whose_router_never_takes_up_the_new_token_is_up_by_the_old_one(pair: Pair):
    old = pair.deliver("link-a-net-1c62e307-old")
    pair.deliver(pair.link().credential)
    pair.connect(old)
    pair.now += timedelta(minutes=3)
    assert pair.link().state is LinkState.UP
    assert (Verb.DELETE, "b", old, False) in pair.secret_changes()


def test_a_link_the_other_way_hides_the_declared_one_and_is_parked_when_that_is_loaded(pair: Pair):
    turned = f"{fingerprint.stem(Link(SiteKey('a', 'net'), SiteKey('b', 'net')))}-00000000"
    pair.a.add_link_secret("net", turned, ISSUER, DIALLER, issued_by="id-b", host="net.b.example.com")
    pair.a.add_status("net", "id-a", outgoing=["id-b"])
    pair.b.add_status("net", "id-b", incoming=["id-a"])
    name = pair.deliver()
    assert (Verb.DELETE, "a", turned, False) in pair.secret_changes()
    pair.b.add_connectors("net", "id-b", name)
    assert (Verb.PATCH, "a", turned, True) in pair.secret_changes()


def test_the_old_token_stays_while_the_issuer_is_gone(pair: Pair):
    pair.deliver("link-a-net-1c62e307-old")
    pair.a.remove(CONFIG_MAP, "net", "skupper-site")
    assert pair.secret_changes() == []


def test_the_last_word_of_a_router_that_is_gone_counts_for_nothing(pair: Pair):
    name = pair.deliver()
    pair.b.add_connectors("net", "id-b", name)
    pair.a.add_status("net", "id-a", incoming=["id-b"])
    pair.b.add_status("net", "id-b", outgoing=["id-a"])
    gone = {"type": "Available", "status": "False", "lastTransitionTime": "2026-03-01T12:00:00Z"}
    pair.b.bodies[DEPLOYMENT, "net", "skupper-router"]["status"] = {"conditions": [gone]}
    assert pair.link().state is LinkState.UP
    pair.now += timedelta(hours=1)
    assert pair.link().state is LinkState.DOWN
    assert pair.link().dialler.verdict is Verdict.UNKNOWN
    assert (
        pair.link().reason
        == "b/net: deployment skupper-router has been unavailable since 2026-03-01 12:00 UTC"
    )
    assert [site.state for site in pair.plan().sites] == ["down", "down"]


def test_a_token_close_to_its_expiry_is_replaced_under_a_new_name(pair: Pair):
    old = pair.deliver()
    pair.now += timedelta(days=1790)
    assert pair.link().credential != old


def test_a_token_is_replaced_60_days_before_its_certificate_expires(pair: Pair):
    """The certificates of the tests are valid for 1800 days."""
    old = pair.deliver()
    pair.now += timedelta(days=1800 - 60)
    assert pair.link().credential == old
    pair.now += timedelta(seconds=1)
    assert pair.link().credential != old


def test_a_ca_close_to_its_expiry_is_reported_and_no_token_replaced_for_it(pair: Pair):
    ca = certificate("ca-of-id-a", expires=NOW + timedelta(days=30))
    pair.a.bodies[SECRET, "net", "skupper-site-ca"]["data"]["tls.crt"] = ca
    name = pair.deliver()
    pair.b.bodies[SECRET, "net", name]["data"]["ca.crt"] = ca
    assert pair.link().credential == name
    (finding,) = pair.plan().findings
    assert (finding.rule, finding.severity) == ("expiring-site", Severity.WARNING)
    assert finding.message.startswith(
        "the certificate in Secret skupper-site-ca in a/net expires on 2026-03-31, in 30 days, "
    )


def test_the_name_of_a_renewed_token_stays_when_the_old_one_is_gone(pair: Pair):
    old = pair.deliver()
    then = pair.now
    pair.now += timedelta(days=1790)
    renewed = pair.link().credential
    pair.b.remove(SECRET, "net", old)
    pair.deliver(renewed)
    pair.now = then
    assert pair.link().credential == renewed


def test_a_token_without_a_certificate_is_replaced(pair: Pair):
    name = pair.deliver()
    pair.b.bodies[SECRET, "net", name]["data"] = {"ca.crt": "bm9uc2Vuc2U="}
    assert pair.link().credential != name


def test_a_leftover_copy_of_an_older_generation_is_removed_at_once(pair: Pair):
    pair.issue("link-a-net-1c62e307-old", issued_by="id-before")
    assert (Verb.DELETE, "a", "link-a-net-1c62e307-old", True) in pair.secret_changes()


def test_an_unreadable_issuer_leaves_its_link_unknown_and_untouched(pair: Pair):
    pair.deliver("link-a-net-1c62e307-old", issued_by="id-before")
    plan = plan_inputs(
        PlanInput(
            desired=resolve(pair.definitions), ownership=OURS, now=NOW, snapshots={"b": pair.b.snapshot()}
        )
    )
    assert [link.state for link in plan.links] == [LinkState.UNKNOWN]
    assert [change for change in plan.changes if change.kind == SECRET] == []


def test_a_disabled_cluster_is_skipped_and_links_to_it_stay(pair: Pair):
    pair.connect(pair.deliver())
    network = pair.definitions.networks[0]
    disabled = replace(network.sites[0], cluster=replace(network.sites[0].cluster, disabled=True))
    pair.definitions = Definitions(networks=(replace(network, sites=(disabled, network.sites[1])),))
    assert pair.link().state is LinkState.SKIPPED
    assert pair.secret_changes() == []


def test_the_second_uplink_of_an_edge_site_is_on_standby():
    fakes = {name: FakeCluster(name) for name in ("a", "b", "e")}
    for name, fake in fakes.items():
        fake.add_site("net", site_id=f"id-{name}", edge=name == "e")
    sites = tuple(
        SiteDefinition(Cluster(name, f"https://{name}", private=name == "e"), "net") for name in fakes
    )
    definitions = Definitions(networks=(Network("n", "1.9.6", settings={"image": "image"}, sites=sites),))

    def states() -> dict[str, LinkState]:
        snapshots = {name: fake.snapshot() for name, fake in fakes.items()}
        found = plan_inputs(
            PlanInput(desired=resolve(definitions), ownership=OURS, now=NOW, snapshots=snapshots)
        ).links
        for link in found:
            if link.link.dialler.cluster == "e":
                ends = (str(link.link.dialler), str(link.link.issuer))
                host = f"net.{link.link.issuer.cluster}.example.com"
                issued_by = f"id-{link.link.issuer.cluster}"
                fakes["e"].add_link_secret("net", link.credential, *ends, issued_by=issued_by, host=host)
                names.append(link.credential)
        return {str(link.link.issuer): link.state for link in found if link.link.dialler.cluster == "e"}

    names: list[str] = []
    states()
    fakes["e"].add_status("net", "id-e", outgoing=["id-b"])
    fakes["e"].add_connectors("net", "id-e", *names)
    assert states() == {"a/net": LinkState.STANDBY, "b/net": LinkState.UP}
