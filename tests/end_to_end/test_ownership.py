"""What belongs to others is never touched: it is named, with what to do, and everybody else goes on."""

from typing import Any

import pytest

from reconcile.apply.events import ChangeStarted, Event
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT, Kind
from reconcile.skupper.definitions import SiteDefinition
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import LinkState
from tests.end_to_end.world import OURS, Told, World

CONTROLLER = "skupper-site-controller"
ANOTHER = Ownership("another")


def theirs(kind: Kind, name: str, *, namespace: str = "net", labels=None, **rest: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels or {"team": "theirs"}}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **rest}


def controller(kind: Kind, **options: Any) -> dict[str, Any]:
    """Somebody else's object under a name of ours."""
    container = {"name": "theirs", "image": "theirs:1"}
    template = {"metadata": {"labels": {"app": "theirs"}}, "spec": {"containers": [container]}}
    group = "rbac.authorization.k8s.io"
    rest = {
        DEPLOYMENT: {"spec": {"selector": {"matchLabels": {"app": "theirs"}}, "template": template}},
        ROLE_BINDING: {"roleRef": {"apiGroup": group, "kind": "Role", "name": "theirs"}},
    }
    return theirs(kind, CONTROLLER, **options, **rest.get(kind, {}))


def content(found: dict[str, Any]) -> dict[str, Any]:
    """What its maker has put into an object: not what the cluster adds."""
    rest = {key: value for key, value in found.items() if key not in {"metadata", "status"}}
    return {**rest, "labels": found["metadata"]["labels"], "uid": found["metadata"]["uid"]}


def findings(told: Told) -> dict[str, str]:
    return {finding.rule: finding.message for finding in told.outcome.plan.errors}


def test_a_foreign_site_is_named_and_stays_as_it_is(fleet: World):
    (before,) = fleet["a"].load(theirs(CONFIG_MAP, "skupper-site", data={"name": "theirs"}))
    message = findings(fleet.run())["foreign-site"]
    assert message.startswith("a/net has a ConfigMap skupper-site that is not ours")
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net") == before


def test_nothing_is_put_beside_a_foreign_site(fleet: World):
    fleet["a"].load(theirs(CONFIG_MAP, "skupper-site", data={"name": "theirs"}))
    fleet.run()
    assert fleet["a"].objects(DEPLOYMENT, namespace="net") == []


def test_the_others_are_linked_beside_a_foreign_site(fleet: World):
    fleet["a"].load(theirs(CONFIG_MAP, "skupper-site", data={"name": "theirs"}))
    assert fleet.run().states["p/net -> b/net"] is LinkState.UP


@pytest.mark.parametrize(
    "kind", [DEPLOYMENT, SERVICE_ACCOUNT, ROLE, ROLE_BINDING], ids=lambda kind: kind.name
)
def test_an_object_of_others_under_a_name_of_ours_is_named_and_stays_as_it_is(fleet: World, kind: Kind):
    (before,) = fleet["a"].load(controller(kind))
    message = findings(fleet.run())["foreign-object"]
    assert message.startswith(
        f"a/net has {kind.name} {CONTROLLER} (it is not ours): nothing is applied there"
    )
    assert content(fleet["a"].find(kind, CONTROLLER, "net")) == content(before)
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net") is None


def test_an_object_of_others_is_found_by_a_dry_run(fleet: World):
    fleet["a"].load(controller(DEPLOYMENT))
    told = fleet.run(dry_run=True)
    assert "foreign-object" in findings(told)
    assert not [action for action in told.actions if "'a'" in action]


def test_a_site_that_runs_keeps_its_links_while_others_have_a_name_of_ours(linked: World):
    linked["a"].remove(DEPLOYMENT, CONTROLLER, "net")
    linked["a"].load(controller(DEPLOYMENT))
    told = linked.run()
    assert (told.all_up, list(findings(told)), told.writes) == (True, ["foreign-object"], 0)


def test_an_object_of_ours_that_lost_its_labels_gets_them_back(linked: World):
    none = dict.fromkeys(OURS.labels)
    with linked.client("a") as client:
        client.patch(DEPLOYMENT, CONTROLLER, "net", {"metadata": {"labels": none}})
    assert findings(linked.run()) == {}
    assert OURS.covers(linked["a"].find(DEPLOYMENT, CONTROLLER, "net")["metadata"]["labels"])


def link_name(fleet: World) -> str:
    """The name of the Secret of the link from b to a."""
    reports = fleet.run(dry_run=True).outcome.plan.links
    (name,) = [report.secret for report in reports if str(report.link) == "b/net -> a/net"]
    return name


@pytest.mark.parametrize("end", ["a", "b"], ids=["issuer", "dialler"])
def test_a_secret_of_others_under_the_name_of_a_link_is_named_and_stays_as_it_is(linked: World, end: str):
    name = link_name(linked)
    linked["b"].remove(SECRET, name, "net")
    (before,) = linked[end].load(theirs(SECRET, name, data={"theirs": "eA=="}))
    message = findings(linked.run())["foreign-secret"]
    assert message.startswith(
        f"Secret {name} in {end}/net is not ours, so link b/net -> a/net cannot be made"
    )
    assert linked[end].find(SECRET, name, "net") == before


@pytest.mark.parametrize("end", ["a", "b"], ids=["issuer", "dialler"])
def test_other_links_come_up_beside_a_secret_of_others(linked: World, end: str):
    name = link_name(linked)
    linked["b"].remove(SECRET, name, "net")
    linked[end].load(theirs(SECRET, name))
    linked.change(sites=(*linked.network.sites, SiteDefinition(linked.cluster("b"), "other")))
    states = linked.run().states
    assert states.pop("b/net -> a/net") is LinkState.WAITING
    assert any("b/other" in link for link in states)
    assert set(states.values()) <= {LinkState.UP, LinkState.STANDBY}


def test_a_site_that_somebody_else_makes_at_the_same_moment_stays_theirs(fleet: World):
    site = theirs(CONFIG_MAP, "skupper-site", data={"name": "theirs"})

    def be_quicker(event: Event) -> None:
        if isinstance(event, ChangeStarted) and (event.change.cluster, event.change.name) == (
            "a",
            "skupper-site",
        ):
            fleet["a"].load(site)

    told = fleet.run(listener=be_quicker, wait=5)
    assert told.failures[0].startswith("a/net: cannot apply ConfigMap skupper-site: conflict (409)")
    found = fleet["a"].find(CONFIG_MAP, "skupper-site", "net")
    assert (found["data"], found["metadata"]["labels"]) == (site["data"], site["metadata"]["labels"])


@pytest.mark.parametrize("end", ["a", "b"], ids=["issuer", "dialler"])
def test_a_run_does_not_wait_for_a_secret_of_others_to_go(linked: World, end: str):
    name = link_name(linked)
    linked["b"].remove(SECRET, name, "net")
    linked[end].load(theirs(SECRET, name))
    assert linked.run(wait=60).seconds < 20


def test_the_link_is_made_once_the_secret_of_others_is_gone(linked: World):
    name = link_name(linked)
    linked["b"].remove(SECRET, name, "net")
    linked["b"].load(theirs(SECRET, name))
    linked.run()
    linked["b"].remove(SECRET, name, "net")
    assert linked.run().all_up


def test_two_instances_that_declare_the_same_namespace_do_not_fight(linked: World):
    linked.ownership = ANOTHER
    told = linked.run()
    assert told.writes == 0
    assert "the instance test" in findings(told)["foreign-site"]
    linked.ownership = OURS
    assert linked.run().writes == 0


def test_a_site_that_another_instance_is_about_to_make_is_left_to_it(fleet: World):
    fleet["a"].load(controller(SERVICE_ACCOUNT, labels=ANOTHER.labels))
    assert "it belongs to the instance another" in findings(fleet.run())["foreign-object"]


def test_two_instances_share_a_cluster(linked: World):
    sites = linked.network.sites
    linked.ownership = ANOTHER
    linked.change(sites=tuple(SiteDefinition(linked.cluster(name), "other") for name in "ab"))
    assert linked.run().all_up
    linked.change(sites=())
    linked.run()
    linked.ownership = OURS
    linked.change(sites=sites)
    told = linked.run()
    assert (told.all_up, told.writes) == (True, 0)


@pytest.mark.parametrize("kind", [CONFIG_MAP, SECRET, SERVICE_ACCOUNT], ids=lambda kind: kind.name)
def test_an_object_with_copied_labels_is_not_removed(linked: World, kind: Kind):
    copied = theirs(kind, "theirs", namespace="other", labels=OURS.labels)
    linked["a"].load(copied)
    told = linked.run()
    assert told.writes == 0
    assert linked["a"].find(kind, "theirs", "other")


def test_an_object_with_copied_labels_makes_no_site_of_its_namespace(linked: World):
    linked["a"].load(theirs(SECRET, "theirs", namespace="other", labels=OURS.labels))
    assert {str(site.key) for site in linked.run(dry_run=True).outcome.plan.sites} == {
        "a/net",
        "b/net",
        "p/net",
    }


def test_a_copy_of_a_site_in_another_namespace_is_not_removed(linked: World):
    original = linked["a"].find(CONFIG_MAP, "skupper-site", "net")
    copy = theirs(CONFIG_MAP, "skupper-site", namespace="other", labels=OURS.labels, data=original["data"])
    linked["a"].load(copy)
    assert linked.run().writes == 0
    assert linked["a"].find(CONFIG_MAP, "skupper-site", "other")


@pytest.mark.parametrize("namespace", ["net", "other"])
def test_a_copy_of_a_token_under_another_name_is_not_removed(linked: World, namespace: str):
    original = linked["b"].find(SECRET, link_name(linked), "net")
    labels = {**OURS.labels, "skupper.io/type": "backup"}
    copy = theirs(SECRET, "backup", namespace=namespace, labels=labels, data=original["data"])
    copy["metadata"]["annotations"] = original["metadata"]["annotations"]
    linked["b"].load(copy)
    assert linked.run().writes == 0
    assert linked["b"].find(SECRET, "backup", namespace)


@pytest.fixture
def moved(linked: World) -> World:
    """The site on b has moved to another namespace, but for a Secret with copied labels."""
    linked["b"].load(theirs(SECRET, "backup", labels=OURS.labels))
    linked.change_site("b", namespace="other")
    assert linked.run().all_up
    return linked


def test_copies_outlive_the_site_whose_labels_they_carry(moved: World):
    assert moved["b"].find(CONFIG_MAP, "skupper-site", "net") is None
    assert moved["b"].find(SECRET, "backup", "net")


def test_a_namespace_where_only_copies_are_left_is_not_being_removed(moved: World):
    sites = moved.run(dry_run=True).outcome.plan.sites
    assert {str(site.key) for site in sites} == {"a/net", "b/other", "p/net"}


def test_what_carries_our_labels_where_a_site_is_declared_becomes_ours(fleet: World):
    fleet["a"].load(theirs(SERVICE_ACCOUNT, CONTROLLER, labels=OURS.labels))
    assert fleet.run().all_up
    fleet.drop_site("a")
    fleet.run()
    assert fleet["a"].find(SERVICE_ACCOUNT, CONTROLLER, "net") is None
