"""What a site runs, beside what is declared: settings that Skupper has not taken up are pending until it has."""

import json

import pytest

from reconcile.findings import Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SERVICE
from reconcile.report import plan_json
from reconcile.skupper.definitions import Approval, Cluster, Config, Definitions, Network, SiteDefinition
from reconcile.skupper.plan import LinkState, PendingSetting, Plan, SiteReport, pending_text
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import site_config
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

RECREATE = "on cluster a run: oc -n net delete configmap skupper-site"


class Scene:
    """One site that Skupper set up as `created`, and that is declared and applied as `config` now."""

    def __init__(self, created: Config | None = None, *, version: str = "1.9.6", **config: object) -> None:
        self.a, self.b = FakeCluster("a"), FakeCluster("b")
        self.version = version
        self.private = False
        self.approvals: tuple[Approval, ...] = ()
        self.config = {**(created or {}), **config}
        self.a.add_site("net", site_id="id-a", edge=(created or {}).get("routerMode") == "edge")
        self.b.add_site("net", site_id="id-b")
        self.apply()

    @property
    def definitions(self) -> Definitions:
        cluster = Cluster("a", "https://a", private=self.private)
        sites = (
            SiteDefinition(cluster, "net", config=self.config),
            SiteDefinition(Cluster("b", "https://b", private=False), "net"),
        )
        network = Network(
            "n",
            self.version,
            settings={"image": "image"},
            sites=sites,
            path="/n.yml",
            approvals=self.approvals,
        )
        return Definitions(networks=(network,))

    def apply(self) -> None:
        """Write what is declared into the ConfigMap of the site."""
        (site, _) = resolve(self.definitions).networks[0].sites
        self.a.bodies[CONFIG_MAP, "net", "skupper-site"]["data"] = site_config.data(site)

    def plan(self) -> Plan:
        snapshots = {"a": self.a.snapshot(), "b": self.b.snapshot()}
        desired = resolve(self.definitions)
        return plan_inputs(PlanInput(desired=desired, ownership=OURS, now=NOW, snapshots=snapshots))

    @property
    def site(self) -> SiteReport:
        return self.plan().sites[0]

    @property
    def pending(self) -> str:
        return pending_text(self.site.pending)

    def pods(self, name: str, **spec: object) -> None:
        """Say what the pods of a Deployment are made of."""
        self.a.bodies[DEPLOYMENT, "net", name]["spec"] = {"replicas": 1, "template": {"spec": spec}}

    def router(self, **attributes: object) -> list:
        """Change the router entity of ``skrouterd.json``; gives all entities, to be changed as well."""
        data = self.a.bodies[CONFIG_MAP, "net", "skupper-internal"]["data"]
        entities = json.loads(data["skrouterd.json"])
        entities[0][1].update(attributes)
        data["skrouterd.json"] = json.dumps(entities)
        return entities


def router(**resources: object) -> dict:
    return {"name": "router", "resources": resources}


def test_a_site_as_declared_has_nothing_pending():
    assert Scene().site.pending == ()


def test_memory_that_the_router_was_not_created_with_is_pending():
    site = Scene(routerMemory="1Gi")
    site.pods("skupper-router", containers=[router()])
    assert site.pending == "pending: router-memory (recreate both Deployments)"


@pytest.mark.parametrize("asked", ["1Gi", "1024Mi"])
def test_memory_in_other_words_is_in_effect(asked: str):
    site = Scene(routerMemory="1024Mi")
    site.pods("skupper-router", containers=[router(requests={"memory": asked})])
    assert site.pending == ""


def test_a_limit_and_the_container_of_the_other_deployment_are_compared_as_well():
    site = Scene(controllerCpuLimit="1")
    site.pods("skupper-service-controller", containers=[{"name": "service-controller"}])
    assert site.pending == "pending: controller-cpu-limit (recreate both Deployments)"


def test_a_container_that_is_not_shown_proves_nothing():
    assert Scene(routerMemory="1Gi").pending == ""


def test_a_value_that_is_still_to_be_applied_is_a_change_and_not_pending():
    site = Scene()
    site.pods("skupper-router", containers=[router()])
    site.config = {"routerMemory": "1Gi"}
    assert site.pending == ""


def test_node_selectors_are_compared():
    site = Scene(routerNodeSelector={"pool": "infra"})
    site.pods("skupper-router", containers=[router()])
    assert site.pending == "pending: router-node-selector (recreate both Deployments)"
    site.pods("skupper-router", containers=[router()], nodeSelector={"pool": "infra"})
    assert site.pending == ""


def test_affinities_are_compared():
    site = Scene(routerPodAffinity={"app": "x"})
    site.pods("skupper-router", containers=[router()])
    assert site.pending == "pending: router-pod-affinity (recreate both Deployments)"
    term = {"podAffinityTerm": {"labelSelector": {"matchLabels": {"app": "x"}}}}
    affinity = {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}
    site.pods("skupper-router", containers=[router()], affinity=affinity)
    assert site.pending == ""


@pytest.mark.parametrize("setting", ["runAsUser", "runAsGroup"])
def test_user_and_group_are_compared_with_those_of_the_container_or_else_of_its_pods(setting: str):
    scene = Scene(**{setting: 1001})
    name = {"runAsUser": "run-as-user", "runAsGroup": "run-as-group"}[setting]
    scene.pods("skupper-router", containers=[{"name": "router"}])
    assert scene.pending == f"pending: {name} (recreate both Deployments)"
    scene.pods("skupper-router", containers=[{"name": "router"}], securityContext={setting: 1001})
    assert scene.pending == ""
    own = {"name": "router", "securityContext": {setting: 1002}}
    scene.pods("skupper-router", containers=[own], securityContext={setting: 1001})
    assert scene.pending == f"pending: {name} (recreate both Deployments)"


@pytest.mark.parametrize("declared", [True, False])
def test_service_sync_is_compared_with_the_environment_of_the_service_controller(*, declared: bool):
    scene = Scene(serviceSync=declared)
    off = {"name": "SKUPPER_DISABLE_SERVICE_SYNC", "value": "true"}
    found = {}
    for env in ([], [off]):
        scene.pods("skupper-service-controller", containers=[{"name": "service-controller", "env": env}])
        found[bool(env)] = scene.pending
    assert found == {
        declared: "pending: service-sync (recreate both Deployments)",
        not declared: "",
    }


def test_replicas_are_compared():
    site = Scene(routers=2)
    site.pods("skupper-router", containers=[router()])
    assert site.pending == "pending: routers (recreate both Deployments)"


def test_log_levels_are_compared_with_those_that_the_router_has():
    site = Scene(routerLogging="ROUTER:debug,error+")
    assert site.pending == "pending: router-logging (site-controller applies it)"
    data = site.a.bodies[CONFIG_MAP, "net", "skupper-internal"]["data"]
    levels = [
        ["log", {"module": module, "enable": level}]
        for module, level in (("ROUTER", "debug+"), ("DEFAULT", "error+"))
    ]
    data["skrouterd.json"] = json.dumps([*site.router(), *levels])
    assert site.pending == ""


def test_a_service_of_another_type_means_that_the_ingress_is_pending():
    site = Scene(ingress="loadbalancer")
    site.a.add(SERVICE, body(SERVICE, "net", "skupper-router", owner="id-a", spec={"type": "ClusterIP"}))
    assert site.pending == "pending: ingress (recreate site)"


def test_a_version_that_does_not_run_yet_is_pending():
    site = Scene(version="1.9.7")
    site.router(metadata=json.dumps({"id": "id-a", "version": "1.9.6"}))
    assert site.pending == "pending: version 1.9.7 (restart site-controller)"


@pytest.mark.parametrize("version", ["main", "sha256-0f5e"])
def test_a_version_that_is_no_release_cannot_be_compared(version: str):
    site = Scene(version=version)
    site.router(metadata=json.dumps({"id": "id-a", "version": "1.9.6"}))
    assert site.pending == ""


def test_the_version_shown_is_the_one_that_runs():
    site = Scene()
    site.router(metadata=json.dumps({"id": "id-a", "version": "1.9.5-2-gabc"}))
    assert site.site.version == "1.9.5-2-gabc"


def test_what_is_pending_is_a_warning_in_plan_and_run():
    site = Scene(routers=2)
    site.pods("skupper-router", containers=[router()])
    (found,) = site.plan().findings
    assert (found.rule, found.severity) == ("pending-settings", Severity.WARNING)
    assert found.message == "a/net: pending: routers (recreate both Deployments)"


def test_what_is_pending_is_in_the_json_with_what_it_takes():
    site = Scene(routers=2)
    site.pods("skupper-router", containers=[router()])
    document = json.loads(plan_json.status(site.plan()))
    assert document["sites"][0]["pending"] == [{"name": "routers", "step": "recreate both Deployments"}]


def test_settings_with_the_same_step_are_named_together():
    settings = [PendingSetting("a", "x"), PendingSetting("b", "y"), PendingSetting("c", "x")]
    assert pending_text(settings) == "pending: a, c (x); b (y)"


class TestModes:
    """Sites that run in another mode than declared, which only a new site changes."""

    @pytest.fixture
    def private(self) -> Scene:
        """A site on a cluster that has become private since."""
        site = Scene()
        site.private = True
        site.apply()
        return site

    def test_the_mode_shown_is_the_one_that_the_router_runs_in(self, private: Scene):
        assert (private.site.mode, private.pending) == ("interior", "pending: router-mode (recreate site)")

    def test_an_interior_router_on_a_private_cluster_is_an_error_with_its_open_routes(self, private: Scene):
        (error,) = private.plan().errors
        assert error.rule == "exposed-site"
        assert error.message == (
            "a/net must not accept links (cluster a is private), but its router still runs as interior and listens at "
            "Route skupper-inter-router (net.a.example.com), Route skupper-edge (net.a.example.com). Skupper changes "
            f"the mode only with a new site; to have the next run recreate the site and its links, {RECREATE}"
        )

    def test_where_no_route_is_shown_the_hosts_of_its_certificate_are_named(self, private: Scene):
        for name in ("skupper-inter-router", "skupper-edge"):
            private.a.remove(ROUTE, "net", name)
        (error,) = private.plan().errors
        assert "listens at net.a.example.com." in error.message

    def test_an_interior_router_where_the_data_say_edge_is_an_error_too(self):
        site = Scene(edge=True)
        assert "the data declares an edge site" in site.plan().errors[0].message

    def test_links_that_can_come_only_after_a_new_site_are_not_waited_for(self):
        site = Scene({"routerMode": "edge"})
        site.config = {"routerMode": "interior"}
        site.apply()
        (link,) = site.plan().links
        assert str(link.link.issuer) == "a/net"
        assert (link.state, link.since) == (LinkState.WAITING, None)
        assert link.reason == (
            "issuer a/net: its router runs as edge and accepts no links, which only a new site changes; to have the "
            f"next run recreate the site and its links, {RECREATE}"
        )
