"""What an end of a link reports counts only while it is current, and while the end has a router at all."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reconcile.findings import Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.plan import LinkReport, LinkState, Plan, SiteReport, SiteState, Verdict
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1.live_site import LiveSite
from tests.skupper.fakes import NOW, OURS, FakeCluster
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve
from tests.skupper.test_plan_link import Pair

LONG_AGO = NOW - timedelta(hours=1)
ROUTER, CONTROLLER = "skupper-router", "skupper-service-controller"


def available(at: datetime = LONG_AGO, *, status: str = "True") -> dict:
    return {"type": "Available", "status": status, "lastTransitionTime": at.isoformat()}


def condition(kind: str, status: str, message: str) -> dict:
    return {"type": kind, "status": status, "message": message}


def deployment(cluster: FakeCluster, name: str = ROUTER, *, ready: int = 0, conditions=(), **spec) -> None:
    """Say what a Deployment of the site wants and has, last written an hour ago."""
    found = cluster.bodies[DEPLOYMENT, "net", name]
    counts = {"readyReplicas": ready} if ready else {}
    found["spec"] = {"replicas": 1, **spec}
    found["status"] = {"observedGeneration": 1, **counts, "conditions": list(conditions)}
    found["metadata"]["managedFields"] = [{"manager": "kcm", "time": LONG_AGO.isoformat()}]


def site(pair: Pair, cluster: str) -> SiteReport:
    (found,) = [site for site in pair.plan().sites if site.key.cluster == cluster]
    return found


def verdicts(link: LinkReport) -> tuple[Verdict, Verdict]:
    return link.dialler.verdict, link.issuer.verdict


@pytest.fixture
def pair() -> Pair:
    """A link that has been up for an hour, whose leases were renewed two seconds before they were read."""
    made = Pair().with_sites()
    made.connect(made.deliver())
    for secret in made.b.bodies.values():
        secret["metadata"]["creationTimestamp"] = LONG_AGO.isoformat()
    for cluster in (made.a, made.b):
        for name in (ROUTER, CONTROLLER):
            cluster.bodies[DEPLOYMENT, "net", name]["metadata"]["creationTimestamp"] = LONG_AGO.isoformat()
        cluster.heartbeat_at = NOW
        cluster.add_lease("net", NOW - timedelta(seconds=2))
    return made


def test_a_link_is_up_while_both_leases_are_renewed(pair: Pair):
    assert pair.link().state is LinkState.UP


class TestDeployments:
    """Sites whose programs do not run."""

    def test_a_router_that_is_scaled_to_zero_is_down_at_once(self, pair: Pair):
        deployment(pair.a, conditions=[available(NOW)], replicas=0)
        assert site(pair, "a").state is SiteState.DOWN
        assert site(pair, "a").reason == (
            "deployment skupper-router is scaled to 0 replicas; on cluster a run: "
            "oc -n net scale deploy/skupper-router --replicas=1"
        )

    def test_what_it_reported_counts_for_nothing_and_the_link_is_down(self, pair: Pair):
        deployment(pair.a, conditions=[available(NOW)], replicas=0)
        link = pair.link()
        assert (link.state, verdicts(link)) == (LinkState.DOWN, (Verdict.UP, Verdict.UNKNOWN))
        assert link.reason == "a/net: deployment skupper-router is scaled to 0 replicas"

    def test_a_router_without_ready_pods_is_down_although_it_counts_as_available(self, pair: Pair):
        deployment(pair.a, conditions=[available()])
        assert site(pair, "a").state is SiteState.DOWN

    def test_a_router_without_ready_pods_for_a_moment_is_restarting(self, pair: Pair):
        deployment(pair.a, conditions=[available(NOW - timedelta(seconds=20), status="False")])
        assert site(pair, "a").state is SiteState.READY

    def test_a_paused_rollout_without_a_ready_pod_is_named_with_the_command_that_resumes_it(self, pair: Pair):
        deployment(pair.a, conditions=[available(status="False")], paused=True)
        assert site(pair, "a").reason == (
            "deployment skupper-router has no ready pod and its rollout is paused; on cluster a run: "
            "oc -n net rollout resume deploy/skupper-router"
        )

    def test_a_paused_rollout_with_a_ready_pod_is_fine(self, pair: Pair):
        deployment(pair.a, conditions=[available()], ready=1, paused=True)
        assert site(pair, "a").state is SiteState.READY

    def test_a_deployment_that_no_controller_has_counted_yet_is_not_down(self, pair: Pair):
        assert "status" not in pair.a.bodies[DEPLOYMENT, "net", ROUTER]
        assert site(pair, "a").state is SiteState.READY

    def test_the_condition_of_a_failing_deployment_is_quoted(self, pair: Pair):
        refused = condition(
            "ReplicaFailure", "True", 'pods "skupper-router-" is forbidden: exceeded quota: pods'
        )
        deployment(pair.a, conditions=[available(NOW, status="False"), refused])
        assert site(pair, "a").reason.startswith(
            "deployment skupper-router has been unavailable since 2026-03-01 12:00 UTC: "
            'ReplicaFailure=True: pods "skupper-router-" is forbidden: exceeded quota: pods; '
        )

    def test_a_rollout_that_fails_beside_running_pods_is_a_warning(self, pair: Pair):
        stuck = condition("Progressing", "False", "has timed out progressing.")
        deployment(pair.a, conditions=[available(), stuck], ready=1)
        assert site(pair, "a").state is SiteState.READY
        assert [found.rule for found in pair.plan().findings] == ["failing-deployment"]

    def test_a_site_without_a_service_controller_pod_is_not_ready_and_its_links_stay_up(self, pair: Pair):
        deployment(pair.a, CONTROLLER, replicas=0)
        assert site(pair, "a").reason.startswith(
            "deployment skupper-service-controller is scaled to 0 replicas; "
        )
        assert pair.link().state is LinkState.UP

    @pytest.mark.parametrize(("lost", "other"), [(ROUTER, CONTROLLER), (CONTROLLER, ROUTER)])
    def test_a_deployment_that_a_complete_site_has_lost_is_gone(self, pair: Pair, lost: str, other: str):
        pair.b.remove(DEPLOYMENT, "net", lost)
        assert site(pair, "b").state is SiteState.DOWN
        assert site(pair, "b").reason == (
            f"deployment {lost} is gone; to have Skupper create it again, on cluster b run: "
            f"oc -n net delete deploy/{other} --ignore-not-found && "
            "oc -n net rollout restart deploy/skupper-site-controller"
        )

    def test_a_link_of_a_site_that_has_lost_its_router_is_down(self, pair: Pair):
        pair.b.remove(DEPLOYMENT, "net", ROUTER)
        assert (pair.link().state, pair.link().reason) == (
            LinkState.DOWN,
            "b/net: deployment skupper-router is gone",
        )


class TestLeases:
    """Routers that have stopped reporting."""

    def renew(self, pair: Pair, seconds: float) -> None:
        pair.a.add_lease("net", NOW - timedelta(seconds=seconds))

    def test_an_end_with_an_old_lease_is_unknown_whatever_it_reported(self, pair: Pair):
        self.renew(pair, 61)
        link = pair.link()
        assert (link.state, verdicts(link)) == (LinkState.UNKNOWN, (Verdict.UP, Verdict.UNKNOWN))
        assert link.reason == "a/net: it has not reported since 2026-03-01 11:58 UTC"

    def test_its_site_is_unknown_too(self, pair: Pair):
        self.renew(pair, 61)
        assert site(pair, "a").state is SiteState.UNKNOWN

    def test_a_lease_of_a_minute_ago_is_current(self, pair: Pair):
        self.renew(pair, 60)
        assert pair.link().state is LinkState.UP

    def test_a_lease_is_as_old_as_it_was_when_it_was_read(self, pair: Pair):
        pair.now += timedelta(minutes=10)
        assert pair.link().state is LinkState.UP

    def test_a_cluster_whose_clock_is_off_is_judged_by_its_own_clock(self, pair: Pair):
        for cluster in (pair.a, pair.b):
            cluster.clock_ahead = timedelta(minutes=-7)
            cluster.heartbeat_at = NOW + cluster.clock_ahead
            cluster.add_lease("net", cluster.heartbeat_at - timedelta(seconds=2))
        assert pair.link().state is LinkState.UP

    def test_a_lease_of_a_node_whose_clock_is_ahead_is_current(self, pair: Pair):
        self.renew(pair, -3600)
        assert pair.link().state is LinkState.UP

    def test_a_lease_that_was_not_read_proves_nothing(self, pair: Pair):
        self.renew(pair, 61)
        pair.a.heartbeat_at = None
        assert pair.link().state is LinkState.UP

    def test_a_missing_lease_counts_as_old(self, pair: Pair):
        pair.a.remove(CONFIG_MAP, "net", "skupper-site-leader")
        assert pair.link().reason == (
            "a/net: its router maintains no status: ConfigMap skupper-site-leader is missing"
        )

    def test_a_missing_lease_of_a_new_router_proves_nothing(self, pair: Pair):
        pair.a.remove(CONFIG_MAP, "net", "skupper-site-leader")
        created = (NOW - timedelta(seconds=119)).isoformat()
        pair.a.bodies[DEPLOYMENT, "net", ROUTER]["metadata"]["creationTimestamp"] = created
        assert pair.link().state is LinkState.UP


class TestRestarts:
    """Routers that have just started again."""

    def restart(self, pair: Pair, moment: datetime) -> None:
        pair.a.add_status("net", "id-a", started=moment)
        pair.b.add_status("net", "id-b")

    def test_a_link_that_both_ends_miss_after_a_restart_is_settling(self, pair: Pair):
        self.restart(pair, NOW - timedelta(seconds=20))
        link = pair.link()
        assert (link.state, link.since) == (LinkState.SETTLING, NOW - timedelta(seconds=20))
        assert link.reason.startswith("the router of a/net has restarted; b/net reports: no outgoing link")

    def test_two_minutes_later_it_is_down(self, pair: Pair):
        self.restart(pair, NOW - timedelta(minutes=2))
        assert pair.link().state is LinkState.DOWN

    def test_a_settling_link_is_not_as_declared(self, pair: Pair):
        self.restart(pair, NOW)
        assert not pair.link().converged

    def test_a_deployment_that_became_available_just_now_has_restarted(self, pair: Pair):
        self.restart(pair, LONG_AGO)
        deployment(pair.b, ready=1, conditions=[available(NOW - timedelta(seconds=5))])
        assert pair.link().state is LinkState.SETTLING

    def test_the_start_of_a_router_is_compared_with_its_own_clock(self, pair: Pair):
        pair.a.clock_ahead = timedelta(minutes=30)
        self.restart(pair, NOW + pair.a.clock_ahead - timedelta(seconds=20))
        assert pair.link().state is LinkState.SETTLING
        self.restart(pair, NOW - timedelta(seconds=20))
        assert pair.link().state is LinkState.DOWN

    def knows(self, pair: Pair, started: datetime) -> bool:
        """Whether the router has loaded the CA, by when it started; its certificates are for an order a minute ago."""
        pair.a.add_status("net", "id-a", started=started)
        for name in ("skupper-site-ca", "skupper-site-server"):
            metadata = pair.a.bodies[SECRET, "net", name]["metadata"]
            metadata["annotations"] = {"qontract-skupper/revoked": (NOW - timedelta(minutes=1)).isoformat()}
            metadata |= {"creationTimestamp": LONG_AGO.isoformat(), "managedFields": []}
        snapshot = pair.a.snapshot()
        live = LiveSite(SiteKey("a", "net"), OURS, snapshot.objects, (), clock_ahead=snapshot.clock_ahead)
        return live.routers_know_the_ca

    def test_a_router_that_started_before_the_order_for_its_ca_has_not_loaded_it(self, pair: Pair):
        assert not self.knows(pair, NOW - timedelta(minutes=2))
        assert self.knows(pair, NOW)

    def test_the_order_is_compared_by_the_clock_of_the_cluster(self, pair: Pair):
        pair.a.clock_ahead = timedelta(minutes=30)
        assert not self.knows(pair, NOW + timedelta(minutes=28))
        assert self.knows(pair, NOW + timedelta(minutes=30))


class TestListening:
    """Issuers that accept no links."""

    def deafen(self, pair: Pair, *, policy: str = "disabled") -> None:
        internal = pair.a.bodies[CONFIG_MAP, "net", "skupper-internal"]
        text = internal["data"]["skrouterd.json"]
        internal["data"]["skrouterd.json"] = text.replace("interior-listener", "gone")
        pair.a.add_status("net", "id-a")
        pair.b.add_status("net", "id-b")
        data = pair.a.bodies[CONFIG_MAP, "net", "skupper-network-status"]["data"]
        status = json.loads(data["NetworkStatus"])
        status["siteStatus"][0]["site"]["policy"] = policy
        data["NetworkStatus"] = json.dumps(status)

    def test_an_issuer_without_its_listener_is_the_cause(self, pair: Pair):
        self.deafen(pair)
        assert pair.link().state is LinkState.DOWN
        assert pair.link().reason == "a/net: its router has no interior-listener"

    def test_cluster_policies_that_match_nothing_are_the_cause(self, pair: Pair):
        self.deafen(pair, policy="enabled")
        assert (
            pair.link().reason
            == "a/net: no cluster policy that its service-controller can read lets namespace net accept links"
        )

    def test_the_site_that_accepts_no_links_is_down_for_that_reason(self, pair: Pair):
        self.deafen(pair, policy="enabled")
        assert (site(pair, "a").state, site(pair, "a").reason) == (
            SiteState.DOWN,
            "no cluster policy that its service-controller can read lets namespace net accept links",
        )


@pytest.mark.parametrize("delivered", [LONG_AGO, NOW])
def test_a_dialler_whose_token_a_policy_forbids_is_the_cause(pair: Pair, delivered: datetime):
    (token,) = [
        secret
        for (kind, _, name), secret in pair.b.bodies.items()
        if kind == SECRET and name.startswith("link-")
    ]
    token["metadata"]["creationTimestamp"] = delivered.isoformat()
    token["metadata"]["labels"]["internal.skupper.io/disabled"] = "true"
    pair.a.add_status("net", "id-a")
    pair.b.add_status("net", "id-b")
    assert pair.link().state is LinkState.DOWN
    assert pair.link().reason.startswith(
        "b/net: no cluster policy that its service-controller can read lets namespace net dial "
    )


class TestCutOff:
    """Sites that run and that nobody is linked with."""

    def test_a_site_none_of_whose_links_is_up_is_down(self, pair: Pair):
        pair.a.add_status("net", "id-a")
        pair.b.add_status("net", "id-b")
        assert [(found.state, found.reason) for found in pair.plan().sites] == [
            (SiteState.DOWN, "cut off: its only link is not up")
        ] * 2

    def test_a_site_whose_link_is_still_to_come_is_not_cut_off(self):
        assert {site.state for site in Pair().with_sites().plan().sites} == {SiteState.READY}

    def test_a_site_of_whose_links_nothing_is_known_is_not_cut_off(self, pair: Pair):
        for cluster in (pair.a, pair.b):
            cluster.remove(CONFIG_MAP, "net", "skupper-network-status")
        assert {site.state for site in pair.plan().sites} == {SiteState.READY}


class Edge:
    """An edge site with two uplinks, b the active one and a on standby, all of it an hour old."""

    def __init__(self) -> None:
        self.clusters = {name: FakeCluster(name) for name in ("a", "b", "e")}
        for name, cluster in self.clusters.items():
            cluster.add_site("net", site_id=f"id-{name}", edge=name == "e")
        credentials = []
        for link in self.links().values():
            issuer = link.link.issuer.cluster
            credentials.append(link.credential)
            self.clusters["e"].add_link_secret(
                "net",
                link.credential,
                "e/net",
                f"{issuer}/net",
                issued_by=f"id-{issuer}",
                host=f"net.{issuer}.example.com",
                creationTimestamp=LONG_AGO.isoformat(),
            )
        self.clusters["e"].add_status("net", "id-e", outgoing=["id-b"])
        self.clusters["e"].add_connectors("net", "id-e", *credentials)

    def links(self) -> dict[str, LinkReport]:
        sites = tuple(
            SiteDefinition(Cluster(name, f"https://{name}", private=name == "e"), "net")
            for name in self.clusters
        )
        network = Network("n", "1.9.6", settings={"image": "image"}, sites=sites)
        snapshots = {name: cluster.snapshot() for name, cluster in self.clusters.items()}
        desired = resolve(Definitions(networks=(network,)))
        found = plan_inputs(PlanInput(desired=desired, ownership=OURS, now=NOW, snapshots=snapshots)).links
        return {link.link.issuer.cluster: link for link in found if link.link.dialler.cluster == "e"}


class TestStandby:
    """An uplink counts as on standby only if the edge site could switch to it."""

    def test_an_uplink_whose_issuer_accepts_links_is_on_standby(self):
        assert Edge().links()["a"].state is LinkState.STANDBY

    def test_an_uplink_whose_issuer_is_scaled_to_zero_is_down(self):
        edge = Edge()
        deployment(edge.clusters["a"], replicas=0)
        assert edge.links()["a"].state is LinkState.DOWN

    def test_an_active_uplink_whose_issuer_is_scaled_to_zero_is_down(self):
        edge = Edge()
        deployment(edge.clusters["b"], replicas=0)
        assert edge.links()["b"].state is LinkState.DOWN

    def test_an_uplink_whose_issuer_has_no_listener_is_down(self):
        edge = Edge()
        data = edge.clusters["a"].bodies[CONFIG_MAP, "net", "skupper-internal"]["data"]
        data["skrouterd.json"] = data["skrouterd.json"].replace("edge-listener", "gone")
        assert edge.links()["a"].state is LinkState.DOWN

    def test_an_uplink_of_an_edge_site_that_has_stopped_reporting_is_unknown(self):
        edge = Edge()
        edge.clusters["e"].heartbeat_at = NOW
        edge.clusters["e"].add_lease("net", LONG_AGO)
        assert edge.links()["a"].state is LinkState.UNKNOWN


class TestLostCertificates:
    """Issuers that have lost what Skupper creates once and never again."""

    @pytest.mark.parametrize("secret", ["skupper-site-ca", "skupper-site-server"])
    def test_a_delivered_token_is_judged_by_what_both_ends_report(self, pair: Pair, secret: str):
        pair.a.remove(SECRET, "net", secret)
        assert (pair.link().state, verdicts(pair.link())) == (LinkState.UP, (Verdict.UP, Verdict.UP))

    @pytest.mark.parametrize("secret", ["skupper-site-ca", "skupper-site-server"])
    def test_a_link_without_a_token_waits_for_what_is_gone(self, pair: Pair, secret: str):
        pair.b.remove(SECRET, "net", pair.link().credential)
        pair.a.remove(SECRET, "net", secret)
        assert (pair.link().state, pair.link().reason) == (
            LinkState.WAITING,
            f"issuer a/net: its Secret {secret} is gone",
        )

    def test_the_loss_is_an_error_with_both_ways_out(self, pair: Pair):
        pair.a.remove(SECRET, "net", "skupper-site-ca")
        (found,) = pair.plan().findings
        assert (found.rule, found.severity) == ("lost-secret", Severity.ERROR)
        assert found.message == (
            "Secret skupper-site-ca in a/net is gone: established links go on, but no token can be issued. Restore it "
            "from a backup; or, to have the next run recreate the site and its links, on cluster a run: "
            "oc -n net delete configmap skupper-site"
        )

    def test_no_token_is_touched_meanwhile(self, pair: Pair):
        pair.a.remove(SECRET, "net", "skupper-site-ca")
        assert pair.secret_changes() == []

    def test_a_site_whose_service_controller_is_still_to_come_has_lost_nothing(self, pair: Pair):
        pair.b.remove(SECRET, "net", pair.link().credential)
        pair.a.remove(SECRET, "net", "skupper-site-server")
        pair.a.remove(DEPLOYMENT, "net", CONTROLLER)
        assert pair.link().reason == "issuer a/net: it has no server certificate yet"

    def test_a_site_that_only_dials_needs_neither(self, pair: Pair):
        for secret in ("skupper-site-ca", "skupper-site-server"):
            pair.b.remove(SECRET, "net", secret)
        assert pair.plan().findings == ()


class TestTerminatingNamespaces:
    """Namespaces that are there and take nothing any more."""

    @pytest.fixture
    def plan(self, pair: Pair) -> Plan:
        going = replace(pair.a.snapshot(), terminating_namespaces={"net": LONG_AGO})
        return plan_inputs(
            PlanInput(
                desired=resolve(pair.definitions),
                ownership=OURS,
                now=NOW,
                snapshots={"a": going, "b": pair.b.snapshot()},
            )
        )

    def test_nothing_is_promised_there(self, plan: Plan):
        assert [change for change in plan.changes if change.cluster == "a"] == []

    def test_the_site_is_skipped_with_the_time_since_when(self, plan: Plan):
        (found,) = [site for site in plan.sites if site.key.cluster == "a"]
        assert (found.state, found.reason) == (
            SiteState.SKIPPED,
            "namespace a/net is being deleted since 2026-03-01 11:00 UTC",
        )

    def test_it_is_an_error_with_the_command_that_shows_what_holds_it(self, plan: Plan):
        (error,) = plan.errors
        assert error.rule == "terminating-namespace"
        assert error.message.endswith("oc get namespace net -o jsonpath='{.status.conditions}'")
