"""A change is over when the objects of the site show it: only then another site of the network is disrupted."""

import json
from datetime import timedelta

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.definitions import Config
from reconcile.skupper.plan import Change, SiteReport
from tests.skupper.fakes import NOW, body
from tests.skupper.test_in_effect import Scene, router

ROUTER, CONTROLLER, CREATOR = "skupper-router", "skupper-service-controller", "skupper-site-controller"
EARLIER = (NOW - timedelta(hours=1)).isoformat()
JUST_NOW = (NOW - timedelta(seconds=5)).isoformat()


class Site(Scene):
    """A site whose Deployments are an hour old, and whose ConfigMap we have just applied."""

    def __init__(self, created: Config | None = None, **config: object) -> None:
        super().__init__(created, **config)
        for name in (ROUTER, CONTROLLER):
            self.deployment(name)["metadata"]["creationTimestamp"] = EARLIER
        self.a.add(DEPLOYMENT, body(DEPLOYMENT, "net", CREATOR))
        self.a.add_account("net")
        self.applied(JUST_NOW)

    def deployment(self, name: str) -> dict:
        return self.a.bodies[DEPLOYMENT, "net", name]

    @property
    def config_map(self) -> dict:
        return self.a.bodies[CONFIG_MAP, "net", "skupper-site"]

    def applied(self, when: str) -> None:
        entry = {"manager": "qontract-skupper", "operation": "Apply", "time": when}
        self.config_map["metadata"]["managedFields"] = [entry]

    def template(self, name: str, **fields: object) -> None:
        self.deployment(name)["spec"] = {"replicas": 1, "template": fields}

    @property
    def report(self) -> SiteReport:
        return self.site

    @property
    def changing(self) -> str:
        return self.report.changing.reason if self.report.changing else ""

    @property
    def deletes(self) -> list[Change]:
        """Of the router."""
        return [c for c in self.plan().changes if (c.verb, c.cluster, c.name) == ("delete", "a", ROUTER)]


def needing_memory() -> Site:
    """A site that runs with less memory than was applied to its ConfigMap since."""
    scene = Site(routerMemory="1Gi")
    scene.pods(ROUTER, containers=[router(requests={"memory": "512Mi"})])
    return scene


def test_a_site_at_rest_takes_nothing_up():
    assert Site().changing == ""


def test_pods_without_the_annotations_of_the_config_map_are_to_come():
    scene = Site(routerPodAnnotations={"k": "v"})
    scene.template(ROUTER, metadata={"annotations": {"other": "x"}})
    expected = "Deployment skupper-router does not have the pod annotations of ConfigMap skupper-site yet"
    assert scene.changing == expected


def test_pods_with_these_annotations_and_others_are_as_declared():
    scene = Site(routerPodAnnotations={"k": "v"})
    scene.template(ROUTER, metadata={"annotations": {"k": "v", "prometheus.io/scrape": "true"}})
    assert scene.changing == ""


def test_a_setting_that_is_read_at_the_start_shows_on_the_pods():
    scene = Site(serviceSyncSiteTtl="5m")
    annotation = scene.config_map["data"]["controller-pod-annotations"]
    scene.template(CONTROLLER, metadata={"annotations": {}})
    before = scene.changing
    key, _, value = annotation.partition("=")
    scene.template(CONTROLLER, metadata={"annotations": {key: value}})
    assert (key, bool(before), scene.changing) == ("qontract-skupper/settings", True, "")


@pytest.mark.parametrize(
    ("status", "complete"),
    [
        ({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1}, True),
        ({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}, False),
        ({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1}, False),
        ({"observedGeneration": 2, "replicas": 1}, False),
        ({}, True),
    ],
    ids=["complete", "not noticed", "an old pod is left", "no new pod", "nobody counts"],
)
def test_a_rollout_is_complete_when_kubectl_would_say_so(status: dict, complete: bool):
    scene = Site()
    scene.deployment(ROUTER)["metadata"]["generation"] = 2
    scene.deployment(ROUTER)["status"] = status
    assert bool(scene.changing) is not complete


@pytest.mark.parametrize(("ago", "taken"), [(30, True), (200, False)])
def test_a_status_older_than_the_last_change_of_the_router_counts_for_two_minutes(ago: int, taken: bool):
    scene = Site()
    written = (NOW - timedelta(seconds=ago)).isoformat()
    fields = [{"manager": "skupper", "operation": "Update", "time": written, "fieldsV1": {"f:spec": {}}}]
    scene.deployment(ROUTER)["metadata"]["managedFields"] = fields
    scene.a.add_status("net", "id-a", started=NOW - timedelta(hours=1))
    assert bool(scene.changing) is taken


def test_a_router_that_has_reported_since_its_deployment_changed_is_back():
    scene = Site()
    fields = [{"manager": "skupper", "operation": "Update", "time": JUST_NOW, "fieldsV1": {"f:spec": {}}}]
    scene.deployment(ROUTER)["metadata"]["managedFields"] = fields
    scene.a.add_status("net", "id-a", started=NOW - timedelta(seconds=2))
    assert scene.changing == ""


@pytest.mark.parametrize(
    ("running", "image", "changing"),
    [("1.9.6", "1.9.7", True), ("1.9.7", "1.9.7", False), ("1.9.6", "1.9.6", False)],
)
def test_a_site_whose_controller_is_newer_is_being_updated(running: str, image: str, changing: bool):
    scene = Site()
    scene.version = "1.9.7"
    scene.a.add_connectors("net", "id-a", version=running)
    scene.template(CREATOR, spec={"containers": [{"name": "site-controller", "image": f"q.io/s:{image}"}]})
    assert ("updating it to 1.9.7" in scene.changing) is changing


def test_deployments_that_are_older_than_the_setting_they_lack_are_recreated():
    (change,) = needing_memory().deletes
    assert (change.name, change.uid) == (ROUTER, "uid-of-skupper-router")
    assert change.reason.startswith(
        "both Deployments are recreated, which router-memory needs to take effect"
    )


def test_the_service_controller_goes_first_and_what_is_recorded_before_it():
    changes = [c for c in needing_memory().plan().changes if c.disruption]
    assert [(c.verb, c.kind.name, c.name) for c in changes] == [
        ("patch", "ServiceAccount", CREATOR),
        ("delete", "Deployment", CONTROLLER),
        ("delete", "Deployment", ROUTER),
    ]
    assert changes[0].body == {
        "metadata": {"annotations": {"qontract-skupper/recreated": f"uid-of-{ROUTER} uid-of-{CONTROLLER}"}}
    }


def test_all_of_it_waits_for_its_turn_and_only_the_router_breaks_links():
    changes = [c for c in needing_memory().plan().changes if c.attended]
    assert [c.disruption and c.disruption.breaks_links for c in changes] == [False, False, True]


def test_what_is_recorded_already_is_not_recorded_again():
    scene = needing_memory()
    scene.a.add_account("net", recreated=f"uid-of-{ROUTER} uid-of-{CONTROLLER}")
    assert [c.name for c in scene.plan().changes if c.disruption] == [CONTROLLER, ROUTER]


@pytest.mark.parametrize(
    ("mark", "left"),
    [
        ("uid-of-the-former", None),
        (f"uid-of-{ROUTER}", None),
        (
            "started-over=2026-03-01T11:00:00+00:00 uid-of-the-former",
            "started-over=2026-03-01T11:00:00+00:00",
        ),
        ("started-over=2026-02-28T11:00:00+00:00", None),
    ],
)
def test_the_mark_goes_once_the_site_is_complete_and_nothing_is_to_do(mark: str, left: str | None):
    scene = Site()
    scene.a.add_account("net", recreated=mark)
    (change,) = [
        c for c in scene.plan().changes if c.cluster == "a" and c.name == CREATOR and c.verb == "patch"
    ]
    assert change.body == {"metadata": {"annotations": {"qontract-skupper/recreated": left}}}


def test_a_mark_that_is_kept_is_not_written_again():
    scene = Site()
    scene.a.add_account("net", recreated="started-over=2026-03-01T11:00:00+00:00")
    assert [c for c in scene.plan().changes if c.cluster == "a" and c.verb == "patch"] == []


def test_deployments_are_not_recreated_twice_for_one_change():
    scene = needing_memory()
    for name in (ROUTER, CONTROLLER):
        scene.deployment(name)["metadata"]["creationTimestamp"] = NOW.isoformat()
    assert scene.deletes == []
    assert "both Deployments are younger than the setting" in scene.pending


def test_nothing_is_deleted_where_nobody_would_create_it_again():
    scene = needing_memory()
    scene.a.remove(DEPLOYMENT, "net", CREATOR)
    assert scene.deletes == []


def test_a_site_controller_that_is_down_creates_nothing():
    scene = needing_memory()
    scene.deployment(CREATOR)["spec"] = {"replicas": 0}
    assert scene.deletes == []


def test_a_site_that_was_just_made_to_create_its_router_has_some_rest():
    scene = needing_memory()
    scene.config_map["data"]["qontract-skupper-touched"] = JUST_NOW
    assert scene.deletes == []


def test_the_hash_follows_the_separator_and_stands_beside_own_annotations():
    scene = Site(serviceSyncSiteTtl="5m", controllerPodAnnotations={"k": "v"}, annotationSeparator=";")
    first, second = scene.config_map["data"]["controller-pod-annotations"].split(";")
    assert (first, second.startswith("qontract-skupper/settings=")) == ("k=v", True)


def test_settings_that_are_read_otherwise_add_no_annotation():
    assert "controller-pod-annotations" not in Site(routerMemory="1Gi").config_map["data"]


def test_a_router_that_somebody_scaled_to_zero_is_not_recreated():
    scene = needing_memory()
    scene.deployment(ROUTER)["spec"]["replicas"] = 0
    assert scene.deletes == []


def test_a_site_that_reports_the_old_version_is_not_updated_yet():
    scene = Site()
    scene.template(CREATOR, spec={"containers": [{"name": "site-controller", "image": "q.io/s:1.9.6"}]})
    scene.a.add_status("net", "id-a")
    status = scene.a.bodies[CONFIG_MAP, "net", "skupper-network-status"]["data"]
    document = json.loads(status["NetworkStatus"])
    for entry in document["siteStatus"]:
        entry["site"]["siteVersion"] = "1.9.5"
    status["NetworkStatus"] = json.dumps(document)
    assert "updating it to 1.9.6" in scene.changing


def test_any_change_of_its_config_map_restarts_a_router_that_was_restarted_for_a_revocation():
    """Skupper replaces all annotations of the pods, so it takes off the one of the revocation."""
    scene = Site()
    scene.config = {"xpRouterMaxFrameSize": 32768}
    effects = []
    for annotations in ({}, {"qontract-skupper/revoked": EARLIER}):
        scene.template(ROUTER, metadata={"annotations": annotations})
        changes = {(change.cluster, change.name): change for change in scene.plan().changes}
        disruption = changes["a", "skupper-site"].disruption
        effects.append(disruption and disruption.effect)
    assert effects == [None, "its router restarts"]


class TestOverlooked:
    """A change of the ConfigMap that its site-controller has not taken up."""

    def scene(self, *, seconds: float, touched: float | None = None) -> Site:
        """A site whose new log levels were applied `seconds` ago, and that was asked again `touched` seconds ago."""
        scene = Site(routerLogging="error+")
        scene.a.add_connectors("net", "id-a")
        if touched is not None:
            moment = NOW - timedelta(seconds=touched)
            scene.config_map["data"]["qontract-skupper-touched"] = moment.isoformat()
        scene.applied((NOW - timedelta(seconds=seconds)).isoformat())
        return scene

    def touches(self, scene: Site) -> list[str]:
        return [
            change.reason
            for change in scene.plan().changes
            if (change.verb, change.cluster) == ("patch", "a")
        ]

    @pytest.mark.parametrize(("seconds", "again"), [(29, False), (30, True)])
    def test_after_a_while_the_site_controller_is_made_to_look_again(self, seconds: int, again: bool):
        expected = "its log levels are not set yet; an update makes the site-controller look again"
        assert self.touches(self.scene(seconds=seconds)) == [expected] * again

    @pytest.mark.parametrize(("touched", "again"), [(499, False), (500, True), (-3600, True)])
    def test_the_longer_nothing_comes_of_it_the_rarer(self, touched: int, again: bool):
        assert bool(self.touches(self.scene(seconds=1500, touched=touched))) is again

    def test_pods_without_their_annotations_are_looked_after_as_well(self):
        scene = Site(routerPodAnnotations={"k": "v"})
        scene.template(ROUTER, metadata={"annotations": {}})
        scene.applied(EARLIER)
        (reason,) = self.touches(scene)
        assert reason.startswith("Deployment skupper-router does not have the pod annotations")

    def test_levels_that_are_set_need_nothing(self):
        scene = self.scene(seconds=600)
        internal = scene.a.bodies[CONFIG_MAP, "net", "skupper-internal"]["data"]
        levels = ["log", {"module": "DEFAULT", "enable": "error+"}]
        internal["skrouterd.json"] = json.dumps([*json.loads(internal["skrouterd.json"]), levels])
        assert self.touches(scene) == []

    def test_a_site_controller_that_is_down_is_not_asked(self):
        scene = self.scene(seconds=600)
        scene.deployment(CREATOR)["spec"] = {"replicas": 0}
        assert self.touches(scene) == []

    def test_a_site_whose_router_is_gone_is_not_asked_for_its_levels(self):
        scene = self.scene(seconds=600)
        scene.a.remove(DEPLOYMENT, "net", ROUTER)
        assert not [reason for reason in self.touches(scene) if "levels" in reason]

    def test_after_several_tries_the_command_that_shows_the_cause_is_named(self):
        assert self.scene(seconds=600).changing.endswith(
            "on cluster a run: oc -n net logs deploy/skupper-site-controller --tail=20"
        )


class TestOlderObjects:
    """A site-controller of the declared version that has not updated its site."""

    def scene(self, *, minutes: float, restarted: float | None = None, running: str = "1.9.6") -> Site:
        """A site whose new site-controller was applied so many minutes ago, and was last restarted by us."""
        scene = Site(routerMemory="1Gi")
        scene.version = "1.9.7"
        scene.a.add_connectors("net", "id-a", version=running)
        containers = [{"name": "site-controller", "image": "q.io/s:1.9.7"}]
        annotations = {}
        if restarted is not None:
            moment = NOW - timedelta(minutes=restarted)
            annotations["qontract-skupper/restarted-at"] = moment.isoformat()
        scene.template(CREATOR, metadata={"annotations": annotations}, spec={"containers": containers})
        when = (NOW - timedelta(minutes=minutes)).isoformat()
        entry = {"manager": "qontract-skupper", "operation": "Apply", "time": when}
        scene.deployment(CREATOR)["metadata"]["managedFields"] = [entry]
        return scene

    def restarts(self, scene: Site) -> list[Change]:
        return [c for c in scene.plan().changes if (c.verb, c.cluster, c.name) == ("patch", "a", CREATOR)]

    @pytest.mark.parametrize(("minutes", "again"), [(2.9, False), (3, True)])
    def test_it_is_restarted_after_a_while(self, minutes: float, again: bool):
        restarts = self.restarts(self.scene(minutes=minutes))
        assert [change.reason for change in restarts] == again * [
            "its site-controller has not updated the site to 1.9.7, which it does when it starts"
        ]

    @pytest.mark.parametrize(("restarted", "again"), [(9.9, False), (10, True)])
    def test_the_longer_nothing_comes_of_it_the_rarer(self, restarted: float, again: bool):
        assert bool(self.restarts(self.scene(minutes=30, restarted=restarted))) is again

    def test_an_updated_site_needs_no_restart(self):
        assert self.restarts(self.scene(minutes=30, running="1.9.7")) == []

    @pytest.mark.parametrize(("running", "waits"), [("1.9.6", True), ("1.9.7", False)])
    def test_deployments_are_recreated_only_after_the_update(self, running: str, waits: bool):
        scene = self.scene(minutes=1, running=running)
        scene.pods(ROUTER, containers=[router(requests={"memory": "512Mi"})])
        assert bool(scene.deletes) is not waits
